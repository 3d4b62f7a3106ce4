"""Updates of a gate in which something goes wrong: no result is lost, and nothing is falsely green."""

import pytest
from checkly_dynamic.core.awaited import Awaited
from updates import Update, world
from world import Run

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.errors import (
    ConnectionLost,
    EngineGone,
    InvalidResponse,
    RateLimited,
    ServerError,
    SessionNotFound,
    Unauthorized,
)

FORGOTTEN = SessionNotFound("404: Checkly does not know this check session", status=404)
REFUSED = Unauthorized("401: the API key was not accepted", status=401)


def test_what_cannot_be_read_is_unknown_and_everything_else_is_kept():
    """With a key that is refused for some sessions, the finished ones are kept; the next update asks only for the rest."""
    spoken = []
    with world(a="PASSED", b=REFUSED, c=REFUSED) as checkly:
        update = Update(checkly, say=spoken.append)
        state = update.run()
        assert (state["conclusion"], state["statuses"]) == ("UNKNOWN", ["PASSED", "STARTED", "STARTED"])
        assert state["reason"] == "2 of 3 checks unknown: Checkly could not be read"
        assert state["problems"][0] == ("B: STARTED (401: the API key was not accepted) https://checkly.example/s2")
        assert sum("401" in line for line in spoken) == 1, "the same error is said once, not for every session"
        for plan in (checkly.plans["b"], checkly.plans["c"]):
            plan.runs.append(Run("PASSED"))
        checkly.resume(*update.awaited.sessions[1:])
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


def test_a_forgotten_session_is_never_green_and_runs_again_in_the_next_update():
    """A 404 ends the session as NOT_FOUND; the next update starts the check again, so no stack is stuck."""
    with world(a="PASSED", b=[FORGOTTEN, "PASSED"]) as checkly:
        update = Update(checkly)
        state = update.run()
        assert (state["conclusion"], state["statuses"]) == ("UNKNOWN", ["PASSED", "NOT_FOUND"])
        assert state["reason"] == "1 of 2 checks unknown: Checkly has forgotten the session"
        state = update.run()
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 2})
    assert [post["target"]["checkId"] for post in checkly.posts] == [["b"]]


def test_a_missing_check_makes_the_verdict_bad_and_is_tried_in_the_next_update():
    """A check that got no session is named; when it exists again, the next update runs it and is green."""
    with world(a="PASSED", gone="PASSED") as checkly:
        update = Update(checkly, missing=["gone"])
        state = update.run()
        assert (state["conclusion"], state["counts"]) == ("FAILED", {"PASSED": 1, "missing": 1})
        assert state["problems"] == [
            "check gone: asked for by id, but Checkly started no session (deleted or deactivated?)"
        ]
        assert checkly.posts == []
        checkly.deaf.add("gone")
        assert update.run()["conclusion"] == "FAILED"
        checkly.deaf.clear()
        state = update.run()
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 2})
    assert [post["target"]["checkId"] for post in checkly.posts] == [["gone"], ["gone"]]


def test_a_re_run_that_answers_for_fewer_checks_stays_bad():
    """A check that a re-run does not start keeps its bad result, with the reason, and the verdict stays bad."""
    with world(a=["FAILED", "PASSED"], b=["FAILED", "PASSED"]) as checkly:
        checkly.deaf.add("b")
        state = Update(checkly).run(attempts=2)
    assert state["conclusion"] == "FAILED"
    assert state["statuses"] == ["FAILED", "FAILED", "PASSED"]
    assert state["problems"] == [
        "B: FAILED (not run again: Checkly started no session for it (deleted or deactivated?)) https://checkly.example/s2"
    ]


def test_nothing_is_posted_twice_when_nothing_could_be_started():
    """When a re-run starts nothing at all, asking again at once would not help, however many attempts are left."""
    with world(a="FAILED") as checkly:
        checkly.deaf.add("a")
        assert Update(checkly).run(attempts=5)["conclusion"] == "FAILED"
    assert len(checkly.posts) == 1


@pytest.mark.parametrize(
    "error",
    [
        ConnectionLost("the connection broke. Checks may have started"),
        ServerError("503: Checkly failed. Checks may have started", status=503),
        RateLimited("429: too many requests"),
        REFUSED,
        KeyError("a bug"),
    ],
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
        checkly.plans["b"].runs.append(Run("PASSED"))
        assert update.run()["conclusion"] == "PASSED"


def test_notes_about_re_runs_do_not_pile_up():
    """After several failed re-runs the state holds the last reason only."""
    with world(a="FAILED") as checkly:
        update = Update(checkly)
        update.run()
        checkly.post_errors += [REFUSED, REFUSED]
        update.run()
        assert update.run()["sessions"][0]["detail"] == "not run again: 401: the API key was not accepted"


def test_no_re_run_is_started_that_could_not_be_read():
    """With hardly any time left nothing is started, because its session would be lost to this verdict."""
    with world(a=("FAILED", 9)) as checkly:
        state = Update(checkly).run(attempts=3, timeout_seconds=10)
    assert (state["conclusion"], checkly.posts) == ("FAILED", [])
    assert state["sessions"][0]["detail"] == "not run again: no time was left"


def test_nothing_is_started_for_an_engine_that_has_ended():
    """When the engine was killed, the host that lives on must not run checks again, and it says nothing."""
    spoken = []

    def gone():
        raise EngineGone("the Pulumi engine has ended; nothing more is started")

    with world(a="FAILED") as checkly:
        state = Update(checkly, before=gone, say=spoken.append).run(attempts=5)
    assert (state["conclusion"], checkly.posts) == ("FAILED", [])
    assert not [line for line in spoken if "engine" in line]


def test_of_an_unreadable_answer_to_a_re_run_every_session_counts_that_could_be_read():
    """One bad entry hides no other: the sessions beside it are kept and read, the rest of the checks stays bad and says why."""
    spoken = []
    with world(a=["FAILED", "PASSED"], b=["FAILED", "PASSED"]) as checkly:
        update = Update(checkly, say=spoken.append)
        update.run()

        def trigger(body, *, deadline, before):
            checkly.posts.append(body)
            msg = "not the documented one. Checks may have started. Sessions in the answer: s3, s4"
            raise InvalidResponse(msg, started=[checkly.start("a")])

        checkly.trigger = trigger
        state = update.run()
    assert (state["conclusion"], state["statuses"]) == ("FAILED", ["FAILED", "FAILED", "PASSED"])
    assert (
        "not run again: not the documented one. Checks may have started. Sessions in the answer: s3, s4"
        in state["problems"][0]
    )
    assert any("s3, s4" in line for line in spoken)
    assert len(checkly.posts) == 1


def test_a_check_is_not_run_again_while_another_session_of_it_runs():
    """Two triggers started one check: as long as one session has not ended, the other's failure starts nothing."""
    with world(a=["FAILED", ("FAILED", 50.0), "PASSED"]) as checkly:
        update = Update(checkly)
        update.awaited = Awaited((*update.awaited.sessions, checkly.start("a")), (), 0)
        state = update.run(timeout_seconds=10)
        assert (state["conclusion"], state["statuses"]) == ("FAILED", ["FAILED", "STARTED"])
        assert checkly.posts == []
        state = update.run(timeout_seconds=100)
    assert (state["conclusion"], state["statuses"]) == ("PASSED", ["FAILED", "FAILED", "PASSED"])
    assert len(checkly.posts) == 1


def test_a_re_run_that_a_slow_check_left_no_time_for_is_told():
    """Who asked for attempts learns why there was none: re-runs begin when all sessions have ended."""
    with world(a="FAILED", b=("PASSED", 1000.0)) as checkly:
        state = Update(checkly).run(attempts=3, timeout_seconds=60)
    assert (state["conclusion"], checkly.posts) == ("FAILED", [])
    assert "not run again: the deadline came before the other checks had ended" in state["problems"][0]


def test_results_of_long_ago_do_not_look_fresh():
    """A new gate over sessions that ended long ago says when they ended, so that max_age means the checks."""
    with world(a="PASSED") as checkly:
        update = Update(checkly)
        ended = "2026-01-01T00:00:01.000Z"
        session = CheckSession("old", "", "a", "API", "A", "PASSED", stopped_at=ended, finished=True)
        update.awaited = Awaited((session,), (), 0)
        update.stored, update.unchanged = [session], {"a"}
        checkly.clock = checkly.clock._replace(now=lambda: "2026-11-23T00:00:00.000Z")
        state = update.run()
    assert (state["conclusion"], state["finishedAt"], checkly.polls) == ("PASSED", ended, [])
    assert state["startedAt"] <= state["finishedAt"]
