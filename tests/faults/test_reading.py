"""Reads: only correct answers are accepted, deployments share a rate limit, and hostile answers do no harm."""

import gzip
import threading
import tracemalloc

import pytest
from fault_server import answer, drop, head, raw
from operating import (
    CHECK,
    NO_SESSION,
    SESSION,
    STILL_RUNNING,
    TEST_SESSION,
    a_test_session,
    leaks,
    raised,
    result,
    session,
)

from checkly_dynamic.api.rate_limit import RateLimit
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ApiError, ChecklyError, InvalidResponse, SessionNotFound, TransportError


def completion(client, max_wait=1.0):
    """Ask once for completion."""
    found = client.completion("check", SESSION, max_wait=max_wait)
    return found and found[0]


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (answer(503, {"message": "maintenance"}), "failed (Checkly says: maintenance)"),
        (answer(429, {}, headers={"Retry-After": "900"}), "429: too many requests, asked to wait 900 s"),
        (answer(200, body=b"<html>"), "the answer from {url} is not JSON"),
        (drop, "the connection to {url} broke before the answer was complete"),
    ],
)
def test_what_the_server_said_is_told(connect, serve, step, text):
    """The error has the last answer's status, pause and message, and the server's origin without a path."""
    server = serve(step)
    error = raised(ChecklyError, lambda: completion(connect(f"{server.url}/GatewayW0rdInPath")))
    assert text.format(url=server.url) in str(error)
    assert "Gateway" not in str(error)


def test_not_yet_is_no_failure(connect, serve):
    """408 means "still running", however often it comes; so does an answer whose status is one of progress."""
    running = answer(200, session(status="PROGRESS"))
    server = serve(*[answer(408, STILL_RUNNING)] * 20, running, answer(200, session()))
    client = connect(server.url)
    found = [completion(client, max_wait) for max_wait in (0.2, 29.9, 900, *[1.0] * 19)]
    assert found[:21] == [None] * 21
    assert found[21].status == "PASSED"
    asked = [request.path.rpartition("=")[2] for request in server.requests]
    assert asked[:3] == ["1", "29", "30"], "whatever time is left, maxWaitSeconds is one that the API allows"


def test_a_404_is_a_forgotten_session_only_when_checkly_says_so(connect, serve):
    """A proxy's or a wrong URL's 404 does not make a session forgotten, so a gate does not run the check again."""
    raised(SessionNotFound, lambda: completion(connect(serve(answer(404, NO_SESSION)).url)))
    for step in (answer(404, body=b"<html>nginx</html>"), answer(404, {"message": "no"})):
        client = connect(serve(step).url)
        with pytest.raises(ApiError, match="whether a proxy answered instead") as caught:
            completion(client)
        assert type(caught.value) is ApiError


WRONG = {
    "another session": ("check", session("other")),
    "no status": ("check", {**session(), "status": None}),
    "another test session": ("test", a_test_session("PASSED", result(), testSessionId="other")),
    "a result without status": ("test", a_test_session("PASSED", result(None))),
    "two results with one id": ("test", a_test_session("PASSED", result(), result())),
}


@pytest.mark.parametrize(("kind", "body"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_answer_is_not_believed(connect, serve, kind, body):
    """Another session's answer, or one of another shape, is an error and never a status."""
    client = connect(serve(answer(200, body)).url)
    session_id = {"check": SESSION, "test": TEST_SESSION}[kind]
    raised(InvalidResponse, lambda: client.completion(kind, session_id, max_wait=1))
    if body != WRONG["two results with one id"][1]:  # harmless while it runs: completion refuses it
        raised(InvalidResponse, lambda: client.get(kind, session_id, deadline=Deadline(5)))


def test_ids_are_compared_without_case_and_stay_in_the_path(connect, serve):
    """Ids are UUIDs, so case does not matter; an id with slashes, questions and percents cannot reach another route."""
    assert completion(connect(serve(answer(200, session(SESSION.upper()))).url)).finished
    strange = "../../v1/checks?x=%2e"
    server = serve(answer(200, session(strange)))
    connect(server.url).get("check", strange, deadline=Deadline(5))
    assert server.requests[0].path == "/v1/check-sessions/..%2F..%2Fv1%2Fchecks%3Fx%3D%252e"


def test_a_closed_client_sends_nothing_more(connect, serve):
    """A poll that waits for its turn or a retry in an abandoned thread ends with its client."""
    server = serve(answer(200, session()))
    client = connect(server.url, rate_limit=RateLimit(1, 60))
    assert completion(client)
    told = []
    thread = threading.Thread(target=lambda: told.append(raised(TransportError, lambda: completion(client, 100))))
    thread.start()
    client.__exit__()
    thread.join(10)
    assert [(str(error), error.sent) for error in told] == [("the client was closed", "no")]
    assert len(server.requests) == 1


def test_a_used_up_limit_is_told_before_sending(connect, serve):
    """If the next turn is after the deadline, nothing is sent, and the error says so."""
    server = serve(answer(200, session()))
    client = connect(server.url, rate_limit=RateLimit(1, 600))
    assert completion(client)
    error = raised(ApiError, lambda: client.get("check", SESSION, deadline=Deadline(5)))
    assert (error.status, error.sent, error.retry_after) == (429, "no", pytest.approx(600, abs=5))
    assert len(server.requests) == 1


def test_a_bomb_is_not_unpacked(connect, serve):
    """More than 4 MiB, compressed or not, is refused after reading little more than that."""
    twice = gzip.compress(gzip.compress(b" " * 100_000_000))
    packed = answer(200, body=twice, headers={"Content-Encoding": "gzip, gzip"})
    endless = raw(head(200, {"Content-Length": str(10**15)}) + b" " * 5_000_000)
    tracemalloc.start()
    try:
        for step in (packed, endless):
            with pytest.raises(TransportError, match="larger than 4 MiB"):
                completion(connect(serve(step).url))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 60_000_000  # includes the answer, which the server in this process holds


def test_text_is_made_safe(connect, serve):
    """Control characters, characters that hide text, and half an emoji are in no field; other scripts stay."""
    name = '"shop \\ud83d \\u001b[31m \\u202e Größe \\u05d0"'.encode()
    content = b'{"checkSessionId": "%s", "checkId": "%s", "status": "PASSED", "name": %s}'
    client = connect(serve(answer(200, body=content % (SESSION.encode(), CHECK.encode(), name))).url)
    assert completion(client).name == "shop � �[31m � Größe \u05d0"


def test_an_echoed_key_does_not_get_in(connect, serve, caplog):
    """If a server or proxy echoes the request's headers, the key is in no field, no message and no log."""
    caplog.set_level("DEBUG")
    server = serve(
        lambda exchange: answer(200, session(name=exchange.request.headers["authorization"]))(exchange),
        lambda exchange: answer(400, {"message": str(exchange.request.headers)})(exchange),
        answer(400, {"message": "\x1b[31mred\x07\nsecond line\u202e" + "x" * 10_000}),
    )
    client = connect(server.url)
    assert completion(client).name == "Bearer ***"
    raised(ApiError, lambda: completion(client))
    error = raised(ApiError, lambda: completion(client))
    assert len(str(error)) < 400
    assert not set(str(error)) & {"\x1b", "\x07", "\n", "\u202e"}
    assert leaks(caplog.text) == []
