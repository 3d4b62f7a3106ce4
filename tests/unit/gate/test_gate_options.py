"""Options of a gate: non-blocking checks, failure details, and record mode."""

import pytest
from updates import Update, suite, world
from world import FORGOTTEN, Run, World

from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource
from checkly_dynamic.errors import ApiError


@pytest.mark.parametrize(
    ("ends", "word"),
    [("FAILED", "b"), (("PASSED", 9999), "B"), (FORGOTTEN, "B")],
    ids=["by id", "by name", "forgotten"],
)
def test_how_a_non_blocking_check_ends_changes_nothing(ends, word):
    """FAILED, PENDING and UNKNOWN: the verdict is good, its row says non-blocking, and nothing lists it as bad."""
    checkly = world(a="PASSED", b=ends)
    checkly.now = 100.0
    state = Update(checkly).run(non_blocking=[word], timeout_seconds=60)
    assert (state["conclusion"], state["failed"], state["failedLinks"]) == ("PASSED", [], [])
    assert [row.get("nonBlocking", False) for row in state["sessions"]] == [False, True]
    assert state["reason"].startswith("1 check passed (non-blocking: 1 ")
    assert sum(state["counts"].values()) == 2


def test_a_non_blocking_check_is_waited_for_and_runs_again_but_never_fails_fast():
    """It has its attempts like the others; its failure does not end the waiting."""
    checkly = world(a=("PASSED", 50), b=["FAILED", "FAILED", "PASSED"])
    state = Update(checkly).run(non_blocking=["B"], fail_fast=True, attempts=3)
    assert (state["conclusion"], state["counts"], len(checkly.posts)) == ("PASSED", {"PASSED": 2, "flaky": 1}, 2)


def test_when_every_check_is_non_blocking_nothing_is_proven():
    """Check refuses it when the names are known; for test sessions it turns out later."""
    update = Update(World(suites={"smoke": suite(a="PASSED")}))
    assert CheckSessionVerdictResource().check(update.inputs(non_blocking=["A"])) == []
    state = update.run(non_blocking=["A"])
    assert (state["conclusion"], state["reason"]) == ("FAILED", "every check is non-blocking, so nothing was proven")


def test_a_name_that_no_check_has_is_a_warning():
    """A typing mistake would otherwise block, or not, unnoticed."""
    update = Update(world(a="PASSED", b="PASSED"))
    update.run(non_blocking=["A", "chekout\x1b"])
    warning = "non_blocking: no check has the id or name chekout\N{REPLACEMENT CHARACTER}"
    assert [line for kind, line in update.log.shown if kind == "warning"] == [warning]


def test_failure_details_are_stored_with_the_run_they_explain():
    """For bad checks only; an error while reading them is ignored; reading is done once for each run."""
    checkly = world(a="FAILED", b="PASSED", c="FAILED")
    checkly.details = {"a": ("why",), "b": ("no",), "c": ApiError("404", status=404)}
    update = Update(checkly)
    state = update.run()
    assert [row.get("errors") for row in state["sessions"]] == [["why"], None, None]
    assert [row["errors"] for row in state["failed"]] == [["why"], []]
    assert sorted(checkly.detailed) == ["a", "c"]
    checkly.plans["a"].runs.append(Run("PASSED"))
    state = update.run()
    assert (state["sessions"][0]["errors"], update.statuses()[-2]) == (["why"], ("A", 2, "PASSED"))


def test_a_flaky_check_keeps_why_its_first_attempt_failed():
    """Details are read for failed attempts too, of whose check the re-run passed."""
    checkly = world(a=["FAILED", "PASSED"])
    checkly.details = {"a": ("why",)}
    state = Update(checkly).run(attempts=2)
    assert [(row["status"], row.get("errors")) for row in state["sessions"]] == [("FAILED", ["why"]), ("PASSED", None)]


def test_failure_details_are_read_for_ten_checks_blocking_ones_first():
    """Of twelve bad checks, the non-blocking ones come last."""
    checkly = world(**{f"c{number:02}": "FAILED" for number in range(12)})
    Update(checkly).run(non_blocking=["c00", "c01"])
    assert sorted(checkly.detailed) == [f"c{number:02}" for number in range(2, 12)]


def test_nothing_runs_again_while_the_program_asks_for_another_version():
    """A re-run would meet that version, and its result would count for the one of the sessions. Recording works."""
    for on_failure in ("record", "fail"):
        update = Update(world(a=["FAILED", "PASSED"]))
        state = update.run(attempts=3, on_failure=on_failure, expected_deploy_versions=["2"])
        assert (state["conclusion"], update.world.posts) == ("FAILED", [])
    state = update.run(attempts=3, expected_deploy_versions=[" 1\n"])
    assert (state["conclusion"], len(update.world.posts)) == ("PASSED", 1)
