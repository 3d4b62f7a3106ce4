"""TLS and proxies: nothing is sent to any other server."""

import base64
import contextlib
import datetime as dt
import socket
import threading
import time

import pytest
import trustme
from fault_server import Closed, Exchange, FaultServer, answer, drop, raw, reset, whole
from operating import ACCOUNT, KEY, SESSION, fast, leaks, raised, session, started, trigger

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ConfigError, TransportError

PROXY_SECRET = "ProxyS3cretWord"
TARGET = "https://checkly.test"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def get(client):
    """Read the session under a deadline."""
    return client.get("check", SESSION, deadline=Deadline(10))


def certainly_unsent(connect, url, call=trigger, **arguments):
    """Return the error of a request that was not sent, without a piece of the proxy's password."""
    error = raised(TransportError, lambda: call(connect(url), **arguments))
    assert (error.sent, error.may_have_started) == ("no", False)
    assert leaks(str(error) + repr(error), PROXY_SECRET) == []
    return str(error)


@pytest.fixture
def serve_tls(serve, tls, trusted):
    """Return a function that starts a TLS server for localhost, with a trusted certificate."""
    return lambda *script, **arguments: serve(*script, tls=tls("localhost"), host="localhost", **arguments)


@pytest.mark.parametrize(
    ("by", "name", "until", "words"),
    [
        (None, "localhost", 2021, "expired"),
        (None, "example.com", 2100, "Hostname mismatch"),
        (trustme.CA, "localhost", 2100, "unable to get local issuer certificate"),
    ],
    ids=["expired", "another-name", "another-authority"],
)
@pytest.mark.usefixtures("trusted")
def test_a_bad_certificate(connect, serve, tls, authority, *, by, name, until, words):
    """Neither a POST nor a GET is sent, the reason is given, and there is no retry."""
    dates = {"not_before": dt.datetime(2020, 1, 1), "not_after": dt.datetime(until, 1, 1)}  # noqa: DTZ001 - as trustme wants
    server = serve(answer(201, started()), tls=tls(name, by=by() if by else authority, **dates), host="localhost")
    for number, call in enumerate((trigger, get), start=1):
        error = certainly_unsent(connect, server.url, call)
        assert words in error
        assert "REQUESTS_CA_BUNDLE" in error
        assert server.connections == number
    assert server.requests == []


def test_a_bundle_that_does_not_exist(connect, monkeypatch):
    """A wrong path is named before anything is sent."""
    for variable in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(variable, "/no/such/file.pem")
        error = raised(ConfigError, lambda: connect("https://localhost:1"))
        assert str(error) == f"environment variable {variable}: the file does not exist"


def test_plain_http_where_tls_is_expected(connect, serve):
    """A server that speaks plain HTTP on an https address gets nothing, not even the key."""
    server = serve(answer(), unread=lambda sock, _: sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n"))
    certainly_unsent(connect, server.url.replace("http:", "https:"))
    assert server.requests == []


def test_a_broken_handshake_is_tried_again(connect, serve_tls):
    """A restarting server does not mean a bad certificate; nothing was sent, so one POST arrives in the end."""

    def broken_twice(sock, stopping):
        if server.connections <= 2:
            sock.recv(1)
            reset(Exchange(None, sock, stopping))

    server = serve_tls(answer(201, started()), unread=broken_twice)
    assert trigger(connect(server.url))[0].id == SESSION
    assert (server.connections, len(server.requests)) == (3, 1)


def test_a_hanging_handshake_sent_nothing(connect, serve_tls):
    """The trigger stops at its deadline and says so; if the handshake goes on later, nothing is sent any more."""
    go_on = threading.Event()
    server = serve_tls(answer(201, started()), unread=lambda *_: go_on.wait(20))
    began = time.monotonic()
    certainly_unsent(connect, server.url, clock=fast(15))
    assert time.monotonic() - began < 2
    go_on.set()
    time.sleep(0.3)
    assert server.requests == []


def test_a_break_after_the_request_may_have_started_checks(connect, serve_tls):
    """TLS that fails after the POST was read has an unknown outcome; a read is tried again."""

    def not_tls_any_more(exchange):
        raw_socket = socket.socket(fileno=exchange.sock.detach())
        raw_socket.sendall(b"\x16\x03\x03 this is no TLS record at all, only noise" * 9)
        raw_socket.close()

    server = serve_tls(not_tls_any_more, answer(200, session()))
    assert raised(TransportError, lambda: trigger(connect(server.url))).may_have_started
    assert len(server.requests) == 1
    assert get(connect(serve_tls(not_tls_any_more, answer(200, session())).url))[0].finished


def tunnel(port, authorization=None):
    """Make a step of a proxy: accept ``CONNECT`` if its ``Proxy-Authorization`` is this, and pass bytes on to a port."""

    def step(exchange):
        if authorization not in (None, exchange.request.headers.get("proxy-authorization")):
            exchange.send(whole(407, headers={"Proxy-Authenticate": "Basic"}))
            raise Closed
        exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection(("127.0.0.1", port)) as target:
            back = threading.Thread(target=pump, args=(target, exchange.sock), daemon=True)
            back.start()
            pump(exchange.sock, target)
            back.join(5)
        raise Closed

    return step


def pump(source, sink):
    """Pass on all bytes."""
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def target(serve, tls, trusted) -> FaultServer:
    """Serve TLS as checkly.test, which only a proxy can find."""
    return serve(answer(201, started()), answer(200, session()), tls=tls("checkly.test"), host="checkly.test")


@pytest.fixture
def through(serve, monkeypatch):
    """Return a function that starts a proxy with a password and sets it as the proxy for https."""

    def start(step):
        proxy = serve(step)
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY_SECRET}@127.0.0.1:{proxy.port}")
        return proxy

    return start


def test_the_tunnel(connect, through, target, caplog):
    """The proxy sees a CONNECT without key and account; the target sees both and not the proxy's password."""
    caplog.set_level("DEBUG")
    word = base64.b64encode(f"user:{PROXY_SECRET}".encode()).decode()
    proxy = through(tunnel(target.port, f"Basic {word}"))
    client = connect(TARGET)
    assert trigger(client)[0].id == SESSION
    assert get(client)[0].finished
    assert {(request.method, request.path) for request in proxy.requests} == {("CONNECT", "checkly.test:443")}
    seen = repr(proxy.requests)
    assert leaks(seen) == []
    assert ACCOUNT not in seen
    assert [request.headers["authorization"] for request in target.requests] == [f"Bearer {KEY}"] * 2
    assert "proxy-authorization" not in target.requests[0].headers
    assert leaks(caplog.text) == leaks(caplog.text, PROXY_SECRET) == []


def test_this_machine_is_never_reached_through_a_proxy(connect, serve, serve_tls, monkeypatch):
    """With or without TLS, by name or by address; with TLS, its certificate is verified like any other."""
    proxy = serve(drop)
    for name in PROXIES:
        monkeypatch.setenv(name, proxy.url)
    for start in (serve, serve_tls):
        client = connect(start(answer(201, started()), answer(200, session())).url)
        assert trigger(client)[0].id == get(client)[0].id
    assert proxy.connections == 0


def test_no_proxy(connect, through, monkeypatch):
    """NO_PROXY wins over HTTPS_PROXY: the proxy does not learn the name."""
    proxy = through(drop)
    monkeypatch.setenv("NO_PROXY", "checkly.invalid")
    certainly_unsent(connect, "https://checkly.invalid")
    assert proxy.connections == 0


@pytest.mark.parametrize(
    ("step", "words"),
    [(raw(f"HTTP/1.1 502 {PROXY_SECRET}\r\n\r\n".encode()), "it answered CONNECT with 502"), (drop, "")],
    ids=["502 with words", "closed"],
)
def test_a_refusal_of_the_proxy(connect, through, step, words):
    """The error names the proxy but not its password; nothing was sent, and it is tried again."""
    proxy = through(step)
    error = certainly_unsent(connect, TARGET)
    assert "(see HTTPS_PROXY and NO_PROXY)" in error
    assert error.endswith(words)
    assert [request.method for request in proxy.requests] == ["CONNECT"] * 5


@pytest.mark.parametrize("url", ["http://", f"http://u:{PROXY_SECRET}@h:port"])
def test_an_unusable_proxy_url(connect, monkeypatch, url):
    """The error names the variable and shows nothing of its value; nothing was sent."""
    monkeypatch.setenv("HTTPS_PROXY", url)
    for call in (trigger, get):
        assert "HTTPS_PROXY" in certainly_unsent(connect, TARGET, call)


def test_a_lost_answer_behind_a_proxy_is_an_unknown_outcome(connect, through, target):
    """The connection knows that the POST was sent through the tunnel, so it is not sent again."""
    target.script[:] = [drop]
    through(tunnel(target.port))
    assert raised(TransportError, lambda: trigger(connect(TARGET))).may_have_started
    assert len(target.requests) == 1
