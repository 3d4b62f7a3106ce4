"""The verdict: every status against every ``fail_on``, and rules that hold for any runs."""

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.sessions import FINAL_STATUSES, NOT_FOUND, UNFINISHED_STATUSES, Run
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, current, is_bad, judge


def run(status, *, check="c", attempt=1, finished=None, **more):
    """Make a run; it has ended when its status says so, or when told."""
    ended = status in FINAL_STATUSES if finished is None else finished
    return Run(id=f"{check}-{attempt}", check_id=check, status=status, attempt=attempt, finished=ended, **more)


EVERY_FAIL_ON = [
    ("FAILED",),
    ("FAILED", "TIMED_OUT"),
    ("FAILED", "DEGRADED"),
    DEFAULT_FAIL_ON,
    ("FAILED", "TIMED_OUT", "CANCELLED", "DEGRADED"),
]

# What one run with this status and "has it ended" makes of the verdict, where the status is not in fail_on / is in it.
TABLE = {
    ("PASSED", True): ("PASSED", "PASSED"),
    ("DEGRADED", True): ("PASSED", "FAILED"),
    ("FAILED", True): ("FAILED", "FAILED"),
    ("TIMED_OUT", True): ("PASSED", "FAILED"),
    ("CANCELLED", True): ("PASSED", "FAILED"),
    (NOT_FOUND, True): ("UNKNOWN", "UNKNOWN"),
    ("NO_RESULTS", True): ("FAILED", "FAILED"),
    ("SOMETHING_NEW", True): ("FAILED", "FAILED"),
    ("passed", True): ("FAILED", "FAILED"),
    ("", True): ("FAILED", "FAILED"),
    **{(status, False): ("PENDING", "PENDING") for status in (*sorted(UNFINISHED_STATUSES), "SOMETHING_NEW")},
}


@pytest.mark.parametrize("fail_on", EVERY_FAIL_ON)
def test_every_status_against_every_fail_on(fail_on):
    """What one run means is fixed for each status of the API, for words that are not known, and for each policy."""
    for (status, finished), conclusions in TABLE.items():
        verdict = judge([run(status, finished=finished)], fail_on=fail_on)
        assert verdict.conclusion == conclusions[status in fail_on], (status, finished)
        assert verdict.passed is (verdict.conclusion == "PASSED")
        assert verdict.counts == {status: 1}


def test_failed_comes_before_unknown_before_pending_before_passed():
    """With everything at once, the worst word is the conclusion, and the reason still tells of the others."""
    everything = [
        run("PASSED", check="a"),
        run("STARTED", check="b"),
        run("STARTED", check="c"),
        run(NOT_FOUND, check="d", finished=True),
        run("FAILED", check="e"),
        run("TIMED_OUT", check="f"),
    ]
    unread = [everything[2].run_key]
    verdict = judge(everything, unread=unread)
    assert verdict.reason == (
        "2 of 6 checks did not pass (1 FAILED, 1 TIMED_OUT); 1 of 6 checks unknown: Checkly has forgotten the session; "
        "1 of 6 checks unknown: Checkly could not be read; 1 of 6 checks had not finished"
    )
    assert [bad.check_id for bad in verdict.not_good] == ["e", "f", "d", "c", "b"]
    conclusions = [judge(everything[:number], unread=unread).conclusion for number in (6, 4, 3, 2, 1)]
    assert conclusions == ["FAILED", "UNKNOWN", "UNKNOWN", "PENDING", "PASSED"]
    assert judge(everything[:2]).reason == "1 of 2 checks had not finished in time"


statuses = st.sampled_from([*sorted(FINAL_STATUSES), *sorted(UNFINISHED_STATUSES), NOT_FOUND, "NEW_WORD"])
missing = st.lists(
    st.sampled_from("xyz").map(lambda check: Run(id="", status="NO_SESSION", check_id=check, finished=True)),
    unique=True,
)


@st.composite
def many_runs(draw):
    """Draw the runs of some checks, with up to three attempts each."""
    found = []
    for check in range(draw(st.integers(0, 8))):
        blocking = draw(st.integers(0, 4)) > 0
        for attempt in range(1, draw(st.integers(1, 3)) + 1):
            status = draw(statuses)
            ended = status in FINAL_STATUSES | {NOT_FOUND} or (status == "NEW_WORD" and draw(st.booleans()))
            found.append(run(status, check=f"c{check}", attempt=attempt, finished=ended, non_blocking=not blocking))
    return found


@given(many_runs(), st.sampled_from(EVERY_FAIL_ON), missing, st.integers(0, 2), st.data())
def test_passed_needs_a_good_end_of_everything_that_blocks(runs, fail_on, missing, unanswered, data):
    """PASSED means that every counting run ended well, was read, and nothing is missing; something must block."""
    unread = data.draw(st.sets(st.sampled_from([run.run_key for run in runs] or [("none", "")])))
    shuffled = data.draw(st.permutations(runs))
    verdict = judge(shuffled, fail_on=fail_on, missing=missing, unanswered=unanswered, unread=unread)
    blocking = [run for run in current(runs) if not run.non_blocking]
    ended_well = all(run.finished and run.status in FINAL_STATUSES and not is_bad(run, fail_on) for run in blocking)
    nothing = bool(runs) and not blocking
    assert verdict.passed is (ended_well and not missing and not unanswered and not nothing)
    assert bool(verdict.not_good) is not (ended_well and not missing)
