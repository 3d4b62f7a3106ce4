"""Sessions: from the API, to the state and back, never better than what Checkly said."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.session_results import ended_test_session, read_check_session, read_test_session
from checkly_dynamic.core.sessions import FINAL_STATUSES, UNFINISHED_STATUSES, Run
from checkly_dynamic.errors import InvalidResponse

FULL = {
    "checkSessionId": "s1",
    "checkSessionLink": "https://checkly.example/s1",
    "checkId": "c1",
    "checkType": "API",
    "status": "PASSED",
    "startedAt": "2026-01-01T00:00:00.000Z",
    "stoppedAt": "2026-01-01T00:00:01.000Z",
    "timeElapsed": 1000,
    "runLocations": ["eu-west-1"],
    "name": "Home",
}
RESULT = {
    "testSessionResultId": "r1",
    "testSessionResultLink": "https://checkly.example/t1/r1",
    "checkId": "c1",
    "checkType": "API",
    "name": "Home",
    "runLocation": "eu-west-1",
    "resultType": "FINAL",
    "status": "PASSED",
}
TEST = {"testSessionId": "t1", "testSessionLink": "https://checkly.example/t1", "name": "smoke", "status": "PASSED"}


def test_a_session_keeps_the_api_s_own_fields():
    """What goes into the state is what the API said, name by name; unknown fields are left out."""
    assert read_check_session({**FULL, "runSource": "TRIGGER_API", "results": []}).to_api() == FULL


def test_a_result_of_a_test_session_keeps_the_api_s_own_fields():
    """Beside the fields of the result: its session, and one location as a list."""
    [run] = ended_test_session({**TEST, "results": [RESULT]})
    expected = {key: value for key, value in RESULT.items() if key not in ("runLocation", "resultType")}
    times = {"startedAt": None, "stoppedAt": None, "timeElapsed": None}
    assert run.to_api() == {**expected, **times, "testSessionId": "t1", "runLocations": ["eu-west-1"]}


@pytest.mark.parametrize("field", ["checkSessionId", "checkId", "status"])
def test_a_session_without_identity_is_refused(field):
    """Without ids and status there is no session, and the error names the field and quotes nothing."""
    for value in (None, "", 7):
        with pytest.raises(InvalidResponse, match=f"^a check session in the answer has no {field}$"):
            read_check_session({**FULL, field: value})


def test_everything_else_may_be_missing_or_malformed():
    """A session is still readable when only its identity is right."""
    odd = {**FULL, "checkSessionLink": 1, "startedAt": [], "timeElapsed": float("inf"), "runLocations": ["eu", 1]}
    session = read_check_session({**odd, "name": None})
    assert (session.link, session.started_at, session.time_elapsed) == ("", None, None)
    assert (session.run_locations, session.name) == (("eu",), "")


def test_what_counts_as_ended():
    """A word that is not known has ended only when the answer itself says so; a word of progress never has."""
    for says in (False, True):
        ended = dict.fromkeys(FINAL_STATUSES, True) | dict.fromkeys(UNFINISHED_STATUSES, False) | {"NEW": says}
        for status, finished in ended.items():
            assert read_check_session({**FULL, "status": status}, finished=says).finished is finished, status


FINE = {"resultType": "FINAL", "hasFailures": False, "hasErrors": False, "isDegraded": False, "isCancelled": False}


@pytest.mark.parametrize(
    ("status", "results", "judged"),
    [
        ("PASSED", [FINE, {**FINE, "hasFailures": True}], "FAILED"),
        ("PASSED", [{**FINE, "aborted": True}], "FAILED"),
        ("PASSED", [{**FINE, "isDegraded": True}], "DEGRADED"),
        ("DEGRADED", [{**FINE, "isCancelled": True}, {**FINE, "hasErrors": True}], "FAILED"),
        ("CANCELLED", [{**FINE, "hasErrors": True, "aborted": True}], "CANCELLED"),
        ("PASSED", [{**FINE, "resultType": "ATTEMPT", "hasFailures": True}, FINE], "PASSED"),
        ("TIMED_OUT", [{**FINE, "aborted": True, "isCancelled": True}], "CANCELLED"),
        ("FAILED", [FINE], "FAILED"),
        ("PASSED", "not a list", "PASSED"),
    ],
)
def test_a_status_that_its_results_contradict_counts_as_the_worse(status, results, judged):
    """A good word over bad results is never good; a v1 timeout that was cancelled has v2's word."""
    session = read_check_session({**FULL, "status": status, "results": results}, finished=True)
    assert session.status == judged
    assert bool(session.detail) is (judged != status and (status, judged) != ("TIMED_OUT", "CANCELLED"))


@pytest.mark.parametrize(
    ("result", "judged"),
    [
        ({"isDegraded": True}, "DEGRADED"),
        ({"aborted": True}, "FAILED"),
        ({"status": "CANCELLED"}, "CANCELLED"),
        ({"status": "CANCELLED", "hasErrors": True}, "FAILED"),
        ({"status": "SOMETHING_NEW", "isDegraded": True}, "SOMETHING_NEW"),
    ],
)
def test_how_a_result_of_a_test_session_is_judged(result, judged):
    """Its flags count before its status."""
    [run] = ended_test_session(
        {**TEST, "status": "FAILED" if judged == "FAILED" else "PASSED", "results": [{**RESULT, **result}]}
    )[:1]
    assert (run.status, run.finished) == (judged, True)


def test_attempts_and_pending_results_of_a_test_session_do_not_count():
    """A failed attempt before a good result is the check's own retry."""
    attempt = {**RESULT, "testSessionResultId": "r0", "resultType": "ATTEMPT", "status": "FAILED"}
    pending = {**RESULT, "testSessionResultId": "r2", "resultType": "PENDING", "status": "RUNNING"}
    assert [run.result_id for run in ended_test_session({**TEST, "results": [attempt, RESULT, pending]})] == ["r1"]
    assert [run.result_id for run in read_test_session({**TEST, "results": [attempt, RESULT, pending]})] == [
        "",
        "r1",
        "r2",
    ]
    assert ended_test_session({**TEST, "status": "RUNNING", "results": [RESULT]}) is None


def test_a_later_answer_never_makes_it_another_session():
    """Another spelling of its id, or another check, changes nothing; one that stands for itself learns its check."""
    first = Run.from_state({**FULL, "status": "STARTED", "attempt": 2.0})
    later = read_check_session({"checkSessionId": "S1", "checkId": "another", "status": "FAILED", "stoppedAt": "later"})
    merged = first.updated(later)
    assert merged.to_api() == {**FULL, "status": "FAILED", "stoppedAt": "later", "timeElapsed": None}
    assert (merged.attempt, merged.finished) == (2, True)
    assert replace(first, check_id="").updated(read_check_session(FULL)).check_id == FULL["checkId"]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_answer_is_a_session_or_an_error_of_ours(value):
    """No field of an answer can make reading it fail in another way."""
    whole = {**TEST, "results": [RESULT]}
    for base, read in ((FULL, read_check_session), (whole, ended_test_session), (whole, read_test_session)):
        for field in (*base, "results"):
            raw = {
                **base,
                "results": [{**RESULT, "hasErrors": value, "resultType": value, "checkId": value}],
                field: value,
            }
            try:
                found = read(raw)
            except InvalidResponse:
                assert field != "name", "a name may be anything"
            else:
                for run in found if isinstance(found, list) else [found] if found else []:
                    json.dumps(run.to_state(), allow_nan=False)


def test_what_was_stored_as_unfinished_is_read_again():
    """A good word in the answer that started a re-run is not yet its result, also after the state was read back."""
    stored = {**read_check_session(FULL).to_state(), "finished": False}
    assert Run.from_state(stored).finished is False
    assert Run.from_state(FULL).finished is True, "a trigger stores no `finished`"
