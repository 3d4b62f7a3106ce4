"""Reads: what may pass is tried again, an answer is believed only when it is right, and credentials go nowhere else."""

from __future__ import annotations

import threading
import time
import tracemalloc

import pytest
from fault_server import answer, chunked, drip, drop, gzipped, head, raw, reset
from wire_data import (
    ACCOUNT,
    CHECK,
    KEY,
    NO_SESSION,
    SESSION,
    STILL_RUNNING,
    TEST_SESSION,
    a_test_session,
    fast,
    leaks,
    result,
    session,
)

from checkly_dynamic.api.rate_limit import RateLimit
from checkly_dynamic.api.retries import Retries
from checkly_dynamic.cli.doctor import examine
from checkly_dynamic.cli.pulumi_stack import PulumiStack
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ApiError, ChecklyError, InvalidResponse, SessionNotFound, TransportError
from checkly_dynamic.matching_checks import find_matching_checks

ONCE = Retries(failures=1)


def completion(client, max_wait=1.0):
    """Ask once for completion."""
    found = client.completion("check", SESSION, max_wait=max_wait)
    return found and found[0]


MAY_PASS = {
    "reset": reset,
    "500": answer(500, {}),
    "503": answer(503, {}, headers={"Retry-After": "9999"}),
    "no last chunk": chunked([b"{"], end=False),
    "not HTTP": raw(b"not HTTP at all\r\n\r\n"),
    "bad gzip": answer(200, body=b"\x00", headers={"Content-Encoding": "gzip"}),
    "huge number": answer(200, body=b'{"timeElapsed": ' + b"9" * 400 + b"}"),
}


@pytest.mark.parametrize("step", MAY_PASS.values(), ids=MAY_PASS.keys())
def test_a_read_recovers(connect, serve, step):
    """Whatever breaks a read four times, the fifth answer counts; after five failures in a row it is given up."""
    server = serve(step, step, step, step, answer(200, session()), step)
    client = connect(server.url, version="v2")
    assert completion(client).status == "PASSED"
    assert {(request.method, request.path) for request in server.requests} == {
        ("GET", f"/v2/check-sessions/{SESSION}/completion?maxWaitSeconds=1")
    }
    assert len(server.requests) == 5
    with pytest.raises(ChecklyError):
        completion(client)
    assert len(server.requests) == 10


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (
            answer(503, {"message": "maintenance"}),
            "503: Checkly, or a proxy in front of it, failed (Checkly says: maintenance)",
        ),
        (
            answer(429, {"message": "slow down"}, headers={"Retry-After": "900"}),
            "429: too many requests, asked to wait 900 s (Checkly says: slow down)",
        ),
        (answer(200, body=b"<html>"), "the answer from {url} is not JSON"),
        (drop, "the connection to {url} broke before the answer was complete"),
    ],
)
def test_what_the_server_said_is_told(connect, serve, step, text):
    """The last answer's status, its wish to wait and its own words are in the error; the server's origin, without a path."""
    server = serve(step)
    with pytest.raises(ChecklyError) as caught:
        completion(connect(f"{server.url}/GatewayW0rdInPath"))
    assert str(caught.value) == text.format(url=server.url)


def test_not_yet_is_no_failure(connect, serve):
    """408 means "still running", however often it comes; so does an answer whose status is one of progress."""
    running = answer(200, session(status="PROGRESS"))
    client = connect(serve(*[answer(408, STILL_RUNNING)] * 20, running, answer(200, session())).url)
    found = [completion(client) for _ in range(22)]
    assert found[:21] == [None] * 21
    assert found[21].status == "PASSED"


def test_a_404_is_a_forgotten_session_only_when_checkly_says_so(connect, serve, raised):
    """A proxy's or a wrong URL's 404 does not make a session forgotten, so a gate does not run the check again."""
    raised(SessionNotFound, lambda: completion(connect(serve(answer(404, NO_SESSION)).url)))
    for step in (answer(404, body=b"<html>nginx</html>"), answer(404, {"message": "no"})):
        error = raised(ApiError, lambda step=step: completion(connect(serve(step).url)))
        assert "whether a proxy answered instead" in str(error)


WRONG = {
    "another session": ("check", session("other")),
    "no status": ("check", {**session(), "status": None}),
    "another test session": ("test", a_test_session("PASSED", result(), testSessionId="other")),
    "a result without status": ("test", a_test_session("PASSED", result(None))),
    "two results with one id": ("test", a_test_session("PASSED", result(), result())),
}


@pytest.mark.parametrize(("kind", "body"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_answer_is_not_believed(connect, serve, raised, kind, body):
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


def test_the_wait_is_a_whole_number_from_1_to_30(connect, serve):
    """Whatever time is left, ``maxWaitSeconds`` is one that the API allows."""
    server = serve(answer(408, STILL_RUNNING))
    for asked in (0.2, 29.9, 900):
        completion(connect(server.url), max_wait=asked)
    assert [request.path.rpartition("=")[2] for request in server.requests] == ["1", "29", "30"]


class TestDeadline:
    """An operation leaves at its deadline whatever a server does, and its threads send nothing more."""

    @pytest.mark.parametrize(
        "step",
        [drip(b"HTTP/1.1 200 OK\r\nX-Never-Ends: " + b"a" * 999), answer(200, [{"id": "x"}] * 100)],
        ids=["drips", "endless-pages"],
    )
    def test_a_list_ends_at_its_deadline(self, serve, monkeypatch, step):
        """Neither a server that sends one byte after the other nor one that always has another page holds a preview."""
        values = {"API_KEY": KEY, "ACCOUNT_ID": ACCOUNT, "API_URL": serve(step).url}
        for name, value in values.items():
            monkeypatch.setenv(f"CHECKLY_{name}", value)
        began = time.monotonic()
        with pytest.raises(ChecklyError):
            find_matching_checks(lambda _: None, {}, clock=fast(60))
        assert time.monotonic() - began < 2

    def test_the_doctor_ends_at_its_deadline(self, serve, tmp_path):
        """A server that sends one byte after the other does not hold the doctor, who says that it did not answer."""
        server = serve(drip(b"HTTP/1.1 200 OK\r\nX-Never-Ends: " + b"a" * 999))
        values = {"API_KEY": "made-up", "ACCOUNT_ID": ACCOUNT, "API_URL": server.url}
        environ = {f"CHECKLY_{name}": value for name, value in values.items()}
        began = time.monotonic()
        *_, finding = examine(PulumiStack("", tmp_path, timeout=10), environ=environ, clock=fast(60))
        assert (finding.ok, finding.text) == (False, "did not answer within 15 seconds")
        assert time.monotonic() - began < 2

    def test_a_closed_client_sends_nothing_more(self, connect, serve, raised):
        """A poll that waits for its turn, or tries again, in an abandoned thread ends with its client."""
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


class TestRateLimit:
    """Deployments that share an account's 600 requests a minute wait for each other; they are never falsely red."""

    def test_a_429_is_waited_out_and_counts_as_no_failure(self, connect, serve):
        """Far more 429 than failures are allowed, and failures between them: the read still ends well."""
        fail, limited = answer(503, {}), answer(429, {}, headers={"Retry-After": "0"})
        server = serve(*[limited] * 20, *[fail] * 4, limited, *[fail] * 4, answer(200, session()))
        assert completion(connect(server.url)).finished
        assert len(server.requests) == 30

    def test_a_used_up_limit_is_told_before_sending(self, connect, serve, raised):
        """When the next turn comes after the deadline nothing is sent, and the error says so."""
        server = serve(answer(200, session()))
        client = connect(server.url, rate_limit=RateLimit(1, 600))
        assert completion(client)
        error = raised(ApiError, lambda: client.get("check", SESSION, deadline=Deadline(5)))
        assert (error.status, error.sent, error.retry_after) == (429, "no", pytest.approx(600, abs=5))
        assert len(server.requests) == 1


BOMBS = {
    "gzip in gzip": gzipped(b" " * 100_000_000, times=2),
    "promises a petabyte": raw(head(200, {"Content-Length": str(10**15)}) + b" " * 5_000_000),
    "redirect": gzipped(b" " * 100_000_000, status=302, headers={"Location": "/"}),
}


class TestHostileAnswers:
    """Answers made to break a reader end as errors, quickly, and without filling the memory."""

    @pytest.mark.parametrize("step", BOMBS.values(), ids=BOMBS.keys())
    def test_a_bomb_is_not_unpacked(self, connect, serve, step):
        """More than 4 MiB, packed or not, is refused after reading little more than that."""
        client = connect(serve(step).url, retries=ONCE)
        tracemalloc.start()
        try:
            with pytest.raises(TransportError, match=r"larger than 4 MiB|redirects"):
                completion(client)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 60_000_000  # the server in this process holds its own answer

    def test_a_depth_bomb_does_not_crash(self, connect, serve, raised):
        """Nesting of any depth ends as one of our errors."""
        content = b'{"x": "\\ud800", "checkSessionId": ' + b"[" * 1_000_000 + b"1" + b"]" * 1_000_000 + b"}"
        raised(InvalidResponse, lambda: completion(connect(serve(answer(200, body=content)).url, retries=ONCE)))

    def test_text_is_made_safe(self, connect, serve):
        """What a terminal would obey, what hides text, and half an emoji get into no field; other scripts stay."""
        name = '"shop \\ud83d \\u001b[31m \\u202e Größe \\u05d0"'.encode()
        content = b'{"checkSessionId": "%s", "checkId": "%s", "status": "PASSED", "name": %s}'
        client = connect(serve(answer(200, body=content % (SESSION.encode(), CHECK.encode(), name))).url)
        assert completion(client).name == "shop � �[31m � Größe \u05d0"

    def test_an_echoed_key_does_not_get_in(self, connect, serve, raised, caplog):
        """A server, or a proxy, that echoes the request's headers brings the key into no field, no message and no log."""
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
