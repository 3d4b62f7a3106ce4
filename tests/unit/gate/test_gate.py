"""One update of a gate after another, against a simulated Checkly in virtual time."""

import pytest
from updates import Update, at, plans, suite, world
from world import World


def test_attempts_are_used_within_one_update_and_counted_per_check():
    """
    Each round starts the checks that are still bad, until no attempts are left; those that pass are flaky.

    The next update has all attempts again, and a check that failed before it is not flaky.
    """
    checkly = world(a="PASSED", b=["FAILED", "PASSED"], c="FAILED")
    update = Update(checkly)
    state = update.run(attempts=3)
    assert [post["target"]["checkId"] for post in checkly.posts] == [["b", "c"], ["c"]]
    assert (state["conclusion"], state["counts"]) == ("FAILED", {"PASSED": 2, "FAILED": 1, "flaky": 1})
    assert update.run(attempts=3)["counts"] == {"PASSED": 2, "FAILED": 1}
    assert len(checkly.posts) == 5


def test_fail_fast_goes_on_while_an_attempt_is_left():
    """Only a failure without an attempt left ends the waiting."""
    update = Update(world(bad=[("FAILED", 3), ("PASSED", 3)], slow=("PASSED", 50)))
    assert update.run(fail_fast=True, attempts=2)["conclusion"] == "PASSED"


def test_a_trigger_without_any_session_is_not_good_unless_it_may_match_nothing():
    """Good checks do not outweigh a trigger that had to match something."""
    checkly = world(a="PASSED")
    update = Update(checkly)
    update.trigger()
    assert (update.run()["conclusion"], checkly.posts) == ("FAILED", [])
    checkly = world()
    update = Update(checkly)
    update.trigger(on_no_match="pass")
    assert (update.run()["reason"], checkly.polls) == ("no check matched, as on_no_match allows", [])


def test_results_of_long_ago_do_not_look_fresh():
    """A new gate over sessions that ended long ago says when they ended, so that max_age means the checks."""
    checkly = world(a="PASSED")
    update = Update(checkly)
    checkly.now = 1000.0
    state = update.run()
    assert (state["conclusion"], state["startedAt"], state["finishedAt"]) == ("PASSED", at(1), at(1))


def test_a_check_of_two_triggers_is_not_run_again_while_one_of_its_sessions_runs():
    """As long as one session has not ended, the other's failure starts nothing."""
    checkly = world(a=["FAILED", ("FAILED", 50.0), "PASSED"])
    update = Update(checkly)
    update.trigger("a")
    state = update.run(timeout_seconds=10)
    assert (state["conclusion"], state["statuses"]) == ("FAILED", ["FAILED", "STARTED"])
    assert checkly.posts == []
    state = update.run(timeout_seconds=100)
    assert (state["conclusion"], state["statuses"]) == ("PASSED", ["FAILED", "FAILED", "PASSED"])
    assert len(checkly.posts) == 1


@pytest.mark.parametrize(("versions", "missing"), [(("1", "1"), 0), (("1", "2"), 1), ((None, None), 1), (("", ""), 1)])
def test_a_check_is_missing_only_when_no_trigger_of_its_version_started_it(versions, missing):
    """Ids match in any case. Without a version, or with another one, the other trigger's session may be weeks old."""
    update = Update(world(a="PASSED", b="PASSED"), missing=("a", "b"))
    update.wait_for.clear()
    update.trigger("a", missing=("B",), version=versions[0])
    update.trigger("b", version=versions[1])
    assert update.run()["counts"].get("missing", 0) == missing


def test_one_session_stands_for_one_check():
    """If two triggers get the same session for two checks, the second check has none, so the gate is not good."""
    update = Update(world(a="PASSED", b="PASSED"), missing=("b",))
    update.wait_for = [{**update.wait_for[0], "checkIds": [check], "missingCheckIds": []} for check in ("a", "b")]
    assert update.run()["counts"] == {"PASSED": 1, "missing": 1}


def test_results_count_as_long_as_the_triggers_have_started_nothing_new():
    """
    New sessions or another version drop the results of their checks, including re-runs; other triggers' are kept.

    Otherwise a re-run for an old version could certify a new one.
    """
    checkly = world(a=["FAILED", "PASSED", "FAILED"], b="PASSED")
    checkly.suites = {name: suite(a=["FAILED", "PASSED", "FAILED"]) for name in ("one", "two")}
    update = Update(checkly)
    checkly.plans |= plans(c="PASSED")
    update.trigger("c")
    assert update.run(attempts=2)["conclusion"] == "PASSED"
    polled = len(checkly.polls)
    update.wait_for.reverse()
    assert update.run(fail_on=["FAILED"])["passed"]
    assert len(checkly.polls) == polled, "order does not matter"
    c, _, one, _ = update.wait_for
    update.wait_for, update.rerun = [c, one], update.rerun[:1]
    update.trigger("a", "b", version="2")
    update.test_trigger("two")
    state = update.run()
    assert [(row["name"], row["status"]) for row in state["failed"]] == [("A", "FAILED"), ("A", "FAILED")]
    assert len(checkly.polls) == polled + 3, "neither c nor one is read again"


def test_names_that_occur_twice_carry_their_check_id():
    """Two checks of the same name, or one check from two triggers, are both listed."""
    state = Update(World(suites={"one": suite(a="PASSED", b="PASSED"), "two": suite(a="FAILED")})).run()
    assert state["checks"] == {"A (a)": "FAILED", "A (a) (again)": "PASSED", "B": "PASSED"}


def test_at_most_fifty_checks_are_listed_bad_ones_first():
    """The counts include all."""
    good, bad = {f"good{n}": "PASSED" for n in range(60)}, {f"bad{n}": "FAILED" for n in range(10)}
    state = Update(world(**good, **bad)).run()
    assert [*state["checks"]][:10] == [name.upper() for name in bad]
    assert (len(state["checks"]), state["counts"]) == (50, {"PASSED": 60, "FAILED": 10})
