"""What the formats promise beyond a single story: limits, colours, times, comparisons, annotations."""

from __future__ import annotations

import json
from typing import Any

import pytest
import report_cases
from report_cases import Row, outputs, result, session

from checkly_dynamic.report import (
    GateReport,
    Report,
    as_github,
    as_html,
    as_json,
    as_junit,
    as_markdown,
    as_text,
    compare,
    insist_on,
    results,
)
from checkly_dynamic.report.stored_gates import gate_from_outputs, run_from_row


def gate(*rows: Row, conclusion: str = "PASSED", **more: Any) -> GateReport:
    """Return a gate with these sessions."""
    return GateReport("smoke", conclusion, "a reason", runs=tuple(run_from_row(row) for row in rows), **more)


def outcomes(found: GateReport) -> dict[str, str]:
    """Return name → outcome."""
    return {each.name: each.outcome for each in results(found)}


@pytest.mark.parametrize(
    ("story", "limit"), [("thousand", as_markdown.COMMENT_LIMIT), ("hostile", 5000), ("red", 600), ("red", 200)]
)
def test_markdown_stays_below_its_limit(story: str, limit: int) -> None:
    """GitHub drops a comment that only just fits, so it stays well below; every section is closed."""
    report = report_cases.report(story)
    found = as_markdown.render(report, compare(report, report_cases.report("green")), limit=limit)
    assert len(found.encode()) <= limit * 0.95
    assert "FAILED" in found
    assert found.count("<details>") == found.count("</details>")


def test_markdown_of_very_many_checks_stays_below_its_limit() -> None:
    """Twenty thousand checks with long names fit a job summary, and all failures are in it."""
    rows = [session(f"{i} {'long ' * 20}", "FAILED" if i % 4000 == 0 else "PASSED") for i in range(20_000)]
    found = as_markdown.render(Report((gate(*rows, conclusion="FAILED"),)), limit=as_markdown.SUMMARY_LIMIT)
    assert 100_000 < len(found.encode()) < as_markdown.SUMMARY_LIMIT * 0.95
    assert found.count("| ❌ |") == 5
    assert "more: see the whole report" in found
    assert found.count("<details>") == found.count("</details>") == 1


@pytest.mark.parametrize("width", [20, 120])
def test_terminal_lines_fit(width: int) -> None:
    """Lines of checks are not wider than the terminal. Links below them can be longer: a broken link cannot be followed."""
    found = as_text.render(report_cases.report("red"), width=width)
    lines = [line for line in found.splitlines() if line.startswith("  ✓")]
    assert lines
    assert all(len(line) <= width for line in lines)


def test_every_format_says_why_a_check_failed() -> None:
    """The errors of a check are in each format, at most three; those of a good check with nothing to explain are not."""
    errors = [f"assertion {word} failed" for word in ("one", "two", "three")]
    report = Report((gate(session("a", "FAILED", errors=errors), session("b"), conclusion="FAILED"),))
    for form in (as_text, as_markdown, as_html, as_junit, as_json, as_github):
        found = form.render(report)
        assert all(error in found for error in errors), form


def test_json_is_read_back() -> None:
    """JSON holds all of a report, so that it can be kept and compared with a later run."""
    for story in report_cases.CASES:
        report = report_cases.report(story)
        assert as_json.from_json(json.loads(as_json.render(report))) == report


def test_report_that_contradicts_itself_is_not_good() -> None:
    """A kept report whose flags were changed by hand is read as unknown."""
    data = as_json.to_json(report_cases.report("red"))
    data["gates"][0]["conclusion"] = "PASSED"
    assert as_json.from_json(data).conclusion == "UNKNOWN"


def test_no_gate_is_not_a_good_gate() -> None:
    """Without a gate nothing is known, in every format."""
    report = Report(())
    assert not report.passed
    assert report.conclusion == "UNKNOWN"
    for render in (as_text.render, as_markdown.render, as_html.render, as_github.render):
        assert "No gate" in render(report)


def test_attempts_belong_to_their_check() -> None:
    """A check has one result, of its latest attempt, with the earlier ones in order; worst results come first."""
    first, again = session("a", "FAILED"), session("a", attempt=2)
    rows = (session("b"), again, first, session("c", "DEGRADED"), session("d", "EXPLODED"))
    found = results(gate(*rows, counts={"flaky": 1}))
    assert [(each.name, each.outcome) for each in found] == [
        ("d", "failed"),
        ("a", "flaky"),
        ("c", "warned"),
        ("b", "passed"),
    ]
    assert [run.status for run in found[1].attempts] == ["FAILED", "PASSED"]


def test_flaky_is_a_matter_of_one_update() -> None:
    """A check that was fixed and passes at the next `up` is not flaky, although its failed attempt is still stored."""
    rows = [session("a", "FAILED"), session("a", attempt=2, begin=600)]
    fixed = {**outputs(rows), "startedAt": report_cases.at(590)}
    assert outcomes(gate_from_outputs("smoke", fixed)) == {"a": "passed"}
    rows += [session("b", "FAILED", begin=595), session("b", attempt=2, begin=600)]
    both = {**outputs(rows, flaky=1), "startedAt": report_cases.at(590)}
    assert outcomes(gate_from_outputs("smoke", both)) == {"a": "passed", "b": "flaky"}


def test_non_blocking_check_is_shown_and_does_not_count() -> None:
    """Failed, unfinished or forgotten, it is told apart from the checks that keep the gate from passing."""
    rows = [
        session("a", "FAILED", nonBlocking=True),
        report_cases.running(session("b", nonBlocking=True)),
        session("c", "NOT_FOUND", nonBlocking=True),
        session("d", nonBlocking=True),
    ]
    found = gate_from_outputs("smoke", outputs(rows))
    assert found.passed
    assert outcomes(found) == {"a": "non-blocking", "b": "non-blocking", "c": "non-blocking", "d": "passed"}
    assert "FAILED, non-blocking" in as_text.render(Report((found,)))
    assert "::warning title=a" in as_github.render(Report((found,)))


def test_results_of_test_sessions_are_checks() -> None:
    """One row for each result, by check id or else by name. The same check in another session counts as another one."""
    nameless = {**result("b", "FAILED"), "checkId": None}
    again = {**result("b", of="test-session-2", attempt=2), "checkId": None, "rerunOf": "test-session-1"}
    rows = [result("a"), nameless, again, result("a", "FAILED", of="test-session-3"), session("a")]
    found = results(gate(*rows, conclusion="FAILED", counts={"flaky": 1}))
    assert [(each.name, each.outcome) for each in found] == [
        ("a #2", "failed"),
        ("b", "flaky"),
        ("a", "passed"),
        ("a #3", "passed"),
    ]
    waiting = {"testSessionId": "t", "name": "shop 2.4.0", "status": "RUNNING", "attempt": 1, "finished": False}
    assert outcomes(gate(waiting, conclusion="PENDING")) == {"shop 2.4.0": "running"}


def test_bad_gate_with_good_checks_is_red_in_ci() -> None:
    """If no check says why a gate did not pass, the gate itself does."""
    report = Report((gate(session("a"), conclusion="FAILED"),))
    assert 'failures="1"' in as_junit.render(report)
    assert "a reason" in as_junit.render(report)
    assert as_github.render(report) == "::error title=smoke%3A FAILED::a reason\n"


def test_annotations_are_capped() -> None:
    """GitHub shows ten of a kind for a step, so the tenth says how many more there are."""
    report = Report((gate(*(session(f"check {i}", "FAILED") for i in range(25)), conclusion="FAILED"),))
    lines = as_github.render(report).splitlines()
    assert len(lines) == 10
    assert lines[-1] == "::error title=And more::16 more did not pass. See the whole report."
    assert as_github.render(report_cases.report("green")) == "::notice title=Checks passed::8 checks passed\n"


def test_another_deploy_version_is_not_good() -> None:
    """A good verdict on another version, on none, or on two versions says nothing about the requested one."""
    for versions in ((), ("1",), ("1", "2"), ("[secret]",)):
        found = insist_on(Report((gate(deploy_versions=versions),)), "2")
        assert found.conclusion == "UNKNOWN"
        assert "2" in found.gates[0].notes[0]
    assert insist_on(Report((gate(deploy_versions=("2",)),)), "2").passed


def test_changes_are_found() -> None:
    """Newly failing, fixed and slower by more than half are told apart; small and equal differences are nothing."""
    before = [session("a"), session("b", "FAILED"), session("c", took=2), session("d", took=2), session("gone")]
    before.append(session("e", "FAILED"))
    now = [session("a", "FAILED"), session("b"), session("c", took=3.1), session("d", took=2.9), session("new")]
    now.append(report_cases.running(session("e", took=100)))  # neither fixed nor slower
    found = compare(Report((gate(*now),)), Report((gate(*before),)))
    kinds = {change.now.name: (change.kind, change.difference) for change in found.checks}
    assert kinds == {
        "a": ("newly failing", "PASSED → FAILED"),
        "b": ("fixed", "FAILED → PASSED"),
        "c": ("slower by more than half", "2.0 s → 3.1 s"),
    }
    assert (found.added, found.gone) == (1, 1)
    assert not compare(Report((gate(*now),)), Report((gate(*now),)))
