"""
A report as JUnit XML: one suite for each gate, one case for each check.

The dialect is the one that Jenkins' xUnit plugin documents (junit-10), with Surefire's elements for repeated runs. Some readers,
such as GitLab, identify a case only by class name and name. These are the names of gate and check, so no two cases
share both.
"""

from datetime import timezone
from typing import Any
from xml.etree import ElementTree as ET

from junitparser import Error, Failure, Skipped
from junitparser.xunit2 import FlakyFailure, JUnitXml, RerunFailure, TestCase, TestSuite

from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import CheckResult, GateReport, Report
from checkly_dynamic.report.presentation import duration, elapsed, facts, locations

_PROBLEMS: dict[str, tuple[Any, str]] = {
    "failed": (Failure, ""),
    "running": (Error, ": had not finished when the gate judged"),
    "unknown": (Error, ": could not be read"),
    "non-blocking": (Skipped, ": non-blocking, does not stop the deployment"),
}


def render(report: Report) -> str:
    """Return the report as JUnit XML. A gate that did not pass always has a failure or an error."""
    suites: Any = JUnitXml("checkly-dynamic")
    for gate in report.gates:
        suites.add_testsuite(_suite(gate))
    suites.update_statistics()
    suites.time = round(suites.time, 3)
    tree = ET.fromstring(suites.tostring())  # noqa: S314 - written one line above
    ET.indent(tree)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(tree, encoding="unicode")}\n'


def _suite(gate: GateReport) -> Any:
    suite: Any = TestSuite(gate.name)  # type: ignore[no-untyped-call]
    started = instant(gate.started_at)
    if started:
        suite.timestamp = started.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    for name, value in (("reason", gate.reason), *facts(gate), *(("note", note) for note in gate.notes)):
        suite.add_property(name, value)
    if not gate.passed and not gate.bad:
        suite.add_testcase(_verdict(gate))
    suite.add_testcases([_case(result, gate) for result in gate.results])
    suite.time = round(suite.time, 3)
    return suite


def _verdict(gate: GateReport) -> TestCase:
    """Return a case for the gate itself, used if no check shows why it did not pass."""
    case = TestCase(gate.name, "CheckSessionGate", 0.0)
    problem = (Failure if gate.conclusion == "FAILED" else Error)(gate.reason, gate.conclusion)
    problem.text = "\n".join([gate.reason, *gate.notes])
    case.result = [problem]
    return case


def _case(result: CheckResult, gate: GateReport) -> TestCase:
    case = TestCase(result.name, gate.name, round(elapsed(result.run) or 0.0, 3))
    if result.outcome in _PROBLEMS:
        kind, why = _PROBLEMS[result.outcome]
        message = ": ".join([_message(result.run), *result.errors[:1]])
        problem = kind(f"{message}{why}", result.run.status or result.outcome)
        problem.text = "\n".join([*result.errors, _described(result.run)])
        case.result = [problem]
    if repeated := {"failed": RerunFailure, "flaky": FlakyFailure}.get(result.outcome):
        for run in result.attempts[:-1]:
            interim = repeated(_message(run), run.status)
            interim.stack_trace = "\n".join([*run.errors, _described(run)])
            case.add_interim_result(interim)
    case.system_out = "\n".join(_described(run) for run in result.attempts)
    return case


def _message(run: Run) -> str:
    where = f" in {locations(run)}" if run.run_locations else ""
    detail = f" ({run.detail})" if run.detail else ""
    return f"{run.status}{where}{detail}"


def _described(run: Run) -> str:
    """Describe one attempt on one line."""
    parts = [f"attempt {run.attempt}: {_message(run)}", duration(elapsed(run)), run.link]
    return ", ".join(part for part in parts if part)
