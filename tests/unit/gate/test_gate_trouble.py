"""Updates of a gate in which something goes wrong: no result is lost, and nothing is falsely good."""

from dataclasses import replace

import pytest
from updates import Update, world
from world import Run

from checkly_dynamic.errors import ApiError, InvalidResponse, TransportError

REFUSED = ApiError("401: the API key was not accepted", status=401)


def test_what_cannot_be_read_is_unknown_and_read_again():
    """The same error is shown once; an unexpected exception's text is not shown, because it could hold anything."""
    checkly = world(a="PASSED", b=REFUSED, c=REFUSED, d=ValueError("cu_secret"))
    update = Update(checkly)
    state = update.run()
    assert (state["conclusion"], state["statuses"]) == ("UNKNOWN", ["PASSED", "STARTED", "STARTED", "STARTED"])
    assert [row["detail"] for row in state["failed"]] == [str(REFUSED), str(REFUSED), "unexpected ValueError"]
    assert sum("401" in line for _, line in update.log.shown) == 1
    assert "cu_secret" not in repr(state)
    for check in "bcd":
        checkly.plans[check].runs[0].ends = "PASSED"
    state = update.run()
    assert (state["conclusion"], checkly.posts, checkly.polls.count("s1")) == ("PASSED", [], 1)
    assert all("detail" not in session for session in state["sessions"])


@pytest.mark.parametrize(("timeout", "conclusions"), [(900, ["UNKNOWN"]), (10, ["PENDING", "UNKNOWN"])])
def test_a_session_that_stays_away_is_forgotten_after_30_seconds(timeout, conclusions):
    """
    With a short deadline it is pending first; a later update forgets it at once, and the next one runs its check again.

    A session that appears before that, such as the re-run here, is read like any other.
    """
    checkly = world(a="PASSED")
    checkly.appears_after = 1e9
    update = Update(checkly)
    for conclusion in conclusions:
        assert update.run(timeout_seconds=timeout)["conclusion"] == conclusion
        checkly.now = max(checkly.now, 31.0)
    assert update.stored["statuses"] == ["NOT_FOUND"]
    checkly.appears_after = 20.0
    assert update.run()["conclusion"] == "PASSED"
    assert len(checkly.posts) == 1


def test_a_missing_check_makes_the_verdict_bad_and_is_tried_in_the_next_update():
    """A check that got no session is named; when it exists again, the next update runs it and is good."""
    checkly = world(a="PASSED", gone="PASSED")
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
    checkly = world(a=["FAILED", "PASSED"], b=["FAILED", "PASSED"])
    checkly.deaf.add("b")
    state = Update(checkly).run(attempts=5)
    assert (state["conclusion"], state["statuses"]) == ("FAILED", ["FAILED", "FAILED", "PASSED"])
    assert state["failed"][0]["detail"] == "not run again: Checkly started no session for it (deleted or deactivated?)"
    assert [post["target"]["checkId"] for post in checkly.posts] == [["a", "b"]]


@pytest.mark.parametrize("error", [TransportError("Checks may have started"), KeyError("a bug")], ids=["lost", "bug"])
def test_a_re_run_that_fails_is_not_repeated_and_loses_nothing(error):
    """Whatever goes wrong with the POST of a re-run, it is sent once in this update, and all results are kept."""
    checkly = world(a="PASSED", b="FAILED")
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
    checkly = world(a="PASSED", gone="PASSED")
    update = Update(checkly, missing=("gone",))
    checkly.post_errors.append(InvalidResponse("no list. Checks may have started. Sessions in it: r9"))
    [row] = update.run(attempts=2)["failed"]
    assert row["errors"][0].startswith("asked for by id, but it has no session; not run again: no list.")
    assert "r9" in row["errors"][0]


@pytest.mark.parametrize(
    ("checks", "timeout", "reason"),
    [
        ({"a": ("FAILED", 9)}, 10, "no time was left"),
        ({"a": "FAILED", "b": ("PASSED", 1000.0)}, 60, "the deadline passed before the other checks ended"),
    ],
)
def test_no_re_run_is_started_that_could_not_be_read(checks, timeout, reason):
    """With hardly any time left nothing is started; who asked for attempts learns why there was none."""
    checkly = world(**checks)
    state = Update(checkly).run(attempts=3, timeout_seconds=timeout)
    assert (state["conclusion"], checkly.posts) == ("FAILED", [])
    assert state["failed"][0]["detail"] == f"not run again: {reason}"


@pytest.mark.parametrize("known", [True, False], ids=["a session of another check", "an id of another check"])
def test_a_re_run_that_names_another_session_has_started_none(known):
    """A POST that answers with a session that is known already started nothing: the check stays bad, no result gets lost."""
    checkly = world(a=["FAILED", "PASSED"], b=["FAILED", "PASSED"])
    update = Update(checkly)
    start = checkly.start_check
    first_of_b = update.world.sessions["s2"].first

    def answer(check_id):
        started = start(check_id)
        return first_of_b if known else replace(started, id="s2")

    checkly.start_check = answer
    state = update.run(attempts=2)
    assert state["conclusion"] == "FAILED"
    assert {row["checkId"] for row in state["sessions"]} == {"a", "b"}
