"""
A report as JUnit XML: one suite for each gate, one case for each check.

The dialect is the one that Jenkins' xUnit plugin documents (junit-10), with Surefire's elements for repeated runs. Some readers,
such as GitLab, know a case only by class name and name, so no two cases have both in common.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timezone
from typing import Any
from xml.etree import ElementTree as ET

from junitparser import Error, Failure, Skipped
from junitparser.xunit2 import FlakyFailure, JUnitXml, RerunFailure, TestCase, TestSuite

from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import BAD_OUTCOMES, CheckResult, GateReport, Report, Run
from checkly_dynamic.report.presentation import duration, elapsed, error_lines, link, one_line
from checkly_dynamic.report.results import results

__all__ = ["render"]

_new_suite: Callable[[str], Any] = TestSuite
"""The library has no types for this class."""

_WHY = {
    "running": ": had not finished when the gate judged",
    "unknown": ": could not be read",
    "non-blocking": ": non-blocking, does not stop the deployment",
}


def render(report: Report) -> str:
    """Return the report as JUnit XML. A gate that did not pass always has a failure or an error."""
    suites: Any = JUnitXml("checkly-dynamic")
    taken: set[tuple[str, str]] = set()
    for gate in report.gates:
        suites.add_testsuite(_suite(gate, taken))
    suites.update_statistics()
    suites.time = round(suites.time, 3)
    tree = ET.fromstring(suites.tostring())  # noqa: S314 - written one line above
    ET.indent(tree)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(tree, encoding="unicode")}\n'


def _suite(gate: GateReport, taken: set[tuple[str, str]]) -> Any:
    suite = _new_suite(one_line(gate.name))
    started = instant(gate.started_at or gate.triggered_at)
    if started:
        suite.timestamp = started.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    properties = {
        "conclusion": gate.conclusion,
        "reason": gate.reason,
        "deployVersions": ", ".join(gate.deploy_versions),
        "finishedAt": gate.finished_at,
        "notes": " ".join(gate.notes),
    }
    for name, value in properties.items():
        if value:
            suite.add_property(name, one_line(value, 2000))
    found = results(gate)
    cases = [_case(result, _new_case(gate, result.name, taken)) for result in found]
    if not gate.passed and not any(result.outcome in BAD_OUTCOMES for result in found):
        cases.insert(0, _verdict_case(gate, _new_case(gate, "verdict", taken)))
    suite.add_testcases(cases)
    suite.time = round(suite.time, 3)
    return suite


def _new_case(gate: GateReport, name: str, taken: set[tuple[str, str]]) -> TestCase:
    """Return a case whose class name and name together are unique in the report."""
    group, plain = one_line(gate.name), one_line(name, 250)
    name, number = plain, 1
    while (group, name) in taken:
        number += 1
        name = f"{plain} #{number}"
    taken.add((group, name))
    return TestCase(name, group, 0.0)


def _case(result: CheckResult, case: TestCase) -> TestCase:
    case.time = round(elapsed(result.run) or 0.0, 3)
    problems = {"failed": Failure, "running": Error, "unknown": Error, "non-blocking": Skipped}
    if result.outcome in problems:
        case.result = [_problem(problems[result.outcome], result)]
    kind = {"failed": RerunFailure, "flaky": FlakyFailure}.get(result.outcome)
    if kind is not None:
        for attempt in result.earlier:
            case.add_interim_result(_interim(kind, attempt))
    case.system_out = "\n".join(_described(attempt) for attempt in result.attempts)
    return case


def _verdict_case(gate: GateReport, case: TestCase) -> TestCase:
    """No check says why the gate did not pass, so the gate itself has to."""
    problem = (Failure if gate.conclusion == "FAILED" else Error)(one_line(gate.reason), gate.conclusion)
    problem.text = "\n".join(one_line(text) for text in (gate.reason, *gate.notes))
    case.result = [problem]
    return case


def _problem(kind: Any, result: CheckResult) -> Any:
    lines = error_lines(result)
    first = f": {lines[0]}" if lines else ""
    message = f"{_message(result.run)}{first}{_WHY.get(result.outcome, '')}"
    problem = kind(message, one_line(result.run.status, 40) or result.outcome)
    problem.text = "\n".join([*lines, _described(result.run)])
    return problem


def _interim(kind: Any, run: Run) -> Any:
    interim = kind(_message(run), one_line(run.status, 40))
    interim.stack_trace = "\n".join([*(one_line(text, 300) for text in run.errors[:3]), _described(run)])
    return interim


def _message(run: Run) -> str:
    where = f" in {one_line(', '.join(run.run_locations), 200)}" if run.run_locations else ""
    detail = f" ({one_line(run.detail)})" if run.detail else ""
    return f"{one_line(run.status, 40)}{where}{detail}"


def _described(run: Run) -> str:
    """Describe one attempt on one line."""
    parts = [f"attempt {run.attempt}: {_message(run)}", duration(elapsed(run)), link(run.link)]
    return ", ".join(part for part in parts if part)
