"""What needs no socket to be judged: which answers are believed, and how they are read and shown."""

from __future__ import annotations

import io
import time

import pytest
import requests
from hypothesis import given, strategies as st
from urllib3 import HTTPResponse

from checkly_dynamic.api.answers import Answer, read_answer
from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sending import Sending
from checkly_dynamic.errors import ApiError, InvalidResponse, NoMatchingChecks, SessionNotFound, TransportError

KEY = "cu_0123456789abcdef"


def client_of(body, status=201, *, message=""):
    """Make a client whose requests are answered with a body."""
    answer = Answer(status=status, body=body, is_json=True, retry_after=None, message=message)
    http = type("Answered", (), {"post_once": lambda *_, **__: answer, "get": lambda *_, **__: answer})()
    environ = {"CHECKLY_API_KEY": KEY, "CHECKLY_ACCOUNT_ID": "an-account"}
    return Client(Settings.load(lambda _: None, environ), http)


def start(body, status=201, kind="check"):
    """Trigger, and answer with a body."""
    return client_of(body, status).start(kind, {}, deadline=Deadline(9), sending=Sending(lambda: None))


def not_found(message):
    """Make Checkly's own 404."""
    return {"statusCode": 404, "error": "Not Found", "message": message}


@pytest.mark.parametrize(
    "message", ["No matching checks were found.", "no matching check", "Error: no checks match the tags"]
)
@pytest.mark.parametrize("kind", ["check", "test"])
def test_the_documented_sentence_means_that_nothing_matched(message, kind):
    """And what it could become in another release."""
    with pytest.raises(NoMatchingChecks):
        start(not_found(message), 404, kind)


@pytest.mark.parametrize(
    "body",
    [
        *(
            not_found(message)
            for message in ("Not Found", "There is no check group with this id", "no checksum", "", None)
        ),
        {"message": "No matching checks were found."},
        None,
    ],
)
def test_any_other_404_is_an_error(body):
    """With on_no_match="pass" a misread 404 would be a good gate without a session."""
    with pytest.raises(ApiError, match="404: unexpected answer") as caught:
        start(body, 404)
    assert not isinstance(caught.value, NoMatchingChecks)
    assert not caught.value.may_have_started


ONE = {"checkSessionId": "s1", "checkId": "a", "status": "STARTED"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"sessions": [ONE, {"checkSessionId": "s2", "checkId": "b"}]}, "has no status.*Sessions in it: s1, s2"),
        ({"sessions": [ONE, {**ONE, "checkId": "b"}]}, "Checkly returned the same session id for two checks"),
        ({"sessions": {}}, "no list of sessions"),
        ([], "no list of sessions"),
    ],
)
def test_an_answer_that_is_not_the_documented_one_is_not_believed(body, words):
    """All ids in it are named, because nobody else will ever tell them; checks may have started."""
    with pytest.raises(InvalidResponse, match=words) as caught:
        start(body)
    assert caught.value.may_have_started
    assert "Checks may have started" in str(caught.value)


def test_a_session_that_is_listed_twice_counts_once():
    """As long as it is the same check."""
    assert len(start({"sessions": [ONE, ONE]})) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 408, 418, 500, 503])
def test_what_an_error_status_of_a_trigger_means(status):
    """A documented refusal has started nothing; of everything else nobody knows."""
    with pytest.raises(ApiError) as caught:
        start(None, status)
    assert (caught.value.status, caught.value.may_have_started) == (status, status not in (400, 401, 402, 403))


TEST = {"testSessionId": "t2", "status": "PASSED", "results": []}


@pytest.mark.parametrize(("kind", "body"), [("check", {**ONE, "status": "PASSED"}), ("test", TEST)])
def test_another_session_than_the_one_asked_for_is_refused(kind, body):
    """In a completion and in a refresh; the case of an id does not matter."""
    for read in (
        lambda client, id_: client.completion(kind, id_, max_wait=30),
        lambda client, id_: client.get(kind, id_, deadline=Deadline(9)),
    ):
        with pytest.raises(InvalidResponse, match="a different session from the one requested"):
            read(client_of(body, 200), "x1")
        assert read(client_of(body, 200), "S1" if kind == "check" else "T2")


def test_a_completion_that_has_not_ended():
    """408, or an answer that says that the session still runs, is "not yet"."""
    for status, body in ((408, None), (200, {**ONE, "status": "PROGRESS"}), (200, ONE)):
        assert client_of(body, status).completion("check", "s1", max_wait=30) is None
    assert client_of({**TEST, "status": "RUNNING"}, 200).completion("test", "t2", max_wait=30) is None


def test_only_checkly_s_own_404_means_that_a_session_is_forgotten():
    """A proxy's 404 says nothing about the session."""
    with pytest.raises(SessionNotFound):
        client_of(not_found("No such session"), 404).completion("check", "s1", max_wait=1)
    with pytest.raises(ApiError, match="whether a proxy answered instead") as caught:
        client_of(None, 404).completion("check", "s1", max_wait=1)
    assert not isinstance(caught.value, SessionNotFound)


def read(content=b"{}", *, status=200, secrets=(KEY,), max_bytes=10_000, **headers):
    """Read an answer with these bytes and headers."""
    response = requests.Response()
    response.status_code = status
    response.raw = HTTPResponse(io.BytesIO(content), preload_content=False)
    response.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return read_answer(response, secrets=secrets, max_bytes=max_bytes)


DATE = "Mon, 23 Nov 2026 08:00:00 GMT"


@pytest.fixture(params=["UTC", "Asia/Tokyo"])
def zone(request, monkeypatch):
    """Put the machine into a time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        *(("0", 0), (" 7 ", 7), ("1.5", 1.5), ("86400", 86_400)),
        *(
            ("Mon, 23 Nov 2026 08:00:30 GMT", 30),
            ("Monday, 23-Nov-26 08:00:30 GMT", 30),
            ("Mon Nov 23 08:00:30 2026", 30),
        ),
        *(("Mon, 23 Nov 2026 09:00:30 +0100", 30), ("Mon, 23 Nov 2026 07:59:00 GMT", 0)),
        *((word, None) for word in ("", "-1", "1e3", "1_0", "nan", "inf", "9" * 400, "1, 2", "soon", "٣")),
        *((word, None) for word in ("Mon, 99 Nov 2026 08:00:30 GMT", "Mon, 23 Nov 99999999999 08:00:30 GMT")),
    ],
)
def test_retry_after(zone, value, seconds):
    """Seconds and the three forms of an HTTP date, compared with the answer's own date; anything else is as if absent."""
    assert read(Retry_After=value, Date=DATE).retry_after == seconds
    assert read(Date=DATE).retry_after is None


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])), st.text(st.characters(codec="latin-1")))
def test_any_header_is_read_without_harm(value, date):
    """Whatever a server sends there, a pause is a number that is not negative, or none."""
    seconds = read(Retry_After=value, Date=date).retry_after
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"NaN", b"[Infinity]", b"1e999", b"[-1e999]", b"\xff", b"<html>", b"{'a': 1}"),
        *(b"[" * 5_000, b"1" * 5_000, b"[1" + b"0" * 400 + b"]"),
    ],
    ids=lambda content: content[:10].decode("latin-1"),
)
def test_what_is_not_json(content):
    """Words that JSON does not have, endless nesting, and numbers that no float holds are refused like other garbage."""
    assert (read(content).body, read(content).is_json) == (None, False)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"null", None),
        (b"1" * 300, int("1" * 300)),
        (b'["\\ud83c\\udf55", "\\ud83c"]', ["\U0001f355", "\N{REPLACEMENT CHARACTER}"]),
        (
            b'{"a\\u001b": ["\\u0000\\u202e\\n\\t"]}',
            {"a\N{REPLACEMENT CHARACTER}": ["\N{REPLACEMENT CHARACTER}" * 2 + "\n\t"]},
        ),
        (f'{{"{KEY}": ["is {KEY}!"], "id": "8166fa86"}}'.encode(), {"***": ["is ***!"], "id": "8166fa86"}),
        (b'{"name": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"}', {"name": "\N{REPLACEMENT CHARACTER}"}),
    ],
    ids=["null", "number", "surrogate", "controls", "secret", "a marker of Pulumi"],
)
def test_what_json_becomes(content, value):
    """Values stay as they are, but for secrets and for characters that a terminal obeys, in keys too."""
    assert (read(content).body, read(content).is_json) == (value, True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"message": "a", "error": "b"}', "a"),
        (b'{"message": ["a"], "error": "b"}', "b"),
        (b'{"message": null}', ""),
        (b'["text"]', ""),
        (f'{{"message": "key {KEY[2:12]} is wrong"}}'.encode(), "key *** is wrong"),
    ],
)
def test_what_an_error_says(content, message):
    """Checkly's own message, or the name of the error, without any part of the key."""
    assert read(content, status=400).message == message


def test_redirects_and_large_answers_are_refused():
    """A redirect could send the key elsewhere; an answer has a limit."""
    with pytest.raises(TransportError, match="the server sent a redirect") as caught:
        read(status=302, Location="https://evil.example")
    assert not caught.value.retry
    with pytest.raises(InvalidResponse, match="larger than"):
        read(b"[" + b" " * 200_000 + b"]", max_bytes=100_000)
