"""The verdict: every status against every ``fail_on``, and the order of the conclusions."""

from dataclasses import replace

import pytest

from checkly_dynamic.core.sessions import FINAL_STATUSES, NOT_FOUND, UNFINISHED_STATUSES, Run
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, judge


def run(status, *, check="c", finished=None):
    """Make a run; it has ended when its status says so, or when told."""
    ended = status in FINAL_STATUSES if finished is None else finished
    return Run(id=check, check_id=check, status=status, finished=ended)


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
        replace(run("STARTED", check="c"), unread=True),
        run(NOT_FOUND, check="d", finished=True),
        run("FAILED", check="e"),
        run("TIMED_OUT", check="f"),
    ]
    verdict = judge(everything)
    assert verdict.reason == (
        "2 of 6 checks did not pass (1 FAILED, 1 TIMED_OUT); 1 of 6 checks unknown: Checkly has forgotten the session; "
        "1 of 6 checks unknown: Checkly could not be read; 1 of 6 checks had not finished"
    )
    assert [bad.check_id for bad in verdict.not_good] == ["e", "f", "d", "c", "b"]
    conclusions = [judge(everything[:number]).conclusion for number in (6, 4, 3, 2, 1)]
    assert conclusions == ["FAILED", "UNKNOWN", "UNKNOWN", "PENDING", "PASSED"]
    assert judge(everything[:2]).reason == "1 of 2 checks had not finished in time"
