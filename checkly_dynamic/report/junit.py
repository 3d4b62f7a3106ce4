"""
A report as JUnit XML, for CI: one suite for each gate, one case for each check.

The dialect is the one that Jenkins' xUnit plugin documents (junit-10), with Surefire's elements for repeated runs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timezone
from typing import Any, TypeVar
from xml.etree import ElementTree as ET

from junitparser import Error, Failure
from junitparser.xunit2 import FlakyFailure, JUnitXml, RerunFailure, TestCase, TestSuite

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import CheckResult, GateReport, Report, results
from checkly_dynamic.report.safe import link, title, words
from checkly_dynamic.report.times import duration, elapsed

__all__ = ["render"]

_Interim = TypeVar("_Interim", FlakyFailure, RerunFailure)

_new_suite: Callable[[str], Any] = TestSuite
"""The library has no types for this class."""


def render(report: Report) -> str:
    """Return the report as JUnit XML; a gate that is not good always has a failure or an error."""
    suites: Any = JUnitXml("checkly-dynamic")
    for gate in report.gates:
        suites.add_testsuite(_suite(gate))
    suites.update_statistics()
    suites.time = round(suites.time, 3)
    tree = ET.fromstring(suites.tostring())  # noqa: S314 - the text was made on the line before
    ET.indent(tree)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(tree, encoding="unicode")}\n'


def _suite(gate: GateReport) -> Any:
    suite = _new_suite(words(gate.name))
    started = instant(gate.started_at or gate.triggered_at)
    if started:
        suite.timestamp = started.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    facts = {
        "conclusion": gate.conclusion,
        "reason": gate.reason,
        "deployVersions": ", ".join(gate.deploy_versions),
        "finishedAt": gate.finished_at,
        "notes": " ".join(gate.notes),
    }
    for name, value in facts.items():
        if value:
            suite.add_property(name, words(value, limit=2000))
    found = results(gate)
    cases = [_case(gate, result) for result in found]
    if not gate.passed and all(result.outcome in ("passed", "flaky", "warned") for result in found):
        cases.insert(0, _verdict_case(gate))
    suite.add_testcases(cases)
    suite.time = round(suite.time, 3)
    return suite


def _case(gate: GateReport, result: CheckResult) -> TestCase:
    session = result.session
    case = TestCase(title(session, limit=300), words(gate.name), round(elapsed(session) or 0.0, 3))
    attempts = [_described(attempt) for attempt in result.earlier]
    if result.outcome == "failed":
        case.result = [_failure(session)]
        for attempt, text in zip(result.earlier, attempts, strict=True):
            case.add_interim_result(_interim(RerunFailure, attempt, text))
    elif result.outcome in ("unknown", "running"):
        case.result = [_error(session, result.outcome)]
    else:
        for attempt, text in zip(result.earlier, attempts, strict=True):
            case.add_interim_result(_interim(FlakyFailure, attempt, text))
    case.system_out = "\n".join([*attempts, _described(session)])
    return case


def _verdict_case(gate: GateReport) -> TestCase:
    """The gate is not good although no check says so: the reason must not get lost among green cases."""
    case = TestCase("verdict", words(gate.name), 0.0)
    failure = (Failure if gate.conclusion == "FAILED" else Error)(words(gate.reason), gate.conclusion)
    failure.text = "\n".join(words(text) for text in (gate.reason, *gate.notes))
    case.result = [failure]
    return case


def _failure(session: CheckSession) -> Failure:
    failure = Failure(_message(session), words(session.status))
    failure.text = _described(session)
    return failure


def _error(session: CheckSession, outcome: str) -> Error:
    why = "had not finished when the gate judged" if outcome == "running" else "could not be read"
    error = Error(f"{_message(session)}: {why}", words(session.status) or outcome)
    error.text = _described(session)
    return error


def _interim(kind: type[_Interim], session: CheckSession, text: str) -> _Interim:
    interim = kind(_message(session), words(session.status))
    interim.stack_trace = text
    return interim


def _message(session: CheckSession) -> str:
    where = f" in {words(', '.join(session.run_locations), limit=200)}" if session.run_locations else ""
    detail = f" ({words(session.detail)})" if session.detail else ""
    return f"{words(session.status)}{where}{detail}"


def _described(session: CheckSession) -> str:
    """Describe one attempt on one line; that is what CI viewers show on demand."""
    parts = [f"attempt {session.attempt}: {_message(session)}", duration(elapsed(session)), link(session.link) or ""]
    return ", ".join(part for part in parts if part)
