"""
A report as JUnit XML, in the dialect of Jenkins' xUnit plugin (junit-10): a suite for each gate, a case for each check.

GitLab identifies a case only by class name and name, so these are the names of gate and check.
"""

from typing import Any
from xml.etree import ElementTree as ET

from junitparser import Error, Failure, Skipped
from junitparser.xunit2 import FlakyFailure, JUnitXml, TestCase, TestSuite

from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import CheckResult, GateReport, Report
from checkly_dynamic.report.presentation import duration, elapsed, facts, locations

_PROBLEMS: dict[str, Any] = {"failed": Failure, "running": Error, "unknown": Error, "non-blocking": Skipped}


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
    if started := instant(gate.started_at):
        suite.timestamp = f"{started:%Y-%m-%dT%H:%M:%S}"
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
    case.result = [(Failure if gate.conclusion == "FAILED" else Error)(gate.reason, gate.conclusion)]
    return case


def _case(result: CheckResult, gate: GateReport) -> TestCase:
    run = result.run
    case = TestCase(result.name, gate.name, round(elapsed(run) or 0.0, 3))
    if kind := _PROBLEMS.get(result.outcome):
        problem = kind(": ".join(filter(None, [result.status, run.detail, *result.errors[:1]])), run.status)
        problem.text = "\n".join([*result.errors, _described(run)])
        case.result = [problem]
    if result.outcome == "flaky":
        for before in result.attempts[:-1]:
            interim = FlakyFailure(before.status, before.status)
            interim.stack_trace = "\n".join([*before.errors, _described(before)])
            case.add_interim_result(interim)
    case.system_out = "\n".join(map(_described, result.attempts))
    return case


def _described(run: Run) -> str:
    """Describe one attempt on one line."""
    parts = [f"attempt {run.attempt}: {run.status}", run.detail, locations(run), duration(elapsed(run)), run.link]
    return ", ".join(filter(None, parts))
