"""What can happen to the one POST that costs money and wakes people (cases 11 to 19)."""

from __future__ import annotations

import email.utils
import gzip
import json
import logging
import threading
import time

import pytest
from canary import leaks
from checkly_dynamic.api.transport import Retries
from fault_server import (
    answer,
    chunked,
    closed_port,
    drip,
    drop,
    gzipped,
    hang,
    head,
    raw,
    redirect,
    reset,
    truncate,
    whole,
)
from wire_data import BODY, NO_MATCH, NO_ROUTE, SESSION, session, started

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import (
    BadRequest,
    ConnectFailed,
    ConnectionLost,
    EngineGone,
    Forbidden,
    InvalidResponse,
    NoMatchingChecks,
    PaymentRequired,
    RateLimited,
    ReadTimeout,
    ServerError,
    Unauthorized,
    UnexpectedRedirect,
    UnexpectedStatus,
)

HINT = "Checks may have started, so the request was not sent again. Look at"
UNREADABLE_JSON = b'{"sessions": [{"checkSessionId": NaN}]}'


def trigger(client, seconds=10.0, **arguments):
    """Trigger under a deadline."""
    return client.trigger(BODY, deadline=Deadline(seconds), **arguments)


class TestNotSent:
    """Case 11: no connection, so trying again is safe and the error says that nothing was sent."""

    def test_refused(self, connect, raised):
        """A refused connection is tried five times, then named; nothing was sent."""
        error = raised(ConnectFailed, lambda: trigger(connect(f"http://127.0.0.1:{closed_port()}")))
        assert error.sent == "no"
        assert "refused the connection" in str(error)
        assert HINT not in str(error)

    def test_unknown_host(self, connect, raised):
        """An unknown host name is named as the reason; nothing was sent."""
        error = raised(ConnectFailed, lambda: trigger(connect("https://checkly.invalid")))
        assert error.sent == "no"
        assert "the host name is not known" in str(error)

    def test_tries_again_until_the_server_is_there(self, connect, serve, monkeypatch):
        """When a later try reaches the server, exactly one POST arrives and the trigger succeeds."""
        server = serve(answer(201, started()))
        client = connect(server.url)
        refusals = []
        real = type(client._transport)._exchange

        def refused_twice(transport, *args, **kwargs):
            if len(refusals) < 2:
                refusals.append(1)
                monkeypatch.setattr(transport, "_url", f"http://127.0.0.1:{closed_port()}")
            else:
                monkeypatch.setattr(transport, "_url", server.url)
            return real(transport, *args, **kwargs)

        monkeypatch.setattr(type(client._transport), "_exchange", refused_twice)
        assert [s.id for s in trigger(client)] == [SESSION]
        assert len(refusals) == 2
        assert len(server.requests) == 1

    def test_the_deadline_ends_the_tries(self, connect, raised):
        """However often it may try, it stops when the deadline does not allow another pause."""
        client = connect(f"http://127.0.0.1:{closed_port()}", retries=Retries(failures=1000, first_wait=0.2))
        began = time.monotonic()
        raised(ConnectFailed, lambda: trigger(client, 3.0))
        assert time.monotonic() - began < 4.0

    def test_nothing_is_started_without_time_for_the_answer(self, connect, serve, raised):
        """With a second left nothing is sent, because the ids would be lost."""
        server = serve(answer(201, started()))
        error = raised(ConnectFailed, lambda: trigger(connect(server.url), 1.0))
        assert str(error) == "no time was left to send the request and to wait for its answer"
        assert error.sent == "no"
        assert server.requests == []

    def test_nothing_is_started_for_an_engine_that_is_gone(self, connect, serve, raised):
        """What is called right before each POST can forbid it, also between two tries."""
        server = serve(answer(429, {}, headers={"Retry-After": "0"}), answer(201, started()))
        calls = []

        def before():
            calls.append(1)
            if len(calls) == 2:
                raise EngineGone("the engine has ended")

        raised(EngineGone, lambda: trigger(connect(server.url), before=before))
        assert len(server.requests) == 1


AMBIGUOUS = [
    pytest.param(drop, ConnectionLost, id="12-closed-after-reading"),
    pytest.param(reset, ConnectionLost, id="12-reset-after-reading"),
    pytest.param(hang, ReadTimeout, id="13-no-answer"),
    pytest.param(drip(b"HTTP/1.1 201 Created\r\nX-Slow: " + b"a" * 9999), ReadTimeout, id="13-head-drips"),
    pytest.param(drip(whole(201, b" " * 9999)), ReadTimeout, id="13-body-drips"),
    pytest.param(raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 5, then_close=True), ConnectionLost, id="12-only-continue"),
    pytest.param(answer(500, {}), ServerError, id="14-500"),
    pytest.param(answer(502, body=b"<html>Bad gateway</html>"), ServerError, id="14-502"),
    pytest.param(answer(503, {}, headers={"Retry-After": "0"}), ServerError, id="14-503-with-retry-after"),
    pytest.param(answer(504, {}), ServerError, id="14-504"),
    pytest.param(answer(408, {}), UnexpectedStatus, id="14-408"),
    pytest.param(answer(409, {}), UnexpectedStatus, id="14-409"),
    pytest.param(answer(204), UnexpectedStatus, id="17-no-content"),
    pytest.param(truncate(201, started(), keep=40), ConnectionLost, id="17-truncated"),
    pytest.param(truncate(201, started(), keep=0), ConnectionLost, id="17-nothing-of-the-body"),
    pytest.param(raw(head(201) + b'{"sessions": [{"checkSe'), InvalidResponse, id="17-cut-off-without-length"),
    pytest.param(chunked([b'{"sessions"', b": ["], status=201, end=False), ConnectionLost, id="17-chunks-end-early"),
    pytest.param(raw(head(201, {"Transfer-Encoding": "chunked"}) + b"zz\r\n"), ConnectionLost, id="17-bad-chunk"),
    pytest.param(
        answer(201, body=b"not gzip", headers={"Content-Encoding": "gzip"}), InvalidResponse, id="17-bad-gzip"
    ),
    pytest.param(answer(201, body=UNREADABLE_JSON), InvalidResponse, id="17-nan"),
    pytest.param(answer(201, body=b"<html>Please log in</html>"), InvalidResponse, id="17-html"),
    pytest.param(answer(201, body=b""), InvalidResponse, id="17-empty"),
    pytest.param(answer(201, []), InvalidResponse, id="17-array"),
    pytest.param(answer(201, {"session": []}), InvalidResponse, id="17-no-sessions"),
    pytest.param(answer(201, {"sessions": {}}), InvalidResponse, id="17-sessions-no-list"),
    pytest.param(answer(201, {"sessions": ["x"]}), InvalidResponse, id="17-session-no-object"),
    pytest.param(answer(201, body=b"\xff\xfe\x00"), InvalidResponse, id="17-not-utf-8"),
    pytest.param(answer(201, body=b"[" * 100_000), InvalidResponse, id="17-depth-bomb"),
    pytest.param(answer(201, body=b"1" * 100_000), InvalidResponse, id="17-huge-number"),
    pytest.param(answer(201, body=b" " * 4_194_305), InvalidResponse, id="17-too-large"),
    pytest.param(gzipped(b" " * 50_000_000, status=201), InvalidResponse, id="17-too-large-when-unpacked"),
    pytest.param(raw(b"\x00\x01\x02garbage\r\n\r\n"), InvalidResponse, id="17-not-http"),
    pytest.param(raw(b"HTTP/1.1 201\r\n" + b"a: b\r\n" * 5000 + b"\r\n"), InvalidResponse, id="17-endless-head"),
    pytest.param(raw(b"HTTP/1.1 201 OK\r\nA: " + b"b" * 99_999), InvalidResponse, id="17-endless-header"),
    *(
        pytest.param(redirect(status, "/elsewhere"), UnexpectedRedirect, id=f"19-{status}")
        for status in (300, 301, 302, 303, 304, 307, 308)
    ),
]


@pytest.mark.parametrize(("step", "kind"), AMBIGUOUS)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_lost_or_unusable_answer_is_never_followed_by_a_second_post(
    connect, serve, raised, monkeypatch, *, step, kind, version
):
    """Cases 12, 13, 14, 17, 19: exactly one POST arrives; the error says that checks may have started and where to look."""
    monkeypatch.setattr("checkly_dynamic.api.transport.exchange._SHORTEST_SEND", 0.1)
    server = serve(step)
    client = connect(server.url, version=version)
    began = time.monotonic()
    error = raised(kind, lambda: trigger(client, 0.8 if kind is ReadTimeout else 20.0))
    assert time.monotonic() - began < (1.8 if kind is ReadTimeout else 10)
    assert [f"/{version}/check-sessions/trigger"] == [request.path for request in server.requests]
    assert server.requests[0].method == "POST"
    assert server.requests[0].json == BODY
    assert HINT in str(error)
    assert "https://app.checklyhq.com" in str(error)
    assert error.sent == ("yes" if kind in (ServerError, UnexpectedStatus) else "maybe")


REFUSED = [
    (400, {"statusCode": 400, "message": "target is wrong"}, BadRequest, "target is wrong"),
    (401, {"message": "Bad Token"}, Unauthorized, "check environment variable CHECKLY_API_KEY"),
    (402, {}, PaymentRequired, "plan"),
    (403, {}, Forbidden, "Read & Run"),
    (404, NO_MATCH, NoMatchingChecks, "no active check matches"),
    (404, NO_ROUTE, UnexpectedStatus, "is checkly:apiUrl right"),
    (404, None, UnexpectedStatus, "is checkly:apiUrl right"),
    (404, {"message": "No matching checks were found."}, UnexpectedStatus, "is checkly:apiUrl right"),
]


@pytest.mark.parametrize(("status", "body", "kind", "words"), REFUSED)
def test_16_a_refusal_is_final_and_says_what_to_do(connect, serve, raised, *, status, body, kind, words):
    """Case 16: each documented refusal has its class and its advice; it is not tried again and nothing has started."""
    server = serve(answer(status, body))
    error = raised(kind, lambda: trigger(connect(server.url)))
    assert words in str(error)
    assert error.status == status
    assert error.sent == "yes"
    assert HINT not in str(error)
    assert len(server.requests) == 1


def test_17_an_empty_list_is_no_match(connect, serve, raised):
    """Case 17: an answer without any session means that no check matched."""
    raised(NoMatchingChecks, lambda: trigger(connect(serve(answer(201, {"sessions": []})).url)))


def test_17_every_readable_id_is_named_when_the_answer_is_not_usable(connect, serve, raised):
    """An answer with one bad session among good ones loses no id: nobody else would ever tell them."""
    listed = [session("first"), {"checkSessionId": "second"}, 7, session("third\x1b[31m")]
    error = raised(InvalidResponse, lambda: trigger(connect(serve(answer(201, {"sessions": listed})).url)))
    assert "first, second, third" in str(error)
    assert "\x1b" not in str(error)


def test_18_what_checkly_may_add_does_no_harm(connect, serve):
    """Case 18: duplicates are merged, unknown words and fields are kept or ignored, optional fields may be missing."""
    listed = [
        session("a", "STARTED", extra={"deep": [1]}),
        session("a", "STARTED"),
        session("b", "TELEPORTED", checkType="QUANTUM"),
        {"checkSessionId": "c", "checkId": "x", "status": "STARTED"},
        session("d", "STARTED", name=None, runLocations="eu", timeElapsed="soon"),
    ]
    found = trigger(connect(serve(answer(201, {"sessions": listed})).url))
    assert [s.id for s in found] == ["a", "b", "c", "d"]
    assert [s.finished for s in found] == [False, False, False, False]
    assert (found[1].status, found[1].check_type) == ("TELEPORTED", "QUANTUM")


@pytest.mark.parametrize("kind", ["text/html", "application/xml", "application/json; charset=utf-16", None])
def test_17_the_content_type_does_not_matter(connect, serve, kind):
    """JSON is read as JSON, whatever a proxy calls it."""
    step = answer(201, started(), headers={"Content-Type": kind} if kind else None)
    assert [s.id for s in trigger(connect(serve(step).url))] == [SESSION]


def test_an_answer_in_pieces_or_compressed_is_read_whole(connect, serve):
    """Chunks and gzip are part of HTTP, so a good answer in them is good, also in both, as most servers with gzip send it."""
    content = json.dumps(started()).encode()
    compressed = gzip.compress(content)
    ways = [
        chunked([content[:10], content[10:]], status=201),
        gzipped(content, status=201),
        gzipped(content, status=201, times=2),
        chunked([compressed[:10], compressed[10:]], status=201, headers={"Content-Encoding": "gzip"}),
    ]
    client = connect(serve(*ways).url)
    assert [trigger(client)[0].id for _ in ways] == [SESSION] * 4


def test_interim_answers_are_skipped(connect, serve):
    """103 may come before any answer (RFC 9110, 15.2), and taken for the answer it would lose the session ids."""
    hints = head(103, {"Link": "</a.css>; rel=preload"}) + head(102) + head(100) + head(199)
    server = serve(raw(hints + whole(201, json.dumps(started()).encode()), then_close=False), answer(200, session()))
    client = connect(server.url)
    assert [found.id for found in trigger(client)] == [SESSION]


def test_17_another_protocol_is_no_answer(connect, serve, raised):
    """Case 17: what follows a switch of protocols belongs to nobody, so nothing is known of what started."""
    server = serve(raw(head(101) + whole(201, json.dumps(started()).encode()), then_close=False))
    error = raised(InvalidResponse, lambda: trigger(connect(server.url)))
    assert error.sent == "maybe"
    assert len(server.requests) == 1


class TestRateLimit:
    """Case 15: 429 is the one answer after which a POST is sent again, because Checkly refused it unread."""

    @pytest.mark.parametrize(
        ("retry_after", "least", "most"),
        [
            pytest.param(lambda: "1", 1.0, 2.2, id="seconds"),
            pytest.param(lambda: "0.5", 0.5, 1.5, id="half-a-second"),
            pytest.param(lambda: email.utils.formatdate(time.time() + 2, usegmt=True), 0.9, 3.5, id="date"),
            pytest.param(lambda: "soon", 0.0, 1.0, id="nonsense"),
            pytest.param(lambda: "-5", 0.0, 1.0, id="negative"),
            pytest.param(lambda: "nan", 0.0, 1.0, id="not-a-number"),
            pytest.param(lambda: "inf", 0.0, 1.0, id="infinite"),
            pytest.param(lambda: "Mon, 99 Foo 2026 25:61:61 GMT", 0.0, 1.0, id="impossible-date"),
            pytest.param(lambda: None, 0.0, 1.0, id="absent"),
        ],
    )
    def test_waits_and_starts_once(self, connect, serve, retry_after, least, most):
        """Seconds and dates are waited for, nonsense is met by our own pause; exactly one trigger is accepted."""
        value = retry_after()
        headers = {} if value is None else {"Retry-After": value}
        server = serve(answer(429, {"statusCode": 429}, headers=headers), answer(201, started()))
        client = connect(server.url)
        began = time.monotonic()
        assert [s.id for s in trigger(client)] == [SESSION]
        assert least <= time.monotonic() - began <= most
        assert len(server.requests) == 2

    @pytest.mark.parametrize("value", ["86400", lambda: email.utils.formatdate(time.time() + 86_400, usegmt=True)])
    def test_a_day_is_not_waited_for(self, connect, serve, raised, value):
        """Being told to wait for a day ends it at once, and the message names what was asked for."""
        server = serve(answer(429, {}, headers={"Retry-After": value if isinstance(value, str) else value()}))
        began = time.monotonic()
        error = raised(RateLimited, lambda: trigger(connect(server.url), 1e6))
        assert time.monotonic() - began < 1
        assert any(f"asked to wait {seconds} s" in str(error) for seconds in (86_400, 86_399))
        assert error.retry_after == pytest.approx(86_400, abs=2)
        assert len(server.requests) == 1

    def test_the_servers_own_clock_counts(self, connect, serve):
        """A date is compared with the answer's Date header, so a wrong clock on this machine does not matter."""
        now = 1_000_000_000  # in 2001
        headers = {
            "Date": email.utils.formatdate(now, usegmt=True),
            "Retry-After": email.utils.formatdate(now + 1, usegmt=True),
        }
        server = serve(answer(429, {}, headers=headers), answer(201, started()))
        began = time.monotonic()
        assert trigger(connect(server.url))
        assert 1.0 <= time.monotonic() - began < 2.5

    def test_longer_than_the_deadline_is_not_waited_for(self, connect, serve, raised):
        """When the deadline comes before the end of the pause, it fails at once instead of waiting for nothing."""
        server = serve(answer(429, {}, headers={"Retry-After": "30"}))
        began = time.monotonic()
        error = raised(RateLimited, lambda: trigger(connect(server.url), 20))
        assert time.monotonic() - began < 1
        assert "30 s" in str(error)

    def test_many_refusals_are_no_failure(self, connect, serve):
        """429 is waited out until the deadline, however often it comes."""
        limited = answer(429, {}, headers={"Retry-After": "0"})
        server = serve(*[limited] * 12, answer(201, started()))
        assert [s.id for s in trigger(connect(server.url))] == [SESSION]
        assert len(server.requests) == 13


class TestRedirect:
    """Case 19: a redirect is refused, so no credential travels and no POST becomes a GET."""

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_never_followed(self, connect, serve, raised, status):
        """The other server hears nothing, neither from a trigger nor from a read."""
        other = serve(answer(201, started()))
        for target in (f"{other.url}/v1/check-sessions/trigger", "/other"):
            server = serve(redirect(status, target))
            client = connect(server.url)
            error = raised(UnexpectedRedirect, lambda client=client: trigger(client))
            assert str(status) in str(error)
            raised(UnexpectedRedirect, lambda client=client: client.get(SESSION, deadline=Deadline(5)))
            assert len(server.requests) == 2
        assert other.requests == []
        assert other.connections == 0


def test_what_is_sent(connect, serve):
    """The request carries the key, the account, the library's name and JSON, and nothing of the machine."""
    server = serve(answer(201, started()))
    trigger(connect(server.url))
    headers = server.requests[0].headers
    assert headers.pop("authorization") == "Bearer cu_CanaryQ7zX9vKp2LmW4"
    assert headers.pop("x-checkly-account") == "438ca4f3-1c3a-4f1e-9a52-0a4f0f7d3c11"
    assert headers.pop("user-agent").startswith("checkly-dynamic/")
    assert headers.pop("content-type") == "application/json"
    assert (headers.pop("accept"), headers.pop("connection")) == ("application/json", "keep-alive")
    assert set(headers) == {"host", "accept-encoding", "content-length"}


def test_cookies_are_not_kept(connect, serve):
    """A cookie of one answer is not sent with the next request."""
    server = serve(answer(201, started(), headers={"Set-Cookie": "track=me; Path=/"}))
    client = connect(server.url)
    trigger(client)
    trigger(client)
    assert "cookie" not in server.requests[1].headers


def test_netrc_is_ignored(connect, serve, tmp_path, monkeypatch):
    """Case 20: an entry for the host in .netrc does not replace the key."""
    server = serve(answer(201, started()))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    trigger(connect(server.url))
    assert server.requests[0].headers["authorization"].startswith("Bearer ")


def test_every_post_has_its_own_connection(connect, serve):
    """A kept connection may just be closed by the server, and then nobody would know whether a POST was read."""
    server = serve(answer(200, session()), answer(201, started()))
    client = connect(server.url)
    client.get(SESSION, deadline=Deadline(5))
    trigger(client)
    assert server.connections == 2


def test_the_connection_of_a_post_ends_with_it(connect, serve):
    """Nothing could use it again, so the server sees its end at once, while the client lives on."""
    ended = threading.Semaphore(0)

    def then_end(exchange):
        answer(201, started())(exchange)
        assert exchange.sock.recv(1) == b""
        ended.release()

    client = connect(serve(then_end).url)
    trigger(client)
    assert ended.acquire(timeout=10)


def test_what_the_http_library_logs_of_a_request_is_kept_back(connect, serve, caplog):
    """A malformed header makes urllib3 log the whole URL and what the server sent, which may be an echo of the key."""
    content = json.dumps(started()).encode()

    def echo(exchange):
        key = exchange.request.headers["authorization"].encode()
        exchange.send(b"HTTP/1.1 201 Made Up\r\nContent-Length: %d\r\nno header, but %s\r\n\r\n" % (len(content), key))
        exchange.send(content)

    caplog.set_level(logging.DEBUG)
    trigger(connect(serve(echo).url + "/GatewayW0rdInPath"))
    assert leaks(caplog.text) == []
    assert "GatewayW0rdInPath" not in caplog.text
    logging.getLogger("urllib3.connectionpool").warning("what others do with urllib3")
    assert "what others do" in caplog.text
