"""Rules of the formats beyond a single story: limits, why a check failed, comparisons, annotations."""

import json
from typing import Any

import pytest
import report_cases
from report_cases import Row, outputs, result, session

from checkly_dynamic.report import as_github, as_json, as_markdown, as_text
from checkly_dynamic.report.compare import compare
from checkly_dynamic.report.doubts import insist_on
from checkly_dynamic.report.model import GateReport, Report
from checkly_dynamic.report.stored_gates import gate_from_outputs


def gate(*rows: Row, **more: Any) -> GateReport:
    """Return a gate that has judged these sessions."""
    return gate_from_outputs("smoke", outputs(list(rows), **more))


def outcomes(found: GateReport) -> list[tuple[str, str]]:
    """Return name and outcome of each result."""
    return [(each.name, each.outcome) for each in found.results]


@pytest.mark.parametrize(("story", "limit"), [("thousand", 65_536), ("hostile", 5000), ("red", 600), ("red", 200)])
def test_markdown_stays_below_its_limit(story: str, limit: int) -> None:
    """GitHub drops a comment that only just fits, so it stays well below; every section is closed."""
    report = compare(report_cases.report(story), report_cases.report("green"))
    found = as_markdown.render(report, limit=limit)
    assert len(found.encode()) <= limit * 0.95
    assert "FAILED" in found
    assert found.count("<details>") == found.count("</details>")


def test_markdown_has_all_failures_of_many_checks() -> None:
    """Only checks that passed are left out, and the report says how many."""
    found = as_markdown.render(report_cases.report("thousand"))
    assert found.count("| ❌ |") == 12
    assert "more: see the whole report" in found


def test_json_is_read_back() -> None:
    """JSON holds all of a report, so that it can be kept and compared with a later run."""
    for story in report_cases.CASES:
        report = report_cases.report(story)
        assert as_json.from_json(json.loads(as_json.render(report))) == report


def test_no_gate_is_not_a_good_gate() -> None:
    """Without a gate nothing is known, in every format."""
    report = Report(())
    assert not report.passed
    assert report.conclusion == "UNKNOWN"
    for form in ("txt", "md", "html", "github"):
        assert "No gate" in report_cases.RENDERERS[form](report)


def test_attempts_belong_to_their_check() -> None:
    """A check has one result, of its latest attempt, with the earlier ones in order; worst results come first."""
    first, again = session("a", "FAILED"), session("a", attempt=2)
    found = gate(session("b"), again, first, session("c", "DEGRADED"), session("d", "EXPLODED"), flaky=1)
    assert outcomes(found) == [("d", "failed"), ("a", "flaky"), ("c", "warned"), ("b", "passed")]
    assert [run.status for run in found.results[1].attempts] == ["FAILED", "PASSED"]


def test_flaky_is_a_matter_of_one_update() -> None:
    """A check that was fixed and passes at the next `up` is not flaky, although its failed attempt is still stored."""
    rows = [session("a", "FAILED"), session("a", attempt=2, begin=600)]
    assert outcomes(gate(*rows)) == [("a", "passed")]
    rows += [session("b", "FAILED", begin=595), session("b", attempt=2, begin=600)]
    assert outcomes(gate(*rows, flaky=1)) == [("b", "flaky"), ("a", "passed")]


def test_non_blocking_check_is_shown_and_does_not_count() -> None:
    """Failed, unfinished or forgotten, it is told apart from the checks that keep the gate from passing."""
    rows = [
        session("a", "FAILED", nonBlocking=True),
        report_cases.running(session("b", nonBlocking=True)),
        session("c", "NOT_FOUND", nonBlocking=True),
        session("d", nonBlocking=True),
        session("e"),
    ]
    found = gate(*rows)
    assert found.passed
    assert outcomes(found) == [*((name, "non-blocking") for name in "abc"), ("d", "passed"), ("e", "passed")]
    assert "FAILED, non-blocking" in as_text.render(Report((found,)))
    assert "::warning title=a" in as_github.render(Report((found,)))


def test_results_of_test_sessions_are_checks() -> None:
    """One row for each result, by check id or else by name. The same check in another session counts as another one."""
    nameless = {**result("b", "FAILED"), "checkId": None}
    again = {**result("b", of="test-session-2", attempt=2), "checkId": None, "rerunOf": "test-session-1"}
    found = gate(result("a"), nameless, again, result("a", "FAILED", of="test-session-3"), flaky=1)
    first, second = (name for name, outcome in outcomes(found) if name != "b")
    assert outcomes(found) == [(first, "failed"), ("b", "flaky"), (second, "passed")]
    assert {first.removesuffix(" #2"), second} == {second}
    waiting = {"testSessionId": "t", "name": "shop 2.4.0", "status": "RUNNING", "attempt": 1, "finished": False}
    assert outcomes(gate(waiting)) == [("shop 2.4.0", "running")]


def test_a_test_session_that_was_bad_as_a_whole_counts_until_its_checks_run_again() -> None:
    """Then only the results of its checks count."""
    whole = {**result("shop 2.4.0", "FAILED"), "wholeSession": True}
    assert outcomes(gate(whole)) == [("shop 2.4.0", "failed")]
    again = {**result("Home page", of="test-session-2", attempt=2), "rerunOf": "test-session-1"}
    assert outcomes(gate(whole, again)) == [("Home page", "passed")]


def test_bad_gate_with_good_checks_is_red_in_ci() -> None:
    """If no check says why a gate did not pass, the gate itself does."""
    report = Report((GateReport(name="smoke", conclusion="FAILED", reason="a reason"),))
    assert as_github.render(report) == "::error title=smoke%3A FAILED::a reason\n"


def test_annotations_are_capped() -> None:
    """GitHub shows ten of a kind for a step, so the tenth says how many more there are."""
    bad = [session(f"check {i}", "FAILED") for i in range(25)]
    ignored = [session(f"other {i}", "FAILED", nonBlocking=True) for i in range(12)]
    lines = as_github.render(Report((gate(session("fine"), *ignored), gate(*bad)))).splitlines()
    assert lines[9] == "::error title=And more::16 more did not pass. See the whole report."
    assert [line.partition(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10
    assert as_github.render(report_cases.report("green")) == "::notice title=Checks passed::8 checks passed\n"
    assert "No check ran" in as_github.render(report_cases.report("empty"))


def test_another_deploy_version_is_not_good() -> None:
    """A verdict on another version or none, alone or in addition, is not a verdict on the requested version."""
    for versions in ((), ("1",), ("1", "2"), ("[secret]",), ("2", "")):
        good = GateReport(name="smoke", conclusion="PASSED", reason="", deploy_versions=versions)
        found = insist_on(good, "2")
        assert found.conclusion == "UNKNOWN"
        assert "nothing is known about deploy version 2;" in found.reason
    assert insist_on(gate(session("a"), version="2"), "2").passed


def test_changes_are_found() -> None:
    """Newly failing, fixed and slower by more than half are told apart; small and equal differences are nothing."""
    before = [session("a"), session("b", "FAILED"), session("c", took=2), session("d", took=2), session("gone")]
    before.append(session("e", "FAILED"))
    now = [session("c", took=3.1), session("a", "FAILED"), session("b"), session("d", took=2.9), session("new")]
    now.append(report_cases.running(session("e", took=100)))  # neither fixed nor slower
    found = compare(Report((gate(*now),)), Report((gate(*before),)))
    assert [(change.now.name, change.kind, change.difference) for change in found.changes or ()] == [
        ("a", "newly failing", "PASSED → FAILED"),
        ("b", "fixed", "FAILED → PASSED"),
        ("c", "slower by more than half", "2.0 s → 3.1 s"),
    ]
    assert compare(found, found).changes == ()
