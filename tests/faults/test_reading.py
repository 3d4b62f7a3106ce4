"""What can happen while sessions are read: everything that may pass is tried again, and nothing outlasts the deadline."""

from __future__ import annotations

import gzip
import json
import threading
import time
import tracemalloc

import pytest
from checkly_dynamic.api.transport import Budget, Retries
from fault_server import answer, chunked, closed_port, drip, drop, gzipped, hang, head, raw, reset, truncate, whole
from wire_data import CHECK, NO_ROUTE, NO_SESSION, SESSION, STILL_RUNNING, session

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import (
    BadRequest,
    ChecklyError,
    ConnectFailed,
    ConnectionLost,
    InvalidResponse,
    RateLimited,
    ReadTimeout,
    ServerError,
    SessionNotFound,
    TransportError,
    Unauthorized,
    UnexpectedStatus,
)

PASSES = [
    drop,
    reset,
    answer(500, {}),
    answer(502, body=b"<html>"),
    answer(503, {}, headers={"Retry-After": "9999"}),
    answer(504, {}),
    truncate(200, session(), keep=10),
    chunked([b"{"], end=False),
    raw(b"not HTTP at all\r\n\r\n"),
    answer(200, body=b"<html>captive portal</html>"),
    answer(200, body=b"\x00", headers={"Content-Encoding": "gzip"}),
    answer(200, body=b'{"checkSessionId": NaN}'),
    raw(head(101) + whole(200, b"{}"), then_close=False),
]
NAMES = [
    "drop",
    "reset",
    "500",
    "502",
    "503",
    "504",
    "truncated",
    "chunks",
    "garbage",
    "html",
    "bad-gzip",
    "nan",
    "101",
]


def completion(client, seconds=10.0, max_wait=1.0):
    """Ask once for completion under a deadline."""
    return client.completion(SESSION, max_wait=max_wait, deadline=Deadline(seconds))


@pytest.mark.parametrize("early", [102, 103])
def test_an_interim_answer_is_not_the_answer(connect, serve, early):
    """What comes first is skipped, and the kept connection's next answer is the next one's."""
    content = json.dumps(session()).encode()
    server = serve(raw(head(early, {"Link": "</a>"}) + whole(200, content), then_close=False), answer(404, NO_SESSION))
    client = connect(server.url)
    assert completion(client).status == "PASSED"
    with pytest.raises(SessionNotFound):
        completion(client)
    assert server.connections == 1


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("step", PASSES, ids=NAMES)
def test_25_a_read_recovers(connect, serve, step, version):
    """Case 25: whatever breaks a read four times, the fifth answer counts."""
    server = serve(step, step, step, step, answer(200, session()))
    client = connect(server.url, version=version)
    assert completion(client).status == "PASSED"
    assert {(request.method, request.path) for request in server.requests} == {
        ("GET", f"/{version}/check-sessions/{SESSION}/completion?maxWaitSeconds=1")
    }
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("step", "kind"),
    [
        (drop, ConnectionLost),
        (answer(503, {}), ServerError),
        (answer(200, body=b"<html>"), InvalidResponse),
        (raw(b"garbage\r\n\r\n"), InvalidResponse),
    ],
)
def test_26_five_failures_in_a_row_end_it(connect, serve, raised, step, kind):
    """Case 26: after five failures in a row the read is given up with what happened last."""
    server = serve(step)
    error = raised(kind, lambda: completion(connect(server.url)))
    assert getattr(error, "status", None) == (503 if kind is ServerError else None)
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    ("step", "text"),
    [
        (
            answer(503, {"message": "maintenance"}),
            "503: Checkly, or a proxy before it, failed (Checkly says: maintenance)",
        ),
        (answer(502, body=b"<html>"), "502: Checkly, or a proxy before it, failed"),
        (
            answer(429, {"message": "slow down"}, headers={"Retry-After": "900"}),
            "429: too many requests, asked to wait 900 s (Checkly says: slow down)",
        ),
        (answer(429, body=b"", headers={"Retry-After": "900.4"}), "429: too many requests, asked to wait 900 s"),
        (answer(429, {}), "429: too many requests"),
        (answer(200, body=b"<html>"), "the answer of {url} is not JSON"),
    ],
)
def test_26_what_the_server_said_is_told(connect, serve, step, text):
    """The last answer's status, its wish to wait and its own words stand in the error; who answered, when there are none."""
    server = serve(step)
    with pytest.raises(ChecklyError) as caught:
        completion(connect(server.url), seconds=2.0)
    assert str(caught.value) == text.format(url=server.url)


def test_26_nobody_listens(connect, raised):
    """Case 26: a server that is gone is named, with the reason."""
    error = raised(ConnectFailed, lambda: completion(connect(f"http://127.0.0.1:{closed_port()}")))
    assert "refused the connection" in str(error)


def test_23_not_yet_is_no_failure(connect, serve):
    """Case 23: twenty times 408, then the final status: 408 never counts as a failure."""
    server = serve(*[answer(408, STILL_RUNNING)] * 20, answer(200, session()))
    client = connect(server.url)
    found = [completion(client) for _ in range(21)]
    assert found[:20] == [None] * 20
    assert found[20].status == "PASSED"
    assert len(server.requests) == 21


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_27_a_vanished_session(connect, serve, raised, version):
    """Case 27: the documented 404 is final and has its own class."""
    server = serve(answer(404, NO_SESSION))
    raised(SessionNotFound, lambda: completion(connect(server.url, version=version)))
    assert len(server.requests) == 1


def test_27_a_404_of_somebody_else_is_not_a_vanished_session(connect, serve, raised):
    """A proxy's or a wrong URL's 404 does not make a session forgotten, so a gate does not run the check again."""
    for step in (answer(404, body=b"<html>nginx</html>"), answer(404, {"message": "no"})):
        error = raised(UnexpectedStatus, lambda step=step: completion(connect(serve(step).url)))
        assert "does a proxy answer in its place" in str(error)


def test_27_a_revoked_key(connect, serve, raised):
    """Case 27: 401 in the middle of a wait ends it and names where the key came from."""
    server = serve(answer(408, STILL_RUNNING), answer(401, {"message": "Bad Token"}))
    client = connect(server.url)
    assert completion(client) is None
    error = raised(Unauthorized, lambda: completion(client))
    assert "CHECKLY_API_KEY" in str(error)
    assert len(server.requests) == 2


def test_another_session_is_not_taken_for_the_one_asked_for(connect, serve, raised):
    """An answer about another session, for example from a cache, never counts."""
    raised(InvalidResponse, lambda: completion(connect(serve(answer(200, session("other"))).url)))


def test_ids_are_compared_without_case(connect, serve):
    """Ids are UUIDs, so their case does not matter."""
    assert completion(connect(serve(answer(200, session(SESSION.upper()))).url)).finished


def test_a_strange_id_stays_inside_its_place_in_the_path(connect, serve):
    """An id with slashes, questions and percents cannot reach another route."""
    server = serve(answer(200, session("../../v1/checks?x=%2e")))
    connect(server.url).get("../../v1/checks?x=%2e", deadline=Deadline(5))
    assert server.requests[0].path == "/v1/check-sessions/..%2F..%2Fv1%2Fchecks%3Fx%3D%252e"


@pytest.mark.parametrize(("asked", "sent"), [(0.2, 1), (1.0, 1), (29.9, 29), (30, 30), (900, 30)])
def test_8_the_wait_is_a_whole_number_from_1_to_30(connect, serve, asked, sent):
    """Case 8: whatever time is left, ``maxWaitSeconds`` is what the API takes."""
    server = serve(answer(408, STILL_RUNNING))
    completion(connect(server.url), max_wait=asked)
    assert server.requests[0].path.endswith(f"?maxWaitSeconds={sent}")


DRIPPED = {
    "head": drip(b"HTTP/1.1 200 OK\r\nX-Never-Ends: " + b"a" * 999),
    "status-line": drip(b"HTTP/1.1 200 O" + b"K" * 999),
    "body": drip(whole(200, b" " * 999)),
    "chunks": drip(head(200, {"Transfer-Encoding": "chunked"}) + b"1\r\n \r\n" * 500),
    "endless-body": drip(head(200) + b" " * 999),
    "continue": drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 99),
    "compressed": drip(head(200, {"Content-Encoding": "gzip"}) + b"\x1f\x8b\x08\x00" + b"\x00" * 999),
    "silence": hang,
    "one-byte": raw(b"H", then_close=False),
}


class TestDeadline:
    """Case 28: one deadline rules connecting, head and body, however slowly they come."""

    @pytest.mark.parametrize("step", DRIPPED.values(), ids=DRIPPED.keys())
    @pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])
    def test_a_slow_answer_ends_at_the_deadline(self, connect, serve, raised, tls, trusted, *, step, secure):
        """An answer that drips, over plain HTTP and over TLS, ends at the deadline and not later."""
        assert trusted.exists()
        server = serve(step, tls=tls("localhost"), host="localhost") if secure else serve(step)
        client = connect(server.url)
        began = time.monotonic()
        raised(ReadTimeout, lambda: completion(client, 0.7))
        assert 0.6 < time.monotonic() - began < 1.5

    def test_on_a_kept_connection_too(self, connect, serve, raised):
        """The second answer on the same connection has a deadline of its own."""
        server = serve(answer(200, session()), DRIPPED["body"])
        client = connect(server.url)
        assert completion(client, 5).finished
        began = time.monotonic()
        raised(ReadTimeout, lambda: completion(client, 0.7))
        assert time.monotonic() - began < 1.5
        assert server.connections == 1

    def test_a_slow_but_good_answer_in_time_is_taken(self, connect, serve):
        """Dripping alone is no fault: what arrives in time counts."""
        import json

        content = json.dumps(session()).encode()
        assert completion(connect(serve(drip(whole(200, content), every=0.001)).url), 10).finished

    def test_a_server_that_accepts_and_says_nothing(self, connect, serve, raised, tls, trusted):
        """A TLS handshake that never goes on ends at the deadline, and nothing was sent."""
        assert trusted.exists()
        server = serve(hang, tls=tls("localhost"), host="localhost", unread=lambda _, stop: stop.wait(30))
        began = time.monotonic()
        error = raised(ConnectFailed, lambda: completion(connect(server.url), 0.7))
        assert error.sent == "no"
        assert time.monotonic() - began < 1.5

    def test_several_dead_addresses_share_the_time(self, connect, raised, monkeypatch):
        """A host name with many addresses of which none answers does not multiply the time to connect."""
        import socket

        real = socket.getaddrinfo

        def many(host, *args, **kwargs):
            return real(host, *args, **kwargs) * 20

        tried = []

        def never(address, timeout, **_):
            tried.append(timeout)
            time.sleep(timeout)
            raise TimeoutError

        monkeypatch.setattr(socket, "getaddrinfo", many)
        monkeypatch.setattr("checkly_dynamic.api.transport.connection.create_connection", never)
        began = time.monotonic()
        raised(ConnectFailed, lambda: completion(connect("http://127.0.0.1:9"), 1.0))
        assert time.monotonic() - began < 1.9
        assert len(tried) >= 20

    def test_retries_end_at_the_deadline(self, connect, serve, raised):
        """Failures that would be tried for hours end when the time is up."""
        client = connect(serve(answer(503, {})).url, retries=Retries(failures=10**6, first_wait=0.05, longest_wait=0.1))
        began = time.monotonic()
        raised(ServerError, lambda: completion(client, 1.0))
        assert 0.7 < time.monotonic() - began < 1.5

    def test_32_the_wall_clock_does_not_matter(self, connect, serve, monkeypatch):
        """Case 32: a wall clock that jumps by an hour in the middle neither ends nor prolongs anything."""
        jumps = iter(range(0, 10**9, 3600))
        monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0 + next(jumps))
        server = serve(drop, answer(429, {}, headers={"Retry-After": "0"}), answer(200, session(), after=0.2))
        assert completion(connect(server.url), 5).finished


class TestSharedBudget:
    """Deployments that share an account's 600 requests a minute wait for each other; they are never falsely red."""

    def test_a_429_is_waited_out_as_often_as_it_comes(self, connect, serve):
        """Far more 429 than failures are allowed: the read still ends well."""
        limited = answer(429, {}, headers={"Retry-After": "0"})
        server = serve(*[limited] * 20, answer(200, session()))
        assert completion(connect(server.url)).finished
        assert len(server.requests) == 21

    def test_a_429_between_failures_starts_the_count_anew(self, connect, serve):
        """Five failures in a row end a read; 429 is an answer, so it ends the row."""
        fail, limited = answer(503, {}), answer(429, {}, headers={"Retry-After": "0"})
        server = serve(fail, fail, fail, fail, limited, fail, fail, fail, fail, answer(200, session()))
        assert completion(connect(server.url)).finished

    def test_the_deadline_ends_it(self, connect, serve, raised):
        """When it is 429 until the end, the last answer is what is told."""
        server = serve(answer(429, {}, headers={"Retry-After": "0"}))
        error = raised(RateLimited, lambda: completion(connect(server.url), 1.0))
        assert "429" in str(error)
        assert 3 < len(server.requests) < 200

    def test_the_own_budget_is_kept(self, connect, serve):
        """With 5 requests a second allowed, 12 polls from many threads never exceed it, so no 429 is drawn."""
        times = []

        def note(exchange):
            times.append(time.monotonic())
            answer(408, STILL_RUNNING)(exchange)

        server = serve(note)
        client = connect(server.url, budget=Budget(5, 1.0), connections=12)
        began = time.monotonic()
        threads = [threading.Thread(target=completion, args=(client, 30)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(times) == 12
        assert [sum(1 for at in times if at - began < second) <= 5 * second for second in (1, 2)] == [True, True]

    def test_a_used_up_budget_is_told_before_sending(self, connect, serve, raised):
        """When the next turn comes after the deadline nothing is sent, and the error says so."""
        server = serve(answer(200, session()))
        client = connect(server.url, budget=Budget(1, 60))
        assert completion(client)
        error = raised(RateLimited, lambda: completion(client, 5))
        assert (error.sent, error.retry_after) == ("no", pytest.approx(60, abs=5))
        assert str(error) == "the account's budget of requests a minute is used up for longer than there is time"
        assert len(server.requests) == 1


class TestHostileAnswers:
    """Answers made to break a reader: they end as errors, quickly, and without eating the memory."""

    @pytest.mark.parametrize(
        "step",
        [
            pytest.param(gzipped(b" " * 300_000_000), id="gzip"),
            pytest.param(gzipped(b" " * 300_000_000, times=2), id="gzip-in-gzip"),
            pytest.param(answer(200, body=b" " * 20_000_000), id="plain"),
            pytest.param(raw(head(200, {"Content-Length": str(10**15)}) + b" " * 5_000_000), id="promises-a-petabyte"),
            pytest.param(chunked([b" " * 1_000_000] * 20), id="chunks"),
            pytest.param(
                chunked([gzip.compress(b" " * 300_000_000)], headers={"Content-Encoding": "gzip"}), id="gzip-in-chunks"
            ),
            pytest.param(
                raw(head(200, {"Transfer-Encoding": "chunked"}) + b"fffffff\r\n" + b" " * 9_000_000), id="big-chunk"
            ),
        ],
    )
    def test_17_a_bomb_is_not_unpacked(self, connect, serve, raised, step):
        """Case 17: more than 4 MiB, packed or not, is refused after reading little more than that."""
        client = connect(serve(step).url, retries=Retries(failures=1))
        tracemalloc.start()
        try:
            error = raised(InvalidResponse, lambda: completion(client))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert "larger than 4 MiB" in str(error)
        assert peak < 60_000_000  # the server in this process holds its own answer

    def test_4_mib_are_taken(self, connect, serve):
        """The limit itself is not refused."""
        import json

        content = json.dumps(session()).encode()
        assert completion(connect(serve(answer(200, body=content + b" " * (4 * 2**20 - len(content)))).url)).finished

    @pytest.mark.parametrize("depth", [100, 1_000, 10_000, 1_000_000])
    @pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
    def test_17_a_depth_bomb_does_not_crash(self, connect, serve, raised, *, depth, opening, closing):
        """Case 17: nesting of any depth ends as one of our errors."""
        content = b'{"x": "\\ud800", "checkSessionId": ' + opening * depth + b"1" + closing * depth + b"}"
        client = connect(serve(answer(200, body=content)).url, retries=Retries(failures=1))
        raised(InvalidResponse, lambda: completion(client))

    def test_halves_of_a_surrogate_pair_are_replaced(self, connect, serve):
        """A name that was cut in an emoji can be stored and printed."""
        content = b'{"checkSessionId": "%s", "checkId": "%s", "status": "PASSED", "name": "shop \\ud83d"}'
        client = connect(serve(answer(200, body=content % (SESSION.encode(), CHECK.encode()))).url)
        assert completion(client).name == "shop �"

    def test_control_characters_are_replaced_everywhere(self, connect, serve):
        """What a terminal would obey, or what turns a text around, gets into no name, link or id; other scripts stay."""
        name = "\x1b[31m \x9b \x07 \u202e Größe \u05d0 \N{FAMILY}\u200d"
        found = completion(connect(serve(answer(200, session(name=name, runLocations=["a\x00b"]))).url))
        assert found.name == "�[31m � � � Größe \u05d0 \N{FAMILY}\u200d"
        assert found.run_locations == ("a�b",)

    def test_whole_surrogate_pairs_stay(self, connect, serve):
        """An emoji in escapes is an emoji."""
        client = connect(serve(answer(200, session(name="shop \N{SLICE OF PIZZA}"))).url)
        assert completion(client).name == "shop \N{SLICE OF PIZZA}"

    def test_an_echoed_key_does_not_get_in(self, connect, serve, raised):
        """A server, or a proxy, that echoes the request's headers brings the key into no field and no message."""
        server = serve(
            lambda exchange: answer(200, session(name=exchange.request.headers["authorization"]))(exchange),
            lambda exchange: answer(400, {"message": str(exchange.request.headers)})(exchange),
        )
        client = connect(server.url)
        assert completion(client).name == "Bearer ***"
        raised(BadRequest, lambda: completion(client))

    def test_what_a_message_may_hold(self, connect, serve, raised):
        """Control characters, line breaks and length of a server's message are tamed."""
        message = "\x1b[31mred\x07\nsecond line\u202e" + "x" * 10_000
        error = raised(BadRequest, lambda: completion(connect(serve(answer(400, {"message": message})).url)))
        assert len(str(error)) < 400
        assert str(error).isprintable() or "\N{REPLACEMENT CHARACTER}" in str(error)
        assert not set(str(error)) & {"\x1b", "\x07", "\n", "\u202e"}


def test_a_closed_client_asks_nothing_more(connect, serve, raised):
    """A poll that still tries again in a thread after the client was closed sends nothing."""
    server = serve(answer(200, session()))
    client = connect(server.url)
    client.__exit__()
    error = raised(TransportError, lambda: completion(client))
    assert (str(error), error.sent) == ("the client was closed", "no")
    assert server.requests == []


def test_closing_ends_a_wait_for_the_budget(connect, serve, raised):
    """A poll that would have to wait a minute for its turn ends when the client is closed, and sends nothing."""
    server = serve(answer(200, session()))
    waiting, told = threading.Event(), []

    class Full(Budget):
        def turn(self, longest: float) -> float:
            waiting.set()
            return 60.0

    client = connect(server.url, budget=Full())
    thread = threading.Thread(target=lambda: told.append(raised(TransportError, lambda: completion(client, 100))))
    thread.start()
    assert waiting.wait(10)
    client.__exit__()
    thread.join(30)
    assert [str(error) for error in told] == ["the client was closed"]
    assert server.requests == []


def test_closing_closes_the_kept_connections(connect, serve):
    """The server sees the end of each connection while the client's object still exists."""
    ended = threading.Semaphore(0)

    def then_end(exchange):
        answer(200, session())(exchange)
        assert exchange.sock.recv(1) == b""
        ended.release()

    client = connect(serve(then_end).url)
    completion(client)
    assert not ended.acquire(timeout=0.1)
    client.__exit__()
    assert ended.acquire(timeout=10)


def test_closing_does_not_wait_for_a_read_that_is_under_way(connect, serve):
    """The connections that wait for the next read end at once, and the one that is in use with its read."""
    ended, asked, go_on = threading.Semaphore(0), threading.Barrier(3), threading.Event()

    def slow(exchange):
        asked.wait(10)
        assert go_on.wait(10)
        answer(200, session())(exchange)

    def then_end(exchange):
        asked.wait(10)
        answer(200, session())(exchange)
        assert exchange.sock.recv(1) == b""
        ended.release()

    client = connect(serve(slow, then_end).url)
    reads = [threading.Thread(target=completion, args=(client,)) for _ in range(2)]
    for read in reads:
        read.start()
    asked.wait(10)
    while sum(read.is_alive() for read in reads) > 1:
        time.sleep(0.01)
    client.__exit__()
    assert ended.acquire(timeout=5)
    go_on.set()
    for read in reads:
        read.join()


def test_25_a_failing_server_is_asked_again_when_it_says(connect, serve):
    """Case 25: our own pause would be some hundredths of a second."""
    server = serve(answer(503, {}, headers={"Retry-After": "1"}), answer(200, session()))
    began = time.monotonic()
    assert completion(connect(server.url)).finished
    assert time.monotonic() - began >= 1


def test_without_time_nothing_is_asked(connect, serve, raised):
    """A deadline that has passed is told as what it is, and no request is sent."""
    server = serve(answer(200, session()))
    error = raised(TransportError, lambda: completion(connect(server.url), seconds=0))
    assert (str(error), error.sent) == ("no time was left to ask Checkly", "no")
    assert server.requests == []


class TestLists:
    """The checks of an account, page by page."""

    def test_all_pages_are_read(self, connect, serve):
        """Full pages are followed by the next one; a shorter one is the last."""
        server = serve(answer(200, [{"id": str(n)} for n in range(100)]), answer(200, [{"id": "last"}]))
        assert len(list(connect(server.url).checks(deadline=Deadline(5)))) == 101
        assert [r.path for r in server.requests] == ["/v1/checks?limit=100&page=1", "/v1/checks?limit=100&page=2"]

    @pytest.mark.parametrize("body", [{}, ["x"], "x", 7])
    def test_anything_but_a_list_of_objects_is_refused(self, connect, serve, raised, body):
        """An answer of another shape is one of our errors."""
        raised(InvalidResponse, lambda: list(connect(serve(answer(200, body)).url).check_groups(deadline=Deadline(5))))

    def test_an_endless_list_ends_at_the_deadline(self, connect, serve):
        """A server that always has one more full page holds nobody for ever: the deadline or the budget ends it."""
        server = serve(answer(200, [{"id": "x"}] * 100))
        began = time.monotonic()
        with pytest.raises(ChecklyError):
            list(connect(server.url).checks(deadline=Deadline(1.0)))
        assert time.monotonic() - began < 2

    def test_the_account(self, connect, serve, raised):
        """The account is read, and a wrong URL is named."""
        server = serve(answer(200, {"id": "a"}), answer(404, NO_ROUTE))
        client = connect(server.url)
        assert client.account(deadline=Deadline(5)) == {"id": "a"}
        raised(UnexpectedStatus, lambda: client.account(deadline=Deadline(5)))
