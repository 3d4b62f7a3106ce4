"""Check sessions: from the API, to the state and back, never better than what Checkly said."""

import json

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.sessions import FINAL_STATUSES, UNFINISHED_STATUSES, CheckSession
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


def test_a_session_keeps_the_api_s_own_fields():
    """What goes into the state is what the API said, name by name; unknown fields are left out."""
    assert CheckSession.from_api({**FULL, "runSource": "TRIGGER_API", "results": []}).to_api() == FULL


@pytest.mark.parametrize("field", ["checkSessionId", "checkId", "status"])
@pytest.mark.parametrize("value", [None, "", 7, [], {}])
def test_a_session_without_identity_is_refused(field, value):
    """Without ids and status there is no session, and the error names the field and quotes nothing."""
    with pytest.raises(InvalidResponse, match=f"^a check session in the answer has no {field}$"):
        CheckSession.from_api({**FULL, field: value})


@pytest.mark.parametrize("raw", [None, [], "session", 3])
def test_something_else_than_an_object_is_refused(raw):
    """A list or a text in place of a session is an unreadable answer."""
    with pytest.raises(InvalidResponse, match="not an object"):
        CheckSession.from_api(raw)


def test_everything_else_may_be_missing_or_malformed():
    """A session is still readable when only its identity is right."""
    odd = {**FULL, "checkSessionLink": 1, "startedAt": [], "timeElapsed": "long", "runLocations": "eu", "name": None}
    session = CheckSession.from_api(odd)
    assert (session.link, session.started_at, session.time_elapsed) == ("", None, None)
    assert (session.run_locations, session.name) == ((), "")
    assert CheckSession.from_api({**FULL, "runLocations": ["eu", 1]}).run_locations == ("eu",)


@pytest.mark.parametrize("number", [float("inf"), float("nan"), True])
def test_a_number_that_is_none_is_dropped(number):
    """What cannot be stored as a JSON number is not stored."""
    assert CheckSession.from_api({**FULL, "timeElapsed": number}).time_elapsed is None


@pytest.mark.parametrize(
    ("status", "answer_says_ended", "finished"),
    [
        *((status, False, True) for status in sorted(FINAL_STATUSES)),
        *((status, True, True) for status in sorted(FINAL_STATUSES)),
        *((status, True, False) for status in sorted(UNFINISHED_STATUSES)),
        ("SOMETHING_NEW", True, True),
        ("SOMETHING_NEW", False, False),
    ],
)
def test_what_counts_as_ended(status, answer_says_ended, finished):
    """A word that is not known has ended only when the answer itself says so; a word of progress never has."""
    assert CheckSession.from_api({**FULL, "status": status}, finished=answer_says_ended).finished is finished


FINE = {"resultType": "FINAL", "hasFailures": False, "hasErrors": False, "isDegraded": False, "isCancelled": False}


@pytest.mark.parametrize(
    ("status", "results", "judged"),
    [
        ("PASSED", [FINE], "PASSED"),
        ("PASSED", [FINE, {**FINE, "hasFailures": True}], "FAILED"),
        ("PASSED", [{**FINE, "hasErrors": True}], "FAILED"),
        ("PASSED", [{**FINE, "aborted": True}], "FAILED"),
        ("PASSED", [{**FINE, "isDegraded": True}], "DEGRADED"),
        ("PASSED", [{**FINE, "isCancelled": True}], "CANCELLED"),
        ("DEGRADED", [{**FINE, "hasFailures": True}], "FAILED"),
        ("PASSED", [{**FINE, "hasFailures": True}, {**FINE, "isCancelled": True, "aborted": True}], "FAILED"),
        ("DEGRADED", [{**FINE, "isCancelled": True}, {**FINE, "hasErrors": True}], "FAILED"),
        ("TIMED_OUT", [{**FINE, "hasFailures": True}, {**FINE, "isCancelled": True, "aborted": True}], "FAILED"),
        ("CANCELLED", [{**FINE, "hasFailures": True}, {**FINE, "isCancelled": True}], "FAILED"),
        ("CANCELLED", [{**FINE, "hasErrors": True, "aborted": True}], "CANCELLED"),
        ("PASSED", [{**FINE, "resultType": "ATTEMPT", "hasFailures": True}, FINE], "PASSED"),
        ("TIMED_OUT", [{**FINE, "aborted": True}], "TIMED_OUT"),
        ("TIMED_OUT", [{**FINE, "aborted": True, "isCancelled": True}], "CANCELLED"),
        ("FAILED", [FINE], "FAILED"),
        ("PASSED", "not a list", "PASSED"),
        ("PASSED", [None, 3], "PASSED"),
    ],
)
def test_a_status_that_its_results_contradict_counts_as_the_worse(status, results, judged):
    """A good word over bad results is never good; a v1 timeout that was cancelled has v2's word."""
    session = CheckSession.from_api({**FULL, "status": status, "results": results}, finished=True)
    assert session.status == judged
    assert bool(session.detail) is (judged != status and (status, judged) != ("TIMED_OUT", "CANCELLED"))


def test_a_later_answer_never_makes_it_another_session():
    """Another spelling of its id, or another check, changes nothing; one that stands for itself learns its check."""
    first = CheckSession.from_state({**FULL, "status": "STARTED"})
    merged = first.refreshed(CheckSession.from_api({**FULL, "checkSessionId": "S1", "checkId": "another"}))
    assert (merged.id, merged.check_id) == (first.id, first.check_id)
    alone = first._replace(check_id=first.id)
    assert alone.refreshed(CheckSession.from_api(FULL)).check_id == FULL["checkId"]


def test_a_later_answer_keeps_what_only_the_first_one_told():
    """Name, link, type, locations and attempt survive an answer that leaves them out; status and times are the new ones."""
    first = CheckSession.from_state({**FULL, "status": "STARTED", "attempt": 2.0})
    later = CheckSession.from_api({"checkSessionId": "s1", "checkId": "c1", "status": "FAILED", "stoppedAt": "later"})
    merged = first.refreshed(later)
    assert merged.to_api() == {**FULL, "status": "FAILED", "stoppedAt": "later", "timeElapsed": None}
    assert (merged.attempt, merged.finished) == (2, True)


def test_a_forgotten_session_has_ended_and_says_why():
    """A 404 is our own word, kept in the state with the reason."""
    state = CheckSession.from_state(FULL).forgotten().to_state()
    assert (state["status"], state["finished"]) == ("NOT_FOUND", True)
    assert "does not know this session" in state["detail"]


sessions = st.builds(
    CheckSession,
    id=st.text(min_size=1),
    link=st.text(),
    check_id=st.text(min_size=1),
    check_type=st.text(),
    name=st.text(),
    status=st.sampled_from([*FINAL_STATUSES, *UNFINISHED_STATUSES, "NEW"]),
    started_at=st.none() | st.text(min_size=1),
    stopped_at=st.none() | st.text(min_size=1),
    time_elapsed=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    run_locations=st.lists(st.text()).map(tuple),
    attempt=st.integers(1, 99),
    detail=st.text(),
)


@given(sessions, st.booleans())
def test_the_state_gives_back_what_was_put_in(session, ended):
    """A session survives the way through Pulumi's state, where None is dropped and numbers are floats."""
    session = session._replace(finished=session.status in FINAL_STATUSES or ended)
    stored = json.loads(json.dumps({key: value for key, value in session.to_state().items() if value is not None}))
    stored["attempt"] = float(stored["attempt"])
    assert CheckSession.from_state(stored) == session


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_any_answer_is_a_session_or_an_error_of_ours(value):
    """No field of an answer can make reading it fail in another way."""
    for field in FULL:
        raw = {**FULL, field: value, "results": [value, {"hasErrors": value, "resultType": value}]}
        try:
            session = CheckSession.from_api(raw, finished=True)
        except InvalidResponse:
            assert field in ("checkSessionId", "checkId", "status")
        else:
            json.dumps(session.to_state(), allow_nan=False)


def test_what_was_stored_as_unfinished_is_read_again():
    """A good word in the answer that started a re-run is not yet its result, also after the state was read back."""
    stored = {**CheckSession.from_api(FULL).to_state(), "finished": False}
    assert CheckSession.from_state(stored).finished is False
    assert CheckSession.from_state(FULL).finished is True, "a trigger stores no `finished`"
