"""One update of a gate after another, against a pretended Checkly in virtual time."""

from __future__ import annotations

from updates import Update, at, world
from world import Run


def test_attempts_are_used_within_one_update_and_counted_per_check():
    """Each round starts the checks that are still bad, until attempts are used up; those that pass are flaky."""
    with world(a="PASSED", b=["FAILED", "PASSED"], c="FAILED") as checkly:
        state = Update(checkly).run(attempts=3)
    assert [post["target"]["checkId"] for post in checkly.posts] == [["b", "c"], ["c"]]
    assert (state["conclusion"], state["counts"]) == ("FAILED", {"PASSED": 2, "FAILED": 1, "flaky": 1})


def test_each_update_has_all_attempts():
    """After a red update, the next one may run each bad check as often as its policy says, not once less."""
    with world(a="FAILED") as checkly:
        update = Update(checkly)
        update.run(attempts=2)
        assert len(checkly.posts) == 1
        update.run(attempts=2)
        assert len(checkly.posts) == 3
        assert update.run(attempts=1)["sessions"][-1]["attempt"] == 5


def test_fail_fast_stops_waiting_at_the_first_check_without_an_attempt_left():
    """The verdict comes when the first check fails, not when the slowest ends; the next update keeps waiting for the others."""
    with world(bad=("FAILED", 3), slow=("PASSED", 500)) as checkly:
        update = Update(checkly)
        state = update.run(fail_fast=True)
        assert state["conclusion"] == "FAILED"
        assert state["reason"] == "1 of 2 checks did not pass (1 FAILED); 1 of 2 checks had not finished"
        assert state["statuses"] == ["FAILED", "STARTED"]
        checkly.plans["bad"].runs.append(Run("PASSED"))
        assert update.run()["conclusion"] == "PASSED"
        assert [post["target"]["checkId"] for post in checkly.posts] == [["bad"]]
    with world(bad=[("FAILED", 3), ("PASSED", 3)], slow=("PASSED", 50)) as checkly:
        assert Update(checkly).run(fail_fast=True, attempts=2)["conclusion"] == "PASSED", "an attempt was left"


def test_a_changed_policy_is_tried_on_what_is_known_before_any_request():
    """When the new policy makes the stored results good, nothing is asked; a stricter one turns a settled verdict red."""
    with world(a="PASSED", b="TIMED_OUT") as checkly:
        update = Update(checkly)
        assert update.run()["conclusion"] == "FAILED"
        before = list(checkly.polls)
        state = update.run(fail_on=["FAILED"])
        assert (state["conclusion"], state["reason"]) == ("PASSED", "2 checks passed (1 TIMED_OUT, as fail_on allows)")
        assert update.run()["conclusion"] == "FAILED"
    assert (checkly.polls, checkly.posts) == (before, [])


def test_a_trigger_without_any_session_is_not_good_unless_it_may_match_nothing():
    """No good check makes up for a trigger that had to match something."""
    with world(a="PASSED") as checkly:
        update = Update(checkly)
        update.trigger()
        assert (update.run()["conclusion"], checkly.posts) == ("FAILED", [])
    with world() as checkly:
        update = Update(checkly)
        update.trigger(on_no_match="pass")
        assert (update.run()["reason"], checkly.polls) == ("no check matched, as on_no_match allows", [])


def test_results_of_long_ago_do_not_look_fresh():
    """A new gate over sessions that ended long ago says when they ended, so that max_age means the checks."""
    with world(a="PASSED") as checkly:
        update = Update(checkly)
        checkly.now = 1000.0
        state = update.run()
    assert (state["conclusion"], state["startedAt"], state["finishedAt"]) == ("PASSED", at(1), at(1))


def test_a_check_of_two_triggers_is_not_run_again_while_one_of_its_sessions_runs():
    """As long as one session has not ended, the other's failure starts nothing."""
    with world(a=["FAILED", ("FAILED", 50.0), "PASSED"]) as checkly:
        update = Update(checkly)
        update.trigger("a")
        state = update.run(timeout_seconds=10)
        assert (state["conclusion"], state["statuses"]) == ("FAILED", ["FAILED", "STARTED"])
        assert checkly.posts == []
        state = update.run(timeout_seconds=100)
    assert (state["conclusion"], state["statuses"]) == ("PASSED", ["FAILED", "FAILED", "PASSED"])
    assert len(checkly.posts) == 1
