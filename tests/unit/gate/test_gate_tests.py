"""A gate over test sessions: each result is one check, and nothing that a session leaves open is good."""

import pytest
from updates import Update, suite
from world import FORGOTTEN, World

from checkly_dynamic.core.reruns import resolve_results
from checkly_dynamic.core.session_results import ended_test_session
from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.verdict import current

URL = [{"key": "ENVIRONMENT_URL", "value": "https://smoke.example"}]


def gate_over(*, asked=(), announced=(), **checks):
    """Make a world, and a gate over a test session of these checks."""
    return Update(World(suites={"smoke": suite(**checks)}), asked=asked, announced=announced)


def test_only_the_bad_checks_run_again_with_the_request_of_the_trigger():
    """In this and the next update, the request has the same options and variables, and only the bad ids."""
    update = gate_over(a="PASSED", b=["FAILED", "FAILED", "PASSED"], c=["CANCELLED", "PASSED"])
    update.rerun[0]["allowDeactivated"] = True
    assert update.run(attempts=2)["counts"] == {"PASSED": 2, "FAILED": 1, "flaky": 1}
    state = update.run()
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 3})
    common = {"name": "smoke", "runLocation": "eu-central-1", "environmentVariables": URL, "refreshCache": False}
    assert update.world.posts == [
        {**common, "target": {"checkId": ids, "allowDeactivated": True}} for ids in (["b", "c"], ["b"])
    ]
    assert {row["rerunOf"] for row in state["sessions"] if row["attempt"] > 1} == {"t1"}
    statuses = [status for name, _, status in update.statuses() if name == "B"]
    assert statuses == ["FAILED", "FAILED", "PASSED"]


def test_results_without_check_ids_are_known_by_name_and_the_whole_target_runs_again():
    """Checkly may leave the check id out: then names tell attempts apart, and everything that ran again counts."""
    update = gate_over(named=False, a=["PASSED", "FAILED", "PASSED"], b=["FAILED", "PASSED"])
    state = update.run(attempts=2)
    assert update.statuses() == [("A", 1, "PASSED"), ("B", 1, "FAILED"), ("B", 2, "PASSED"), ("A", 2, "FAILED")]
    assert (state["conclusion"], len(update.world.posts)) == ("FAILED", 1), "both checks have used their two attempts"
    assert update.run()["counts"] == {"PASSED": 2}
    assert [post["target"] for post in update.world.posts] == [{"matchTags": [["smoke"]]}] * 2


def test_a_result_without_a_check_id_is_replaced_by_one_of_the_same_name_with_an_id():
    """Otherwise the first attempt would stay bad in every later update."""
    update = gate_over(named=False, a=["FAILED", "PASSED"], b="PASSED")
    update.run()
    update.world.suites["smoke"].named = True
    assert update.run()["conclusion"] == "PASSED"


@pytest.mark.parametrize(
    ("says", "ends", "conclusion", "status"),
    [
        ("FAILED", "PASSED", "FAILED", "FAILED"),
        ("SOMETHING_NEW", "PASSED", "FAILED", "SOMETHING_NEW"),
        ("PASSED", None, "FAILED", "NO_RESULTS"),
        ("PASSED", FORGOTTEN, "UNKNOWN", "NOT_FOUND"),
    ],
)
def test_a_session_that_is_bad_as_a_whole_runs_again_as_a_whole(says, ends, conclusion, status):
    """Bad although all results are good, without results, or forgotten: never good, and good once it has run again well."""
    update = gate_over(a=[ends, "PASSED"], b=[ends, "PASSED"], says=[says])
    update.world.now = 100.0  # long after the trigger
    state = update.run()
    assert (state["conclusion"], state["failed"][0]["status"]) == (conclusion, status)
    state = update.run()
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 2})
    assert [post["target"] for post in update.world.posts] == [{"matchTags": [["smoke"]]}]


def test_a_re_run_without_a_result_for_a_check_is_never_good():
    """The re-run says PASSED, but not for the check that was to run again; nor when it has no results at all."""
    update = gate_over(a=["FAILED", None, "PASSED"], b=["FAILED", "PASSED"])
    state = update.run(attempts=2)
    assert state["conclusion"] == "FAILED"
    [row] = state["failed"]
    assert (row["name"], row["status"], row["attempt"]) == ("A", "NO_RESULTS", 2)
    assert "has no result for it" in row["detail"]
    assert update.run()["conclusion"] == "PASSED"
    assert update.world.posts[-1]["target"] == {"checkId": ["a"]}
    update = gate_over(a=["FAILED", None], b="PASSED")
    assert update.run(attempts=2)["counts"] == {"NO_RESULTS": 1, "PASSED": 1}


def test_checks_that_were_asked_for_by_id_and_have_no_result_are_missing():
    """A deleted check has no row: it is named when the rows are known, and the next update runs it alone."""
    update = gate_over(a="PASSED", gone=[None, "PASSED"], asked=("a", "GONE"))
    state = update.run()
    assert (state["conclusion"], state["counts"]) == ("FAILED", {"PASSED": 1, "missing": 1})
    assert (state["failed"][0]["name"], state["failed"][0]["status"]) == ("check gone", "NO_SESSION")
    assert update.run()["conclusion"] == "PASSED"
    assert update.world.posts[0]["target"] == {"checkId": ["gone"]}


@pytest.mark.parametrize(("asked", "conclusion"), [(("x",), "PASSED"), (("x", "y"), "FAILED")])
def test_a_result_without_a_check_id_stands_for_one_check_at_most(asked, conclusion):
    """Of two checks that were asked for by id, one result without an id proves one."""
    update = gate_over(named=False, a="PASSED", asked=asked)
    assert update.run()["conclusion"] == conclusion


@pytest.mark.parametrize(
    ("non_blocking", "says", "ends", "conclusion"),
    [
        ("a", "FAILED", "FAILED", "PASSED"),
        *(("a", says, "FAILED", "FAILED") for says in ("CANCELLED", "TIMED_OUT", "QUEUED")),
        *(("a", says, says, "FAILED") for says in ("CANCELLED", "TIMED_OUT")),
        ("smoke", "FAILED", "PASSED", "FAILED"),
        ("smoke", "PASSED", ("PASSED", 90), "PENDING"),
    ],
)
def test_a_non_blocking_failure_hides_nothing_else_that_the_session_says(non_blocking, says, ends, conclusion):
    """
    FAILED is explained by the check that does not block; a session that was cut off may have dropped other checks.

    A session with the name of a non-blocking check still stands for all its checks.
    """
    update = gate_over(says=[says], a=ends, b="PASSED")
    assert update.run(non_blocking=[non_blocking], timeout_seconds=60)["conclusion"] == conclusion


def test_a_cancelled_session_that_dropped_no_check_is_judged_by_its_results():
    """If each check that was asked for has a result, also in a re-run, only the cancelled check runs again."""
    update = gate_over(
        says=["CANCELLED", "CANCELLED", "PASSED"], a="PASSED", b=["CANCELLED", "CANCELLED", "PASSED"], asked=("a", "b")
    )
    state = update.run(attempts=2, fail_fast=True)
    assert (state["reason"], state["counts"]) == (
        "1 of 2 checks did not pass (1 CANCELLED)",
        {"PASSED": 1, "CANCELLED": 1},
    )
    assert update.run()["counts"] == {"PASSED": 2}
    assert [post["target"] for post in update.world.posts] == [{"checkId": ["b"]}] * 2


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("gone", [{"checkId": "gone"}, {"checkId": "gone", "name": "Gone"}, {"name": "Gone"}])
def test_a_check_that_checkly_named_at_the_start_must_have_a_result(gone, named):
    """By id or, where it has none, by name; the results of the others do not stand for it."""
    update = gate_over(
        a="PASSED", b="PASSED", named=named, announced=({"checkId": "a", "name": "A"}, {"name": "B"}, gone)
    )
    state = update.run()
    assert (state["conclusion"], state["counts"]) == ("FAILED", {"PASSED": 2, "missing": 1})
    assert [row["name"] for row in state["failed"]] == [gone.get("name", "check gone")]


def test_the_checks_named_at_the_start_may_not_be_all_that_a_cancelled_session_dropped():
    """With tags, others may match that had not been named. So the whole target runs again."""
    a, b = {"checkId": "a", "name": "A"}, {"checkId": "b", "name": "B"}
    update = gate_over(says=["CANCELLED", "PASSED"], a=["CANCELLED", "PASSED"], b="PASSED", announced=(a, b))
    assert update.run(attempts=2)["conclusion"] == "PASSED"
    assert [post["target"] for post in update.world.posts] == [{"matchTags": [["smoke"]]}]


def test_the_next_update_has_all_attempts_for_a_whole_session():
    """The attempts of an earlier update count neither as used ones nor as flaky, and fail-fast waits for the re-run."""
    update = gate_over(says=["CANCELLED", "PASSED", "PASSED"], a=["FAILED", "FAILED", ("PASSED", 9)], b="PASSED")
    assert update.run()["conclusion"] == "FAILED"
    assert update.run(attempts=2, fail_fast=True)["counts"] == {"PASSED": 2, "flaky": 1}
    update = gate_over(says=["CANCELLED", "PASSED"], a=["FAILED", ("PASSED", 9)], b="PASSED")
    update.run()
    assert update.run(fail_fast=True)["counts"] == {"PASSED": 2}


def test_a_cancelled_session_runs_again_as_a_whole_even_where_that_is_allowed():
    """Otherwise the re-run of one check would stand for the checks that the cancelled session has dropped."""
    update = gate_over(says=["CANCELLED", "PASSED"], a=["DEGRADED", "PASSED"], b="PASSED")
    assert update.run(fail_on=["FAILED", "DEGRADED"], attempts=2)["conclusion"] == "PASSED"
    assert [post["target"] for post in update.world.posts] == [{"matchTags": [["smoke"]]}]


def test_no_check_is_started_while_its_whole_session_runs_again():
    """The re-run of a cancelled session outlives the deadline: the next update waits for it, although a check of it is bad."""
    update = gate_over(says=["CANCELLED", "PASSED"], a=["FAILED", ("PASSED", 90)], b="PASSED")
    assert update.run(attempts=2, timeout_seconds=30)["conclusion"] == "FAILED"
    assert update.run()["conclusion"] == "PASSED"
    assert [post["target"] for post in update.world.posts] == [{"matchTags": [["smoke"]]}]


def test_what_a_re_run_adds_is_not_older_than_other_attempts():
    """
    A re-run of b (attempt 2) beside one of a (attempt 3): all results of b count, and so does what the session itself says.

    Otherwise a good result of a higher attempt, or an earlier verdict on the session, would hide a failure.
    """
    common = {"kind": "test", "rerun_of": "t1", "finished": True}
    waiting = [Run(id="t3", status="RUNNING", check_id=name, attempt=n, **common) for name, n in (("a", 3), ("b", 2))]
    rows = [
        Run(id="t3", status=status, check_id=name, result_id=result, **common)
        for name, status, result in (("a", "PASSED", "1"), ("b", "FAILED", "2"), ("b", "PASSED", "3"))
    ]
    whole = Run(id="t3", status="CANCELLED", whole=True, **common)
    resolved = resolve_results(waiting, [*rows, whole], latest=4, asked=())
    assert [run.attempt for run in resolved] == [3, 2, 2, 4]
    assert [run.whole for run in current(resolved) if run.status in ("FAILED", "CANCELLED")] == [False, True]


@pytest.mark.parametrize(
    ("ended", "pending", "statuses"),
    [
        ({"name": "A"}, {"name": "B", "checkId": "b"}, ["PASSED", "NO_RESULTS"]),
        ({"name": "A"}, {"name": "B"}, ["PASSED", "NO_RESULTS"]),
        ({"name": "A", "checkId": "a"}, {"name": "A", "checkId": "b"}, ["PASSED", "NO_RESULTS"]),
        ({"name": "A"}, {"name": "A", "checkId": "a"}, ["PASSED"]),
    ],
)
def test_a_final_result_vouches_for_its_own_check_only(ended, pending, statuses):
    """A check with only a pending result is never good, also beside a final result without a check id: names tell then."""
    rows = [
        {"testSessionResultId": "1", "status": "PASSED", "resultType": "FINAL", **ended},
        {"testSessionResultId": "2", "status": "RUNNING", "resultType": "PENDING", **pending},
    ]
    runs = ended_test_session({"testSessionId": "t1", "status": "PASSED", "results": rows})
    assert [run.status for run in runs or []] == statuses
