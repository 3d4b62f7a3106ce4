"""Options of a gate: non-blocking checks, failure details, and record mode."""

from __future__ import annotations

import threading

import pytest
from updates import Lines, Update, suite, world
from world import FORGOTTEN, Run, World

from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource
from checkly_dynamic.errors import ApiError


@pytest.mark.parametrize("ends", ["FAILED", ("PASSED", 9999), FORGOTTEN, ApiError("401", status=401)], ids=str)
@pytest.mark.parametrize("word", ["b", "B"], ids=["by id", "by name"])
def test_how_a_non_blocking_check_ends_changes_nothing(ends, word):
    """FAILED, PENDING and UNKNOWN: the verdict is good, its row says non-blocking, and nothing lists it as bad."""
    with world(a="PASSED", b=ends) as checkly:
        checkly.now = 100.0
        state = Update(checkly).run(non_blocking=[word], timeout_seconds=60)
    assert (state["conclusion"], state["failed"], state["failedLinks"]) == ("PASSED", [], [])
    assert [row.get("nonBlocking", False) for row in state["sessions"]] == [False, True]
    assert state["reason"].startswith("1 check passed (non-blocking: 1 ")
    assert sum(state["counts"].values()) == 2


def test_a_non_blocking_check_is_waited_for_and_runs_again_but_never_fails_fast():
    """It has its attempts like the others; its failure does not end the waiting."""
    with world(a=("PASSED", 50), b=["FAILED", "FAILED", "PASSED"]) as checkly:
        state = Update(checkly).run(non_blocking=["B"], fail_fast=True, attempts=3)
    assert (state["conclusion"], state["counts"], len(checkly.posts)) == ("PASSED", {"PASSED": 2, "flaky": 1}, 2)


def test_when_every_check_is_non_blocking_nothing_is_proven():
    """Refused by check when the names are known; FAILED when it turns out later, as for test sessions."""
    with world(a="PASSED") as checkly:
        update = Update(checkly)
        [line] = CheckSessionVerdictResource().check(update.inputs(non_blocking=["A"]))
        assert line.startswith("non_blocking: names every check of this gate")
    with World(suites={"smoke": suite(a="PASSED")}) as checkly:
        update = Update(checkly, tests=("smoke",))
        assert CheckSessionVerdictResource().check(update.inputs(non_blocking=["A"])) == []
        state = update.run(non_blocking=["A"])
    assert (state["conclusion"], state["reason"]) == (
        "FAILED",
        "every check is non-blocking, so nothing was proven",
    )


def test_a_missing_check_may_be_non_blocking():
    """By its id; then it is counted as missing and does not matter."""
    with world(a="PASSED") as checkly:
        state = Update(checkly, missing=("gone",)).run(non_blocking=["GONE"])
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 1, "missing": 1})


def test_a_name_that_no_check_has_is_a_warning():
    """A typing mistake would otherwise block, or not, unnoticed."""
    with world(a="PASSED", b="PASSED") as checkly:
        update = Update(checkly)
        update.run(non_blocking=["A", "chekout\x1b"])
    assert update.log.warnings == ["non_blocking: no check has the id or name chekout\N{REPLACEMENT CHARACTER}"]


def test_failure_details_are_stored_with_the_run_they_explain():
    """For bad checks only; an error while reading them is ignored; reading is done once for each run."""
    with world(a="FAILED", b="PASSED", c="FAILED") as checkly:
        checkly.details = {
            "a": ("status code = 200 (status code 503)",),
            "b": ("no",),
            "c": ApiError("404", status=404),
        }
        update = Update(checkly)
        state = update.run()
        assert [row.get("errors") for row in state["sessions"]] == [["status code = 200 (status code 503)"], None, None]
        assert [row["errors"] for row in state["failed"]] == [["status code = 200 (status code 503)"], []]
        assert sorted(checkly.detailed) == ["a", "c"]
        checkly.plans["a"].runs.append(Run("PASSED"))
        state = update.run()
    assert (state["sessions"][0]["errors"], update.statuses()[-2]) == (
        ["status code = 200 (status code 503)"],
        ("A", 2, "PASSED"),
    )


def test_failure_details_of_test_sessions():
    """A result of a test session is explained in the same way."""
    with World(suites={"smoke": suite(a="FAILED", b="PASSED")}, details={"a": ("timeout",)}) as checkly:
        state = Update(checkly, tests=("smoke",)).run()
    assert (state["failed"][0]["errors"], checkly.detailed) == (["timeout"], ["a"])


def test_failure_details_can_be_turned_off():
    """Then no such request is made."""
    with world(a="FAILED") as checkly:
        checkly.details = {"a": ("x",)}
        Update(checkly).run(failure_details=False)
    assert checkly.detailed == []


def test_failure_details_are_read_for_ten_checks_at_once_blocking_ones_first():
    """Ten of twelve: all ten requests are open together, and non-blocking checks come last."""
    together = threading.Barrier(10)
    with world(**{f"c{number:02}": "FAILED" for number in range(12)}) as checkly:
        read = checkly.failure_details

        def failure_details(run):
            together.wait(10)
            return read(run)

        checkly.failure_details = failure_details
        Update(checkly).run(non_blocking=["c00", "c01"])
    assert sorted(checkly.detailed) == [f"c{number:02}" for number in range(2, 12)]


def test_failure_details_take_five_seconds_at_most():
    """A request that hangs is left behind, and the verdict stands."""
    with world(a="FAILED", b="FAILED") as checkly:
        release = threading.Event()

        def failure_details(run):
            if run.check_id == "a":
                checkly.now += 5.0
                release.wait(10)
            return ("in time",)

        checkly.failure_details = failure_details
        update = Update(checkly)
        state = update.run()
        release.set()
    assert (state["conclusion"], state["failed"][0]["errors"]) == ("FAILED", [])
    assert checkly.now < 10


def test_record_mode_warns_in_the_update_and_in_each_later_one():
    """A red verdict without a barrier must not go unnoticed; the first update shows the checks, a settled one repeats it."""
    with world(a="PASSED", b="FAILED") as checkly:
        checkly.details = {"b": ("why",)}
        update = Update(checkly)
        update.run(on_failure="record")
        [warning] = update.log.warnings
        assert warning.splitlines() == [
            "FAILED: 1 of 2 checks did not pass (1 FAILED)",
            "  B: FAILED https://checkly.example/s2",
            "    why",
        ]
        later = Lines()
        verdict = CheckSessionVerdictResource()
        inputs = update.inputs(on_failure="record")
        assert verdict.diff(update.stored, inputs) == [], "a final FAILED is settled in record mode"
        verdict.warn(update.stored, later)
        assert later.warnings == [warning]
        verdict.warn({"onFailure": "record", "conclusion": "PASSED"}, later)
        verdict.warn({"onFailure": "fail", "conclusion": "FAILED"}, later)
    assert len(later.warnings) == 1


def test_a_settled_verdict_is_judged_without_a_request_and_keeps_its_times():
    """When only the policy changes, nobody looks at the checks, so the times and flaky stay those of the last look."""
    with world(a=["FAILED", "PASSED"]) as checkly:
        update = Update(checkly)
        first = update.run(attempts=2)
        checkly.now = 500.0
        asked = len(checkly.polls)
        second = update.run(attempts=2, fail_on=["FAILED"])
    assert (len(checkly.polls), len(checkly.posts)) == (asked, 1)
    assert [second[key] for key in ("startedAt", "finishedAt", "counts")] == [
        first[key] for key in ("startedAt", "finishedAt", "counts")
    ]
