"""What needs no socket to be judged: which words mean that nothing matched, and which answers to a trigger are believed."""

import pytest
from checkly_dynamic.api.transport import Answer

from checkly_dynamic.api.client import Client, _says_no_match
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.errors import InvalidResponse


@pytest.mark.parametrize(
    "message",
    ["No matching checks were found.", "no matching check", "No checks found", "Error: no checks match the given tags"],
)
def test_the_words_that_mean_that_nothing_matched(message):
    """The documented sentence, and what it could become in another release."""
    assert _says_no_match({"statusCode": 404, "error": "Not Found", "message": message})


@pytest.mark.parametrize(
    "message",
    [
        "Not Found",
        "no check-sessions route here",
        "There is no check group with this id",
        "No such check session.",
        "no checksum",
        "",
        None,
        404,
    ],
)
def test_the_words_that_mean_something_else(message):
    """With on_no_match="pass" a misread 404 would be a green gate with no session, so every other one is an error."""
    assert not _says_no_match({"statusCode": 404, "error": "Not Found", "message": message})
    assert not _says_no_match({"message": "No matching checks were found."}), "not in Checkly's own shape"


def client_of(body):
    """Make a client whose trigger is answered with *body*."""

    class Answered:
        def send_once(self, *_, **__):
            return Answer(201, body, is_json=True, retry_after=None, message="")

    environ = {"CHECKLY_API_KEY": "cu_x", "CHECKLY_ACCOUNT_ID": "an-account"}
    return Client(Settings.load(lambda _: None, environ), Answered())


@pytest.mark.parametrize("status", [{}, {"status": ""}, {"status": 7}])
def test_an_entry_without_a_status_still_names_a_session(status):
    """It runs, so a re-run waits for it; a trigger, which stores nothing when it fails, names it."""
    client = client_of({"sessions": [{"checkSessionId": "s1", "checkId": "a", **status}, {"checkId": "b"}]})
    with pytest.raises(InvalidResponse, match=r"has no status.*Sessions in the answer: s1") as caught:
        client.trigger({}, deadline=None)
    assert [(s.id, s.check_id, s.status) for s in caught.value.started] == [("s1", "a", "STARTED")]


def test_an_answer_with_one_session_for_two_checks_is_not_believed():
    """Each check needs a session of its own, or one of them would be green without having run."""
    twice = [{"checkSessionId": "s1", "checkId": check, "status": "STARTED"} for check in ("a", "a", "b")]
    with pytest.raises(InvalidResponse, match=r"one check session stands for two checks.*Checks may have started"):
        client_of({"sessions": twice}).trigger({}, deadline=None)
    assert len(client_of({"sessions": twice[:2]}).trigger({}, deadline=None)) == 1
