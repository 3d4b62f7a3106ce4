"""Updates of a gate in which something goes wrong: no result is lost, and nothing is falsely good."""

from __future__ import annotations

import threading

import pytest
from updates import Update, world
from world import FORGOTTEN, Run

from checkly_dynamic.core.session_results import read_check_session
from checkly_dynamic.errors import ApiError, InvalidResponse, TransportError

REFUSED = ApiError("401: the API key was not accepted", status=401)


def test_what_cannot_be_read_is_unknown_and_everything_else_is_kept():
    """With a key that is refused for some sessions, the finished ones are kept; the next update asks only for the rest."""
    with world(a="PASSED", b=REFUSED, c=REFUSED) as checkly:
        update = Update(checkly)
        state = update.run()
        assert (state["conclusion"], state["statuses"]) == ("UNKNOWN", ["PASSED", "STARTED", "STARTED"])
        assert state["reason"] == "2 of 3 checks unknown: Checkly could not be read"
        assert state["failed"][0]["detail"] == "401: the API key was not accepted"
        assert sum("401" in line for line in update.log.shown) == 1, "the same error is shown once"
        for plan in (checkly.plans["b"], checkly.plans["c"]):
            plan.runs.append(Run("PASSED"))
        checkly.resume("s2", "s3")
        asked = len(checkly.polls)
        state = update.run()
    assert (state["conclusion"], checkly.posts) == ("PASSED", [])
    assert sorted(checkly.polls[asked:]) == ["s2", "s3"]
    assert all("detail" not in session for session in state["sessions"])


def test_a_bug_in_reading_loses_nothing_and_tells_nothing():
    """An unexpected exception makes that session unknown; its text, which could hold anything, is not shown."""
    with world(a="PASSED", b=ValueError("cu_secret")) as checkly:
        state = Update(checkly).run()
    assert (state["conclusion"], state["statuses"]) == ("UNKNOWN", ["PASSED", "STARTED"])
    assert state["sessions"][1]["detail"] == "unexpected ValueError"
    assert "cu_secret" not in repr(state)


def test_a_session_that_is_not_there_yet_is_read_again():
    """For 30 seconds after the trigger, or after a re-run, a 404 means "not visible yet"."""
    with world(a=["FAILED", "PASSED"]) as checkly:
        checkly.appears_after = 20.0
        state = Update(checkly).run(attempts=2)
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 1, "flaky": 1})


@pytest.mark.parametrize(("timeout", "conclusion"), [(900, "UNKNOWN"), (10, "PENDING")])
def test_a_session_that_stays_away_is_forgotten_after_30_seconds(timeout, conclusion):
    """With a short deadline it is pending first; the next update, later than 30 seconds after the trigger, forgets it at once."""
    with world(a="PASSED") as checkly:
        checkly.appears_after = 1e9
        update = Update(checkly)
        assert update.run(timeout_seconds=timeout)["conclusion"] == conclusion
        checkly.now = max(checkly.now, 31.0)
        checkly.appears_after = 0.0
        checkly.plans["a"].runs = [Run(FORGOTTEN), Run("PASSED")]
        if conclusion == "PENDING":
            checkly.appears_after = 1e9
            state = update.run(timeout_seconds=timeout)
            assert (state["conclusion"], state["statuses"]) == ("UNKNOWN", ["NOT_FOUND"])
            checkly.appears_after = 0.0
        assert update.run()["conclusion"] == "PASSED", "its check runs again"
    assert len(checkly.posts) == 1


def test_a_missing_check_makes_the_verdict_bad_and_is_tried_in_the_next_update():
    """A check that got no session is named; when it exists again, the next update runs it and is good."""
    with world(a="PASSED", gone="PASSED") as checkly:
        update = Update(checkly, missing=("gone",))
        state = update.run()
        assert (state["conclusion"], state["counts"]) == ("FAILED", {"PASSED": 1, "missing": 1})
        [row] = state["failed"]
        assert (row["name"], row["status"]) == ("check gone", "NO_SESSION")
        assert "Checkly started no session for it (deleted or deactivated?)" in row["errors"][0]
        assert checkly.posts == []
        checkly.deaf.add("gone")
        assert update.run()["conclusion"] == "FAILED"
        checkly.deaf.clear()
        state = update.run()
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 2})
    assert update.statuses() == [("A", 1, "PASSED"), ("GONE", 2, "PASSED")], "a re-run, although nothing ran before it"
    assert [post["target"]["checkId"] for post in checkly.posts] == [["gone"], ["gone"]]


def test_a_re_run_that_starts_fewer_checks_leaves_the_others_bad():
    """A check that a re-run does not start keeps its bad result, with the reason, and is not asked for again in this update."""
    with world(a=["FAILED", "PASSED"], b=["FAILED", "PASSED"]) as checkly:
        checkly.deaf.add("b")
        state = Update(checkly).run(attempts=2)
    assert (state["conclusion"], state["statuses"]) == ("FAILED", ["FAILED", "FAILED", "PASSED"])
    assert state["failed"][0]["detail"] == "not run again: Checkly started no session for it (deleted or deactivated?)"
    with world(a="FAILED") as checkly:
        checkly.deaf.add("a")
        assert Update(checkly).run(attempts=5)["conclusion"] == "FAILED"
    assert len(checkly.posts) == 1


@pytest.mark.parametrize(
    "error",
    [TransportError("the connection broke. Checks may have started"), KeyError("a bug")],
    ids=lambda error: type(error).__name__,
)
def test_a_re_run_that_fails_is_not_repeated_and_loses_nothing(error):
    """Whatever goes wrong with the POST of a re-run, it is sent once in this update, and all results are kept."""
    with world(a="PASSED", b="FAILED") as checkly:
        checkly.post_errors.append(error)
        update = Update(checkly)
        state = update.run(attempts=5)
        assert (state["conclusion"], state["statuses"]) == ("FAILED", ["PASSED", "FAILED"])
        assert len(checkly.posts) == 1
        assert "not run again: " in state["sessions"][1]["detail"]
        checkly.post_errors += [REFUSED]
        assert update.run()["sessions"][1]["detail"] == f"not run again: {REFUSED}", "reasons do not pile up"
        checkly.plans["b"].runs.append(Run("PASSED"))
        assert update.run()["conclusion"] == "PASSED"


def test_what_an_unreadable_answer_started_is_named_for_a_missing_check():
    """Nothing else will ever name these sessions, so the row of the check does."""
    with world(a="PASSED", gone="PASSED") as checkly:
        update = Update(checkly, missing=("gone",))
        checkly.post_errors.append(InvalidResponse("no list. Checks may have started. Sessions in it: r9"))
        [row] = update.run(attempts=2)["failed"]
    assert row["errors"][0].startswith("asked for by id, but it has no session; not run again: no list.")
    assert "r9" in row["errors"][0]


def test_no_re_run_is_started_that_could_not_be_read():
    """With hardly any time left nothing is started; who asked for attempts learns why there was none."""
    with world(a=("FAILED", 9)) as checkly:
        state = Update(checkly).run(attempts=3, timeout_seconds=10)
    assert (state["conclusion"], checkly.posts) == ("FAILED", [])
    assert state["sessions"][0]["detail"] == "not run again: no time was left"
    with world(a="FAILED", b=("PASSED", 1000.0)) as checkly:
        state = Update(checkly).run(attempts=3, timeout_seconds=60)
    assert (state["conclusion"], checkly.posts) == ("FAILED", [])
    assert state["failed"][0]["detail"] == "not run again: the deadline passed before the other checks ended"


@pytest.mark.parametrize("ends", ["a session of another check", "an unknown id"])
def test_a_re_run_that_names_another_session_has_started_none(ends):
    """A POST that answers with a session that is known already started nothing: the check stays bad, no result gets lost."""
    with world(a=["FAILED", "PASSED"], b=["FAILED", "PASSED"]) as checkly:
        update = Update(checkly)
        start = checkly.start_check
        known = update.world.start_check("b") if ends == "an unknown id" else None

        def answer(check_id):
            started = start(check_id)
            # The re-run of a is answered with the first session of b, or with a session of another check.
            return known or read_check_session({**started.to_api(), "checkSessionId": "s2"})

        checkly.start_check = answer
        state = update.run(attempts=2)
    assert state["conclusion"] == "FAILED"
    assert {row["checkId"] for row in state["sessions"]} == {"a", "b"}


def test_where_threads_are_few_the_sessions_take_turns(monkeypatch):
    """Where a container allows three more threads, they wait for ten sessions, and none is missed."""
    start, started = threading.Thread.start, []

    def begin(thread):
        if len(started) == 3:
            msg = "can't start new thread"
            raise RuntimeError(msg)
        started.append(thread)
        start(thread)

    with world(**{f"c{number}": ("PASSED", 0) for number in range(10)}) as checkly:
        update = Update(checkly)
        monkeypatch.setattr(threading.Thread, "start", begin)
        state = update.run()
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 10})
    assert len(started) == 3
