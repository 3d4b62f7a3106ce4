"""The verdict: every status against every ``fail_on``, and rules that hold for any sessions."""

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.sessions import FINAL_STATUSES, NOT_FOUND, UNFINISHED_STATUSES, CheckSession
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, current, explain, is_bad, judge


def session(status, *, check="c", number=1, attempt=1, finished=None, **more):
    """Make a session; it has ended when its status says so, or when told."""
    finished = status in FINAL_STATUSES if finished is None else finished
    return CheckSession(
        f"{check}-{number}-{attempt}",
        f"https://checkly.example/{check}/{attempt}",
        check,
        "API",
        check.upper(),
        status,
        attempt=attempt,
        finished=finished,
        **more,
    )


EVERY_FAIL_ON = [
    ("FAILED",),
    ("FAILED", "TIMED_OUT"),
    ("FAILED", "CANCELLED"),
    ("FAILED", "DEGRADED"),
    DEFAULT_FAIL_ON,
    ("FAILED", "TIMED_OUT", "CANCELLED", "DEGRADED"),
]

# What a single session with this status and "has it ended" makes of the verdict, where the word is not in fail_on / is in it.
TABLE = {
    ("PASSED", True): ("PASSED", "PASSED"),
    ("DEGRADED", True): ("PASSED", "FAILED"),
    ("FAILED", True): ("FAILED", "FAILED"),
    ("TIMED_OUT", True): ("PASSED", "FAILED"),
    ("CANCELLED", True): ("PASSED", "FAILED"),
    (NOT_FOUND, True): ("UNKNOWN", "UNKNOWN"),
    ("SOMETHING_NEW", True): ("FAILED", "FAILED"),
    ("passed", True): ("FAILED", "FAILED"),
    ("", True): ("FAILED", "FAILED"),
    ("STARTED", False): ("PENDING", "PENDING"),
    ("PROGRESS", False): ("PENDING", "PENDING"),
    ("PROGRESS_FAILED", False): ("PENDING", "PENDING"),
    ("PROGRESS_DEGRADED", False): ("PENDING", "PENDING"),
    ("SOMETHING_NEW", False): ("PENDING", "PENDING"),
}


@pytest.mark.parametrize("fail_on", EVERY_FAIL_ON, ids="+".join)
@pytest.mark.parametrize(("status", "finished"), TABLE)
def test_every_status_against_every_fail_on(status, finished, fail_on):
    """What one session means is fixed for each status of the API, for words that are not known, and for each policy."""
    verdict = judge([session(status, finished=finished)], fail_on=fail_on)
    assert verdict.conclusion == TABLE[status, finished][status in fail_on]
    assert verdict.passed is (verdict.conclusion == "PASSED")
    assert bool(verdict.bad) is not verdict.passed
    assert verdict.counts == {status: 1}


def test_the_table_has_every_status_of_the_api():
    """A status that is added to the models cannot be forgotten here."""
    assert {status for status, _ in TABLE} >= FINAL_STATUSES | UNFINISHED_STATUSES | {NOT_FOUND}


def test_failed_comes_before_unknown_before_pending_before_passed():
    """With everything at once, the worst word is the conclusion, and the reason still tells of the others."""
    everything = [
        session("PASSED", check="a"),
        session("STARTED", check="b"),
        session("STARTED", check="c"),
        session(NOT_FOUND, check="d", finished=True),
        session("FAILED", check="e"),
        session("TIMED_OUT", check="f"),
    ]
    verdict = judge(everything, unread=["c-1-1"])
    assert (verdict.conclusion, verdict.reason) == (
        "FAILED",
        (
            "2 of 6 checks did not pass (1 FAILED, 1 TIMED_OUT); 1 of 6 checks unknown: Checkly has forgotten the session; "
            "1 of 6 checks unknown: Checkly could not be read; 1 of 6 checks had not finished"
        ),
    )
    assert [s.check_id for s in verdict.bad] == ["e", "f", "d", "c", "b"]
    assert judge(everything[:4], unread=["c-1-1"]).conclusion == "UNKNOWN"
    assert judge(everything[:3], unread=["c-1-1"]).conclusion == "UNKNOWN"
    assert judge(everything[:2]).conclusion == "PENDING"
    assert judge(everything[:2]).reason == "1 of 2 checks had not finished in time"
    assert judge(everything[:1]).conclusion == "PASSED"


def test_no_session_is_good_only_when_no_trigger_had_to_match():
    """An empty list is green only when every trigger allowed it; else it is bad, also beside good sessions."""
    assert judge([]).conclusion == "PASSED"
    assert judge([]).reason == "no check matched, as allowed"
    assert judge([], unanswered=1).conclusion == "FAILED"
    assert judge([session("PASSED")], unanswered=1).conclusion == "FAILED"
    assert "no check session at all from 1 of the triggers" in judge([session("PASSED")], unanswered=1).reason


def test_a_check_without_a_session_makes_the_verdict_bad():
    """A check that was asked for by id and did not run is a hole, so it is counted and the verdict is bad."""
    verdict = judge([session("PASSED")], missing_check_ids=["gone"])
    assert verdict.conclusion == "FAILED"
    assert verdict.reason == "1 of 2 checks did not pass (1 without a check session)"
    assert verdict.counts == {"PASSED": 1, "missing": 1}
    assert verdict.missing_check_ids == ("gone",)


def test_only_the_latest_attempt_of_a_check_counts():
    """A good re-run makes up for the bad run before it and is counted as flaky; a bad one does not help."""
    good = judge([session("FAILED"), session("PASSED", attempt=2)])
    assert (good.conclusion, good.counts) == ("PASSED", {"PASSED": 1, "flaky": 1})
    assert good.reason == "1 check passed (1 flaky: passed only when run again)"
    bad = judge([session("FAILED"), session("PASSED", attempt=2), session("FAILED", attempt=3)])
    assert (bad.conclusion, bad.counts) == ("FAILED", {"FAILED": 1})


def test_a_check_that_two_triggers_started_needs_both_sessions():
    """Sessions of the same attempt all count, so one good run cannot hide the other's failure."""
    assert judge([session("PASSED", number=1), session("FAILED", number=2)]).conclusion == "FAILED"
    assert judge([session("PASSED", number=1), session("PASSED", number=2)]).conclusion == "PASSED"


def test_a_run_that_was_forgotten_or_missing_is_not_flaky():
    """Flaky is what failed and then passed; a check that had to run again for another reason did not fail."""
    forgotten = session(NOT_FOUND, finished=True)
    assert judge([forgotten, session("PASSED", attempt=2)]).counts == {"PASSED": 1}
    assert judge([session("PASSED", attempt=2)]).counts == {"PASSED": 1}


def test_what_a_policy_tolerates_is_named():
    """A green verdict says how many checks did not simply pass."""
    verdict = judge([session("PASSED", check="a"), session("DEGRADED", check="b")])
    assert verdict.reason == "2 checks passed (1 DEGRADED, as allowed)"
    both = [session("DEGRADED", check="a"), session("FAILED", check="b"), session("PASSED", check="b", attempt=2)]
    assert judge(both).reason == "2 checks passed (1 DEGRADED, as allowed; 1 flaky: passed only when run again)"


def test_explain_is_one_safe_line():
    """Names and details come from outside: no line break, no terminal escape, and the link last."""
    line = explain(
        session("FAILED", attempt=2, run_locations=("eu-west-1", "us-east-1"), detail="bad\x1b[31m\nnews"),
    )
    assert (
        line
        == "C: FAILED, attempt 2 in eu-west-1, us-east-1 (bad\N{REPLACEMENT CHARACTER}[31m news) https://checkly.example/c/2"
    )
    assert explain(session("FAILED")._replace(name="", link="")) == "c: FAILED session c-1-1"


statuses = st.sampled_from([*sorted(FINAL_STATUSES), *sorted(UNFINISHED_STATUSES), NOT_FOUND, "NEW_WORD"])
fail_ons = st.sampled_from(EVERY_FAIL_ON)


@st.composite
def many_sessions(draw):
    """Draw the sessions of some checks, with up to three attempts each; all but the last one have ended."""
    found = []
    for check in range(draw(st.integers(0, 8))):
        attempts = draw(st.integers(1, 3))
        for attempt in range(1, attempts + 1):
            status = draw(statuses)
            ended = status in FINAL_STATUSES | {NOT_FOUND} or (status == "NEW_WORD" and draw(st.booleans()))
            found.append(session(status, check=f"c{check}", attempt=attempt, finished=ended))
    return found


@given(many_sessions(), fail_ons, st.data())
def test_turning_good_into_failed_never_turns_bad_into_good(sessions, fail_on, data):
    """The verdict is monotone: worse results cannot make a verdict better, whichever session they hit."""
    before = judge(sessions, fail_on=fail_on)
    good = [n for n, s in enumerate(sessions) if s.status == "PASSED"]
    if good:
        hit = data.draw(st.sampled_from(good))
        sessions = [s._replace(status="FAILED") if n == hit else s for n, s in enumerate(sessions)]
    assert before.passed or not judge(sessions, fail_on=fail_on).passed


@given(many_sessions(), fail_ons, st.lists(st.sampled_from("xyz"), unique=True), st.integers(0, 2), st.data())
def test_green_needs_a_good_end_of_everything(sessions, fail_on, missing, unanswered, data):
    """PASSED is said only when every counting session ended well, was read, and nothing is missing; else never."""
    unread = data.draw(st.sets(st.sampled_from([s.id for s in sessions] or ["none"])))
    verdict = judge(sessions, fail_on=fail_on, missing_check_ids=missing, unanswered=unanswered, unread=unread)
    ended_well = all(s.finished and s.status in FINAL_STATUSES and not is_bad(s, fail_on) for s in current(sessions))
    assert verdict.passed is (ended_well and not missing and not unanswered)
    assert bool(verdict.bad) is not ended_well


@given(many_sessions(), fail_ons, st.randoms())
def test_the_order_of_sessions_does_not_matter(sessions, fail_on, random):
    """The same sessions in another order mean the same."""
    shuffled = list(sessions)
    random.shuffle(shuffled)
    one, other = judge(sessions, fail_on=fail_on), judge(shuffled, fail_on=fail_on)
    assert (one.conclusion, one.reason, one.counts) == (other.conclusion, other.reason, other.counts)


@given(many_sessions(), st.data())
def test_a_stricter_policy_never_passes_more(sessions, data):
    """Adding a status to fail_on never turns a verdict that is not good into a good one."""
    fail_on = data.draw(fail_ons)
    more = (*fail_on, data.draw(st.sampled_from(sorted(FINAL_STATUSES - {"PASSED"}))))
    assert judge(sessions, fail_on=fail_on).passed or not judge(sessions, fail_on=more).passed
