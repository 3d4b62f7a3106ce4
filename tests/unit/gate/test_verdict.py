"""The verdict: every status against every ``fail_on``, and rules that hold for any runs."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, strategies as st

from checkly_dynamic.core.sessions import FINAL_STATUSES, NOT_FOUND, UNFINISHED_STATUSES, Run
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, current, is_bad, judge


def run(status, *, check="c", number=1, attempt=1, finished=None, **more):
    """Make a run; it has ended when its status says so, or when told."""
    return Run(
        id=f"{check}-{number}-{attempt}",
        link=f"https://checkly.example/{check}/{attempt}",
        check_id=check,
        name=check.upper(),
        status=status,
        attempt=attempt,
        finished=status in FINAL_STATUSES if finished is None else finished,
        **more,
    )


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


def test_every_status_against_every_fail_on():
    """What one run means is fixed for each status of the API, for words that are not known, and for each policy."""
    for (status, finished), conclusions in TABLE.items():
        for fail_on in EVERY_FAIL_ON:
            verdict = judge([run(status, finished=finished)], fail_on=fail_on)
            assert verdict.conclusion == conclusions[status in fail_on], (status, finished, fail_on)
            assert verdict.passed is (verdict.conclusion == "PASSED")
            assert bool(verdict.not_good) is not verdict.passed
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
    assert (verdict.conclusion, verdict.reason) == (
        "FAILED",
        (
            "2 of 6 checks did not pass (1 FAILED, 1 TIMED_OUT); 1 of 6 checks unknown: Checkly has forgotten the session; "
            "1 of 6 checks unknown: Checkly could not be read; 1 of 6 checks had not finished"
        ),
    )
    assert [bad.check_id for bad in verdict.not_good] == ["e", "f", "d", "c", "b"]
    assert [judge(everything[:n], unread=unread).conclusion for n in (4, 3, 2, 1)] == [
        *("UNKNOWN", "UNKNOWN", "PENDING", "PASSED")
    ]
    assert judge(everything[:2]).reason == "1 of 2 checks had not finished in time"


def test_no_run_is_good_only_when_no_trigger_had_to_match():
    """An empty list is good only when every trigger allowed it; else it is bad, also beside good runs."""
    assert judge([]).reason == "no check matched, as on_no_match allows"
    assert judge([]).passed
    assert (judge([], unanswered=1).conclusion, judge([], unanswered=1).reason) == ("FAILED", "no check matched")
    assert judge([run("PASSED")], unanswered=2).reason == "no check matched for 2 triggers"


def test_only_the_latest_attempt_of_a_check_counts():
    """A good re-run makes up for the bad run before it; a bad one does not help; two runs of one attempt must both be good."""
    assert judge([run("FAILED"), run("PASSED", attempt=2)]).counts == {"PASSED": 1}
    bad = judge([run("FAILED"), run("PASSED", attempt=2), run("FAILED", attempt=3)])
    assert (bad.conclusion, bad.counts) == ("FAILED", {"FAILED": 1})
    assert judge([run("PASSED", number=1), run("FAILED", number=2)]).conclusion == "FAILED"


statuses = st.sampled_from([*sorted(FINAL_STATUSES), *sorted(UNFINISHED_STATUSES), NOT_FOUND, "NEW_WORD"])
fail_ons = st.sampled_from(EVERY_FAIL_ON)
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


@given(many_runs(), fail_ons, missing, st.integers(0, 2), st.data())
def test_passed_needs_a_good_end_of_everything_that_blocks(runs, fail_on, missing, unanswered, data):
    """PASSED means that every counting run ended well, was read, and nothing is missing; something must block."""
    unread = data.draw(st.sets(st.sampled_from([run.run_key for run in runs] or [("none", "")])))
    verdict = judge(runs, fail_on=fail_on, missing=missing, unanswered=unanswered, unread=unread)
    blocking = [run for run in current(runs) if not run.non_blocking]
    ended_well = all(run.finished and run.status in FINAL_STATUSES and not is_bad(run, fail_on) for run in blocking)
    nothing = bool(runs) and not blocking
    assert verdict.passed is (ended_well and not missing and not unanswered and not nothing)
    assert bool(verdict.not_good) is not (ended_well and not missing)


@given(many_runs(), fail_ons, st.randoms(), st.data())
def test_worse_results_and_stricter_policies_never_help(runs, fail_on, random, data):
    """Neither a failure in place of a good run nor one more status in fail_on makes a verdict good; the order is nothing."""
    before = judge(runs, fail_on=fail_on)
    shuffled = random.sample(runs, len(runs))
    again = judge(shuffled, fail_on=fail_on)
    assert (before.conclusion, before.reason, before.counts) == (again.conclusion, again.reason, again.counts)
    more = (*fail_on, data.draw(st.sampled_from(sorted(FINAL_STATUSES - {"PASSED"}))))
    assert before.passed or not judge(runs, fail_on=more).passed
    good = [n for n, one in enumerate(runs) if one.status == "PASSED"]
    if good:
        hit = data.draw(st.sampled_from(good))
        runs[hit] = replace(runs[hit], status="FAILED")
    assert before.passed or not judge(runs, fail_on=fail_on).passed
