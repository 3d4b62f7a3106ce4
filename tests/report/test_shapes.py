"""What the formats promise beyond a single story: limits, colours, times, the axis, and comparisons."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest
import report_cases
from report_cases import session

from checkly_dynamic.report import GateReport, Report, as_json, compare, insist_on, junit, markdown, results, text
from checkly_dynamic.report.timeline import axis_of
from checkly_dynamic.report.times import duration, instant, moment

START = datetime(2026, 11, 23, 9, 0, tzinfo=timezone.utc)


def gate(*sessions, conclusion: str = "PASSED", **more) -> GateReport:
    """Return a gate with these sessions."""
    return GateReport("smoke", conclusion, "a reason", sessions=sessions, **more)


@pytest.mark.parametrize("limit", [markdown.SUMMARY_LIMIT, markdown.COMMENT_LIMIT, 5000, 600, 200])
@pytest.mark.parametrize("story", ["thousand", "hostile", "red"])
def test_markdown_keeps_to_its_limit(story: str, limit: int) -> None:
    """The result is never larger than allowed, in bytes, and always says how it ended."""
    report = report_cases.report(story)
    found = markdown.render(report, compare(report, report_cases.report("green")), limit=limit)
    assert len(found.encode()) <= limit
    assert "FAILED" in found


def test_markdown_leaves_out_good_checks_first_and_says_so() -> None:
    """Within a comment's limit all failures of a thousand checks are there, and the number of what is not."""
    found = markdown.render(report_cases.report("thousand"))
    assert found.count("| ❌ |") == 10
    assert "more: see the whole report" in found


def test_a_log_has_no_colour_and_one_line_for_each_check() -> None:
    """Without a terminal there is no escape, no broken line and no hidden link: grep finds status, name and link together."""
    found = text.render(report_cases.report("red"))
    assert "\x1b" not in found
    line = next(line for line in found.splitlines() if "Orders API" in line)
    assert "TIMED_OUT" in line
    assert "https://app.checklyhq.com/" in line


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_a_terminal_is_never_written_over_its_edge_by_the_table(width: int) -> None:
    """Rows of the table fit; only links are longer, because a broken link is none."""
    found = text.render(report_cases.report("red"), width=width)
    table = [line for line in found.splitlines() if line.startswith("  ✓")]
    assert table
    assert all(len(line) <= width for line in table)


def test_colours_are_there_only_when_asked_for() -> None:
    """A terminal gets colours and links; NO_COLOR or a dumb terminal gets the same text without."""
    report = report_cases.report("red")
    assert "\x1b[31m" in text.render(report, width=100, color=True)
    assert "\x1b" not in text.render(report, width=100, color=False)


def test_a_report_is_read_back_as_it_was() -> None:
    """JSON holds all of a report, so that it can be kept and compared with a later run."""
    import json

    for story in report_cases.CASES:
        report = report_cases.report(story)
        assert as_json.from_json(json.loads(as_json.render(report))) == report


def test_json_of_another_version_is_refused() -> None:
    """A report of a later version is not guessed at."""
    data = {**as_json.to_json(report_cases.report("green")), "version": 2}
    with pytest.raises(ValueError, match="version 1"):
        as_json.from_json(data)


def test_a_report_that_contradicts_itself_is_not_good() -> None:
    """A kept report whose flags were changed by hand is read as unknown."""
    data = as_json.to_json(report_cases.report("red"))
    data["gates"][0]["conclusion"] = "PASSED"
    found = as_json.from_json(data)
    assert not found.passed
    assert found.conclusion == "UNKNOWN"


def test_without_a_gate_nothing_is_good() -> None:
    """No gate is not a good gate."""
    report = Report(())
    assert not report.passed
    assert report.conclusion == "UNKNOWN"
    assert "UNKNOWN" in text.render(report)
    assert "No gate" in markdown.render(report)


def test_several_gates_are_as_good_as_the_worst() -> None:
    """FAILED wins over UNKNOWN, UNKNOWN over PENDING, PENDING over PASSED."""
    for words in (("PASSED", "FAILED", "UNKNOWN"), ("PENDING", "UNKNOWN"), ("PASSED", "PENDING"), ("PASSED",)):
        report = Report(tuple(gate(conclusion=word) for word in words))
        order = ("FAILED", "UNKNOWN", "PENDING", "PASSED")
        assert report.conclusion == min(words, key=order.index)
        assert report.passed == (set(words) == {"PASSED"})


def test_attempts_belong_to_their_check() -> None:
    """A check has one result, of its latest attempt, with the earlier ones in order; worst results come first."""
    first, again = session("a", "FAILED"), session("a", "PASSED", attempt=2)
    found = results(gate(session("b"), again, first, session("c", "DEGRADED"), session("d", "CANCELLED")))
    assert [(r.session.name, r.outcome) for r in found] == [
        ("d", "failed"),
        ("a", "flaky"),
        ("c", "warned"),
        ("b", "passed"),
    ]
    assert [s.status for s in found[1].attempts] == ["FAILED", "PASSED"]


def test_an_unknown_final_status_is_bad() -> None:
    """A status word that is not known here never looks good."""
    assert results(gate(session("a", "EXPLODED")))[0].outcome == "failed"


def test_a_bad_gate_with_good_checks_is_red_in_junit() -> None:
    """When the reason is not in any check, as with a trigger that has no session, CI still shows it."""
    found = junit.render(Report((gate(session("a"), conclusion="FAILED"),)))
    assert 'failures="1"' in found
    assert "a reason" in found


def test_another_deploy_version_is_not_good() -> None:
    """A good verdict on another version, on none, or on two versions says nothing about the wanted one."""
    for versions in ((), ("1",), ("1", "2")):
        found = insist_on(Report((gate(deploy_versions=versions),)), "2")
        assert not found.passed
        assert found.conclusion == "UNKNOWN"
        assert "2" in found.gates[0].notes[0]
    assert insist_on(Report((gate(deploy_versions=("2",)),)), "2").passed


def test_changes_are_found() -> None:
    """Newly failing, fixed and slower by more than half are told apart; small and equal differences are nothing."""
    before = [session("a"), session("b", "FAILED"), session("c", took=2), session("d", took=2), session("gone")]
    now = [session("a", "FAILED"), session("b"), session("c", took=3.1), session("d", took=2.9), session("new")]
    found = compare(Report((gate(*now),)), Report((gate(*before),)))
    assert [c.now.session.name for c in found.newly_failing] == ["a"]
    assert [c.now.session.name for c in found.fixed] == ["b"]
    assert [c.now.session.name for c in found.slower] == ["c"]
    assert (found.added, found.gone) == (1, 1)
    assert not compare(Report((gate(*now),)), Report((gate(*now),)))


def test_a_running_check_is_neither_fixed_nor_slower() -> None:
    """Only what has ended is compared."""
    before, now = session("a", "FAILED"), report_cases.running(session("a", took=100))
    found = compare(Report((gate(now, conclusion="PENDING"),)), Report((gate(before),)))
    assert not found


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 ms"),
        (0.0612, "61 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3599, "59 min 59 s"),
        (7800, "2 h 10 min"),
        (None, ""),
        (-1, ""),
    ],
)
def test_durations_read_well(seconds: float | None, shown: str) -> None:
    """A length of time has two figures that matter, and never sixty seconds."""
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2026-11-23T09:30:00.123Z", "2026-11-23 09:30:00 UTC"),
        ("2026-11-23T09:30:00.123456789Z", "2026-11-23 09:30:00 UTC"),
        ("2026-11-23T10:30:00+01:00", "2026-11-23 09:30:00 UTC"),
        ("2026-11-23T10:30:00+0100", "2026-11-23 09:30:00 UTC"),
        ("2026-11-23T09:30:00", "2026-11-23 09:30:00 UTC"),
        ("2026-13-23T09:30:00Z", ""),
        ("0001-01-01T00:00:00+14:00", ""),
        ("yesterday", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_times_are_read_in_every_form_that_is_stored(stored: str | None, shown: str) -> None:
    """Checkly's milliseconds and Pulumi's nanoseconds are read alike; what is no time is left out."""
    assert moment(stored) == shown


def later(seconds: float) -> datetime:
    """Return a time so many seconds after the start."""
    return START + timedelta(seconds=seconds)


def test_a_long_pause_is_folded() -> None:
    """Sessions of two days share an axis on which both can be seen, and the pause says how long it was."""
    axis = axis_of([(later(0), later(30)), (later(80_000), later(80_030))])
    assert axis is not None
    first, second = axis.bar(later(0), later(30)), axis.bar(later(80_000), later(80_030))
    assert first.width > 40
    assert second.width > 40
    assert first.at + first.width < second.at
    assert "22 h 13 min later" in [tick.label for tick in axis.ticks()]


def test_bars_stay_on_the_axis() -> None:
    """However short a session is, and wherever it lies, its bar can be seen and is inside."""
    axis = axis_of([(later(0), later(0)), (later(5), later(5.001)), (later(3600), later(3600))])
    assert axis is not None
    for second in (0, 5, 3600):
        bar = axis.bar(later(second), later(second))
        assert bar.width >= 0.4
        assert bar.at >= 0
        assert bar.at + bar.width <= 100.01


def test_one_moment_is_an_axis_too() -> None:
    """A single session without length does not divide by nothing."""
    axis = axis_of([(later(0), later(0))])
    assert axis is not None
    assert axis.ticks()
    assert axis_of([]) is None


def test_many_pauses_leave_room_for_the_bars() -> None:
    """Twenty days of one minute each take at most half of the axis for the pauses."""
    axis = axis_of([(later(day * 86_400), later(day * 86_400 + 60)) for day in range(20)])
    assert axis is not None
    bars = [axis.bar(later(day * 86_400), later(day * 86_400 + 60)) for day in range(20)]
    assert sum(bar.width for bar in bars) >= 50
    assert all(left.at + left.width <= right.at + 0.01 for left, right in pairwise(bars))


def test_a_session_that_runs_on_is_cut_where_the_gate_looked_last() -> None:
    """A bar without an end goes to the time of the verdict, also when Checkly's clock is ahead of ours."""
    from checkly_dynamic.report.times import span

    made = report_cases.running(session("a"))
    until = instant(report_cases.at(60))
    assert span(made, until) == (instant(report_cases.at(0)), until)
    early = instant(report_cases.at(-60))
    assert span(made, early) == (instant(report_cases.at(0)),) * 2
    assert span(made._replace(started_at=None), until) is None
