"""One update of a gate after another, against a pretended Checkly in virtual time."""

from checkly_dynamic.core.awaited import Awaited
from updates import Update, world
from world import Run


def test_green_is_one_look_at_each_check():
    """When all checks pass, each session is asked for once, nothing is posted, and the outputs say what happened."""
    with world(a=("PASSED", 3), b=("PASSED", 5)) as checkly:
        state = Update(checkly).run()
    assert (state["passed"], state["conclusion"], state["reason"]) == (True, "PASSED", "2 checks passed")
    assert (checkly.posts, len(checkly.polls)) == ([], 2)
    assert (state["startedAt"], state["finishedAt"]) == ("at 0", "at 5")
    assert (state["sessionIds"], state["statuses"]) == (["s1", "s2"], ["PASSED", "PASSED"])
    assert (state["failedLinks"], state["problems"]) == ([], [])


def test_red_names_every_bad_check_and_runs_nothing_again_by_itself():
    """With one attempt a failed check stays failed; its link and a line about it are in the outputs."""
    with world(a="PASSED", b="FAILED") as checkly:
        state = Update(checkly).run()
    assert state["reason"] == "1 of 2 checks did not pass (1 FAILED)"
    assert checkly.posts == []
    assert state["failedLinks"] == ["https://checkly.example/s2"]
    assert state["problems"] == ["B: FAILED https://checkly.example/s2"]


def test_a_second_update_runs_only_the_bad_checks_again():
    """What passed is not asked for again; what failed gets exactly one new session, whose id is said at once."""
    spoken = []
    with world(a="PASSED", b=["FAILED", "PASSED"]) as checkly:
        update = Update(checkly, say=spoken.append)
        assert update.run()["passed"] is False
        asked = len(checkly.polls)
        state = update.run()
    assert state["passed"] is True
    assert checkly.posts == [{"target": {"checkId": ["b"]}, "refreshCache": False}]
    assert checkly.polls[asked:] == ["s3"]
    assert [(s["checkId"], s["attempt"], s["status"]) for s in state["sessions"]] == [
        ("a", 1, "PASSED"),
        ("b", 1, "FAILED"),
        ("b", 2, "PASSED"),
    ]
    assert state["counts"] == {"PASSED": 2, "flaky": 1}
    assert "runs again: B: STARTED, attempt 2 https://checkly.example/s3" in spoken


def test_attempts_are_used_within_one_update_and_counted_per_check():
    """Each round starts one session for each check that is still bad, until it passes or its attempts are used up."""
    with world(a="PASSED", b=["FAILED", "PASSED"], c="FAILED") as checkly:
        state = Update(checkly).run(attempts=3)
    assert [post["target"]["checkId"] for post in checkly.posts] == [["b", "c"], ["c"]]
    assert (state["conclusion"], state["counts"]) == ("FAILED", {"PASSED": 2, "FAILED": 1, "flaky": 1})


def test_a_fresh_update_has_fresh_attempts():
    """After a red update, the next one may run each bad check as often as its policy says, not once less."""
    with world(a="FAILED") as checkly:
        update = Update(checkly)
        update.run(attempts=2)
        assert len(checkly.posts) == 1
        update.run(attempts=2)
        assert len(checkly.posts) == 3
        assert update.run(attempts=1)["sessions"][-1]["attempt"] == 5
        assert len(checkly.posts) == 4


def test_after_the_deadline_the_next_update_resumes_the_same_session():
    """PENDING is kept with its id; the next update waits for the same session and posts nothing."""
    with world(a=("PASSED", 1), b=("PASSED", 60)) as checkly:
        update = Update(checkly)
        state = update.run(timeout_seconds=2)
        assert (checkly.now, state["conclusion"]) == (2, "PENDING")
        assert state["reason"] == "1 of 2 checks had not finished in time"
        assert state["problems"] == ["B: STARTED https://checkly.example/s2"]
        asked = len(checkly.polls)
        state = update.run(timeout_seconds=100)
    assert (state["conclusion"], checkly.posts) == ("PASSED", [])
    assert set(checkly.polls[asked:]) == {"s2"}


def test_a_resumed_session_that_ends_bad_is_not_run_again_with_one_attempt():
    """A resumed session is still the first attempt of this look, so a red end of it is the verdict."""
    with world(a=("FAILED", 60)) as checkly:
        update = Update(checkly)
        update.run(timeout_seconds=2)
        assert update.run(timeout_seconds=100)["conclusion"] == "FAILED"
    assert checkly.posts == []


def test_fail_fast_stops_waiting_at_the_first_check_without_hope():
    """The verdict comes when the first check fails, not when the slowest ends; the others stay unfinished and are resumed."""
    with world(bad=("FAILED", 3), slow=("PASSED", 500)) as checkly:
        update = Update(checkly)
        state = update.run(fail_fast=True)
        assert state["conclusion"] == "FAILED"
        assert state["reason"] == "1 of 2 checks did not pass (1 FAILED); 1 of 2 checks had not finished"
        assert state["statuses"] == ["FAILED", "STARTED"]
        checkly.plans["bad"].runs.append(Run("PASSED"))
        assert update.run()["conclusion"] == "PASSED"
        assert [post["target"]["checkId"] for post in checkly.posts] == [["bad"]]


def test_fail_fast_waits_as_long_as_attempts_are_left():
    """A failure that may still be mended is no reason to stop."""
    with world(bad=[("FAILED", 3), ("PASSED", 3)], slow=("PASSED", 50)) as checkly:
        assert Update(checkly).run(fail_fast=True, attempts=2)["conclusion"] == "PASSED"


def test_a_changed_policy_is_tried_on_what_is_known_before_any_request():
    """When the new policy makes the stored results good, nothing is asked and nothing runs."""
    with world(a="PASSED", b="TIMED_OUT") as checkly:
        update = Update(checkly)
        assert update.run()["conclusion"] == "FAILED"
        before = list(checkly.polls)
        state = update.run(fail_on=("FAILED",))
    assert (state["conclusion"], state["reason"]) == ("PASSED", "2 checks passed (1 TIMED_OUT, as allowed)")
    assert (checkly.polls, checkly.posts) == (before, [])


def test_judging_only_makes_no_request_whatever_comes_out():
    """A settled verdict whose policy became stricter turns red without a request."""
    with world(a="DEGRADED") as checkly:
        update = Update(checkly)
        assert update.run()["passed"] is True
        before = list(checkly.polls)
        assert update.run(judge_only=True, fail_on=("FAILED", "DEGRADED"))["conclusion"] == "FAILED"
    assert (checkly.polls, checkly.posts) == (before, [])


def test_a_trigger_without_any_session_is_not_green():
    """When a trigger has no session and was not allowed to match nothing, no good check makes up for it."""
    with world(a="PASSED") as checkly:
        state = Update(checkly, unanswered=1).run()
    assert (state["conclusion"], checkly.posts) == ("FAILED", [])


def test_results_of_another_version_are_not_carried_over():
    """Stored results of checks whose trigger has answered anew are dropped, also a re-run that passed."""
    with world(a=["FAILED", "PASSED", ("FAILED", 5)]) as checkly:
        update = Update(checkly)
        assert update.run(attempts=2)["passed"] is True
        update.awaited = Awaited((checkly.start("a"),), (), 0)
        update.unchanged = set()
        state = update.run()
    assert (state["conclusion"], state["sessionIds"]) == ("FAILED", ["s3"])
