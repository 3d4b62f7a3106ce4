"""Case 28 once more: what takes long before anything is sent, and servers that never stop sending."""

from __future__ import annotations

import errno
import gzip
import socket
import time

import pytest
from checkly_dynamic.api.transport import Retries
from fault_server import answer, closed_port, head
from proxy import Tunnel
from wire_data import BODY, SESSION, session, started

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ConnectFailed, ReadTimeout

TARGET = "https://checkly.test"


def after(seconds):
    """Return what makes a server wait before it reads anything from a new connection, so also before its handshake."""
    return lambda _, stopping: stopping.wait(seconds)


def get(client, seconds):
    """Read the session under a deadline."""
    return client.get(SESSION, deadline=Deadline(seconds))


class TestPost:
    """A POST whose answer could not be waited for any more is not sent, because its session ids would be lost."""

    def unsent(self, client, server, raised, seconds):
        """Trigger, and expect that nothing arrives, then or later, and that nothing outlasts the deadline."""
        began = time.monotonic()
        error = raised(ConnectFailed, lambda: client.trigger(BODY, deadline=Deadline(seconds)))
        assert error.sent == "no"
        assert "may have started" not in str(error)
        assert time.monotonic() - began < seconds + 0.5
        server.__exit__()  # waits for what the server is still reading
        assert server.requests == []

    def test_after_a_slow_handshake(self, connect, serve, raised, tls, trusted):
        """With 2.5 s for all and 1.7 s for the handshake there is less than a second left for the answer."""
        assert trusted.exists()
        server = serve(answer(201, started()), tls=tls("localhost"), host="localhost", unread=after(1.7))
        self.unsent(connect(server.url), server, raised, 2.5)

    def test_after_a_slow_proxy(self, connect, serve, raised, tls, trusted, *, monkeypatch):
        """The proxy and the handshake behind it share the time: neither alone is too slow."""
        assert trusted.exists()
        server = serve(answer(201, started()), tls=tls("checkly.test"), host="checkly.test", unread=after(1.0))

        def slow(exchange):
            exchange.hang(1.0)
            Tunnel(server.port)(exchange)

        monkeypatch.setenv("HTTPS_PROXY", serve(slow).url)
        self.unsent(connect(TARGET), server, raised, 2.5)

    def test_after_a_slow_look_up(self, connect, serve, raised, monkeypatch):
        """How long the system looks up a name cannot be limited, but what follows can be left."""
        real = socket.getaddrinfo

        def slow(*args, **kwargs):
            time.sleep(1.7)
            return real(*args, **kwargs)

        server = serve(answer(201, started()))
        monkeypatch.setattr(socket, "getaddrinfo", slow)
        self.unsent(connect(server.url), server, raised, 2.5)

    def test_in_time(self, connect, serve, tls, trusted):
        """A slow handshake alone is no reason: here there is time enough for the answer."""
        assert trusted.exists()
        server = serve(answer(201, started()), tls=tls("localhost"), host="localhost", unread=after(0.7))
        assert connect(server.url).trigger(BODY, deadline=Deadline(4.0))[0].id == SESSION


def test_the_handshake_is_not_cut_off_by_the_number_of_addresses(connect, serve, tls, trusted, monkeypatch):
    """Addresses share the time until one answers; all that is left then is for the one that did."""
    assert trusted.exists()
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: real(*args, **kwargs) * 20)
    server = serve(answer(200, session()), tls=tls("localhost"), host="localhost", unread=after(0.6))
    assert get(connect(server.url), 4.0).finished
    assert server.connections == 1


def test_the_first_address_tells_why(connect, raised, monkeypatch):
    """That nobody listens at the usual address matters more than that this machine has no IPv6."""
    port = closed_port()
    addresses = [(socket.AF_INET, 1, 6, "", ("127.0.0.1", port)), (socket.AF_INET6, 1, 6, "", ("::1", port, 0, 0))]
    real = socket.create_connection
    asked = []

    def create(address, *args, **kwargs):
        asked.append(address[0])
        if ":" in address[0]:
            raise OSError(errno.ENETUNREACH, "Network is unreachable")
        return real(address)

    monkeypatch.setattr("checkly_dynamic.api.transport.connection.create_connection", create)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: addresses)
    error = raised(ConnectFailed, lambda: get(connect("https://checkly.test"), 0.5))
    assert asked[:2] == ["127.0.0.1", "::1"]
    assert "it refused the connection" in str(error)


def flood(start, again):
    """Send without end, as fast as the client reads."""

    def step(exchange):
        exchange.send(start)
        while not exchange.stopping.is_set():
            exchange.send(again * 100)

    return step


FLOODS = {
    "continue": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "empty-members": flood(head(200, {"Content-Encoding": "gzip"}), gzip.compress(b"")),
    "trailers": flood(head(200, {"Transfer-Encoding": "chunked"}) + b"0\r\n", b"A: b\r\n"),
}


@pytest.mark.parametrize("step", FLOODS.values(), ids=FLOODS.keys())
def test_a_server_that_never_stops_sending(connect, serve, raised, step):
    """Bytes that are always there, so that no wait ever ends in vain, and never make an answer, end at the deadline."""
    client = connect(serve(step).url)
    began = time.monotonic()
    raised(ReadTimeout, lambda: get(client, 1.0))
    assert time.monotonic() - began < 1.5


def test_a_proxy_that_never_stops_sending(connect, serve, raised, monkeypatch):
    """The same in the answer to CONNECT."""
    monkeypatch.setenv("HTTPS_PROXY", serve(flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n")).url)
    began = time.monotonic()
    error = raised(ConnectFailed, lambda: get(connect(TARGET), 1.0))
    assert error.sent == "no"
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize("seconds", [2.5, 4.0])
def test_the_reason_why_nothing_was_sent(connect, raised, seconds):
    """When there is no time for another try, the last one's reason is told, at once, not that there is no time."""
    client = connect(f"http://127.0.0.1:{closed_port()}", retries=Retries(first_wait=1.0))
    began = time.monotonic()
    error = raised(ConnectFailed, lambda: client.trigger(BODY, deadline=Deadline(seconds)))
    assert "it refused the connection" in str(error)
    assert time.monotonic() - began < seconds - 1.9
