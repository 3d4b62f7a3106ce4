"""Who is at the other end, and by which way (cases 20 and 21)."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import io
import json
import socket
import ssl
import time

import pytest
import trustme
from canary import ACCOUNT, KEY, leaks
from checkly_dynamic.api.transport import connection
from fault_server import Exchange, FaultServer, answer, closed_port, drip, drop, hang, head, raw, reset, whole
from proxy import Tunnel, proxy_to
from wire_data import BODY, SESSION, session, started

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import BadRequest, ConfigError, ConnectFailed, ConnectionLost, ReadTimeout, TlsError

PROXY_SECRET = "ProxyS3cretWord"
TARGET = "https://checkly.test"


def trigger(client, seconds=10.0):
    """Trigger under a deadline."""
    return client.trigger(BODY, deadline=Deadline(seconds))


def get(client, seconds=10.0):
    """Read the session under a deadline."""
    return client.get(SESSION, deadline=Deadline(seconds))


class TestTls:
    """Case 21: only a certificate that is trusted, valid and for this name will do."""

    def refused(self, connect, raised, server, words):
        """Expect that neither a POST nor a GET is sent, and that the reason is told; once, without trying again."""
        for call in (trigger, get):
            before = server.connections
            error = raised(TlsError, lambda call=call: call(connect(server.url)))
            assert error.sent == "no"
            assert words in str(error)
            assert "REQUESTS_CA_BUNDLE" in str(error)
            assert server.connections == before + 1
        assert server.requests == []

    def test_self_signed(self, connect, serve, raised, tls):
        """A certificate of an unknown authority is refused."""
        server = serve(answer(201, started()), tls=tls("localhost"), host="localhost")
        self.refused(connect, raised, server, "unable to get local issuer certificate")

    def test_expired(self, connect, serve, raised, tls, trusted):
        """An expired certificate is refused."""
        assert trusted.exists()
        context = tls("localhost", not_before=dt.datetime(2020, 1, 1), not_after=dt.datetime(2021, 1, 1))  # noqa: DTZ001 - trustme wants it so
        self.refused(connect, raised, serve(answer(), tls=context, host="localhost"), "expired")

    def test_another_name(self, connect, serve, raised, tls, trusted):
        """A certificate for another host is refused."""
        assert trusted.exists()
        self.refused(connect, raised, serve(answer(), tls=tls("example.com"), host="localhost"), "Hostname mismatch")

    def test_plain_http_where_tls_is_expected(self, connect, serve, raised):
        """A server that speaks plain HTTP on an https address gets nothing, not even the key."""
        server = serve(answer(), unread=lambda sock, _: sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n"))
        server.url = server.url.replace("http:", "https:")
        error = raised(TlsError, lambda: trigger(connect(server.url)))
        assert error.sent == "no"
        assert server.requests == []

    def test_the_right_authority(self, connect, serve, tls, trusted):
        """With the bundle that holds the server's authority it works."""
        assert trusted.exists()
        server = serve(answer(201, started()), answer(200, session()), tls=tls("localhost"), host="localhost")
        client = connect(server.url)
        assert trigger(client)[0].id == get(client).id

    def test_a_bundle_that_is_not_there(self, connect, raised, monkeypatch, tmp_path):
        """A wrong REQUESTS_CA_BUNDLE is named before anything is sent."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "no-such-file.pem"))
        error = raised(ConfigError, lambda: connect("https://localhost:1"))
        assert "REQUESTS_CA_BUNDLE: there is no such file" in str(error)

    def test_a_bundle_of_garbage(self, connect, raised, monkeypatch, tmp_path):
        """A bundle that holds no certificate is named before anything is sent."""
        (tmp_path / "garbage.pem").write_text("not a certificate")
        monkeypatch.setenv("CURL_CA_BUNDLE", str(tmp_path / "garbage.pem"))
        error = raised(ConfigError, lambda: connect("https://localhost:1"))
        assert "CURL_CA_BUNDLE: this file holds no certificates" in str(error)

    def test_the_authorities_are_read_once(self, connect, serve, tls, trusted, monkeypatch):
        """Many connections, of many clients, read the authorities once: that takes longer than a handshake."""
        assert trusted.exists()
        read = []
        real = ssl.SSLContext.load_verify_locations
        monkeypatch.setattr(
            ssl.SSLContext, "load_verify_locations", lambda *args, **kwargs: read.append(1) or real(*args, **kwargs)
        )
        server = serve(answer(201, started()), tls=tls("localhost"), host="localhost")
        for _ in range(3):
            client = connect(server.url)
            trigger(client)
            trigger(client)
        assert server.connections == 6
        assert len(read) == 1

    @pytest.mark.parametrize("way", ["plain", "tls", "tls in tls"])
    def test_a_second_answer_that_nobody_asked_for(self, connect, serve, tls, trusted, *, monkeypatch, way):
        """It is not taken for the answer to the next request, which goes over a new connection."""
        assert trusted.exists()
        first = whole(200, json.dumps(session(name="")).encode())
        padding = "x" * (io.DEFAULT_BUFFER_SIZE - len(first) - 1)  # its length has one digit more
        first = whole(200, json.dumps(session(name=padding)).encode())
        assert len(first) == io.DEFAULT_BUFFER_SIZE
        server = serve(
            raw(first + whole(404, b"{}"), then_close=False),
            answer(200, session()),
            tls=tls("localhost", "checkly.test") if way != "plain" else None,
            host="localhost",
        )
        url = server.url
        if way == "tls in tls":
            monkeypatch.setenv("HTTPS_PROXY", serve(Tunnel(server.port), tls=tls("localhost"), host="localhost").url)
            url = TARGET
        client = connect(url)
        assert get(client).status == get(client).status
        assert (server.connections, len(server.requests)) == (2, 2)

    @pytest.mark.parametrize("way", ["plain", "tls", "tls in tls"])
    def test_reads_share_a_connection(self, connect, serve, tls, trusted, *, monkeypatch, way):
        """One after the other they need one, so that a gate pays for its handshakes once."""
        assert trusted.exists()
        context = tls("localhost", "checkly.test") if way != "plain" else None
        server = serve(answer(200, session()), tls=context, host="localhost")
        url = server.url
        if way == "tls in tls":
            monkeypatch.setenv("HTTPS_PROXY", serve(Tunnel(server.port), tls=tls("localhost"), host="localhost").url)
            url = TARGET
        client = connect(url)
        for _ in range(3):
            get(client)
        assert (server.connections, len(server.requests)) == (1, 3)

    @pytest.mark.parametrize("encrypted", [False, True])
    def test_28_sending_ends_at_the_deadline(self, connect, serve, raised, tls, trusted, *, monkeypatch, encrypted):
        """Case 28: a peer that takes only what its system takes for it does not hold a large request for ever."""
        assert trusted.exists()
        context = tls("localhost") if encrypted else None
        real = connection.create_connection

        def small(*args, **kwargs):
            sock = real(*args, **kwargs)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
            return sock

        def never_read(sock, stopping):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
            with context.wrap_socket(sock, server_side=True) if context else contextlib.nullcontext():
                stopping.wait()

        monkeypatch.setattr(connection, "create_connection", small)
        server = serve(hang, unread=never_read, host="localhost")
        client = connect(f"http{'s' if encrypted else ''}://localhost:{server.port}")
        body = {"target": {"matchTags": [["x" * 1000] * 950]}}
        began = time.monotonic()
        error = raised(ReadTimeout, lambda: client.trigger(body, deadline=Deadline(2.5)))
        assert time.monotonic() - began < 3.5
        assert error.sent == "maybe"

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
    @pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")  # the test needs the old versions
    def test_an_outdated_protocol(self, connect, serve, raised, tls, trusted, *, version):
        """TLS older than 1.2 is refused."""
        assert trusted.exists()
        context = tls("localhost")
        context.minimum_version = version
        context.maximum_version = version
        error = raised(TlsError, lambda: trigger(connect(serve(answer(), tls=context, host="localhost").url)))
        assert error.sent == "no"

    @pytest.mark.parametrize("how", [drop, reset], ids=["closed", "reset"])
    def test_11_a_break_in_the_handshake(self, connect, serve, raised, tls, trusted, *, how):
        """Case 11: a server that restarts says nothing about its certificate; nothing was sent, and it is tried again."""
        assert trusted.exists()

        def broken(sock, stopping):
            sock.recv(1)
            how(Exchange(None, sock, stopping))

        server = serve(answer(201, started()), tls=tls("localhost"), host="localhost", unread=broken)
        error = raised(ConnectFailed, lambda: trigger(connect(server.url)))
        assert "it closed the connection" in str(error)
        assert (server.connections, server.requests) == (5, [])

    def test_a_break_after_the_request_is_not_called_unsent(self, connect, serve, raised, tls, trusted):
        """TLS that fails after the POST was read leaves open whether checks started, and a read is tried again."""
        assert trusted.exists()

        def not_tls_any_more(exchange):
            raw_socket = socket.socket(fileno=exchange.sock.detach())
            raw_socket.sendall(b"\x16\x03\x03 this is no TLS record at all, only noise" * 9)
            raw_socket.close()

        context = tls("localhost")
        server = serve(not_tls_any_more, tls=context, host="localhost")
        error = raised(ConnectionLost, lambda: trigger(connect(server.url)))
        assert error.sent == "maybe"
        assert "Checks may have started" in str(error)
        server = serve(not_tls_any_more, answer(200, session()), tls=context, host="localhost")
        assert get(connect(server.url)).finished


@pytest.fixture
def target(serve, tls, trusted) -> FaultServer:
    """Serve TLS as checkly.test, which only a proxy can find."""
    assert trusted.exists()
    return serve(answer(201, started()), answer(200, session()), tls=tls("checkly.test"), host="checkly.test")


REFUSALS = [
    pytest.param(raw(head(407, {"Content-Length": "0"})), id="407"),
    pytest.param(raw(head(403, {"X": PROXY_SECRET, "Content-Length": "0"})), id="403"),
    pytest.param(raw(f"HTTP/1.1 502 {PROXY_SECRET}\r\n\r\n".encode()), id="502"),
    pytest.param(raw(b"garbage\r\n\r\n"), id="garbage"),
    pytest.param(drop, id="drop"),
]


class TestProxy:
    """Case 20: the variables are obeyed, the tunnel hides the key, and no proxy's password is ever shown."""

    def test_the_way_through_a_proxy(self, connect, target, monkeypatch):
        """The proxy sees a CONNECT without key and account; the target sees both and not the proxy's password."""
        word = base64.b64encode(f"user:{PROXY_SECRET}".encode()).decode()
        with proxy_to(target.port, authorization=f"Basic {word}") as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY_SECRET}@127.0.0.1:{proxy.port}")
            client = connect(TARGET)
            assert trigger(client)[0].id == SESSION
            assert get(client).finished
        assert {(request.method, request.path) for request in proxy.requests} == {("CONNECT", "checkly.test:443")}
        seen = repr(proxy.requests)
        assert leaks(seen) == []
        assert ACCOUNT not in seen
        assert [request.headers["authorization"] for request in target.requests] == [f"Bearer {KEY}"] * 2
        assert "proxy-authorization" not in target.requests[0].headers

    @pytest.mark.usefixtures("trusted")
    def test_a_server_that_repeats_the_proxy_s_password(self, connect, serve, raised, tls, monkeypatch):
        """Whoever learned it, the password does not come back in a message."""
        target = serve(
            answer(400, {"message": f"who is {PROXY_SECRET}?"}), tls=tls("checkly.test"), host="checkly.test"
        )
        with proxy_to(target.port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY_SECRET}@127.0.0.1:{proxy.port}")
            error = raised(BadRequest, lambda: get(connect(TARGET)))
        assert "Checkly says: who is ***?" in str(error)

    def test_a_proxy_behind_tls(self, connect, target, serve, tls, monkeypatch):
        """A proxy that is itself reached by TLS works, with the same deadline."""
        proxy = serve(Tunnel(target.port), tls=tls("localhost"), host="localhost")
        monkeypatch.setenv("https_proxy", f"https://localhost:{proxy.port}")
        assert trigger(connect(TARGET))[0].id == SESSION

    def test_no_proxy(self, connect, serve, tls, trusted, monkeypatch):
        """What NO_PROXY names, and this machine itself, is reached directly."""
        assert trusted.exists()
        server = serve(answer(200, session()), tls=tls("localhost"), host="localhost")
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{closed_port()}")
        assert get(connect(server.url)).finished

    def test_bypassed_when_told(self, connect, raised, serve, monkeypatch):
        """NO_PROXY wins over HTTPS_PROXY: the proxy hears nothing of the name."""
        proxy = serve(answer())
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "checkly.invalid")
        raised(ConnectFailed, lambda: get(connect("https://checkly.invalid"), 2.0))
        assert proxy.connections == 0

    @pytest.mark.parametrize("step", REFUSALS)
    def test_11_a_refusal_of_the_proxy(self, connect, serve, raised, monkeypatch, *, step):
        """Case 11: a proxy that does not let through is named as such; nothing was sent; its password is not shown."""
        proxy = serve(step)
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY_SECRET}@127.0.0.1:{proxy.port}")
        error = raised(ConnectFailed, lambda: trigger(connect(TARGET)))
        assert error.sent == "no"
        assert "proxy" in str(error)
        assert leaks(str(error) + repr(error), PROXY_SECRET) == []
        assert len(proxy.requests) == 5
        assert {request.method for request in proxy.requests} == {"CONNECT"}

    def test_11_what_the_proxy_answered(self, connect, serve, raised, monkeypatch):
        """Case 11: its status tells whether credentials are missing; its own words are not shown."""
        monkeypatch.setenv("HTTPS_PROXY", serve(raw(b"HTTP/1.1 407 SomeWords\r\n\r\n")).url)
        error = raised(ConnectFailed, lambda: trigger(connect(TARGET)))
        assert str(error).endswith("(see HTTPS_PROXY and NO_PROXY): it answered CONNECT with 407")

    def test_11_no_proxy_there(self, connect, raised, monkeypatch):
        """Case 11: a proxy that cannot be reached is named as such, without its address and password."""
        monkeypatch.setenv("ALL_PROXY", f"http://user:{PROXY_SECRET}@127.0.0.1:{closed_port()}")
        error = raised(ConnectFailed, lambda: trigger(connect(TARGET)))
        assert "the proxy for https://checkly.test" in str(error)
        assert "refused the connection" in str(error)
        assert leaks(str(error), PROXY_SECRET) == []

    @pytest.mark.parametrize(
        "url",
        [
            f"socks5://user:{PROXY_SECRET}@127.0.0.1:1",
            f"gopher://user:{PROXY_SECRET}@127.0.0.1:1",
            f"http://user:{PROXY_SECRET}@",
            f"http://user:{PROXY_SECRET}@[::1",
            f"http://user:{PROXY_SECRET}@127.0.0.1:port",
        ],
    )
    def test_an_unusable_proxy_url(self, connect, raised, monkeypatch, url):
        """A proxy URL that cannot be used is named by its variable before anything is sent, and none of it is shown."""
        monkeypatch.setenv("HTTPS_PROXY", url)
        error = raised(ConfigError, lambda: connect(TARGET))
        assert "HTTPS_PROXY" in str(error)
        assert leaks(str(error) + repr(error), PROXY_SECRET) == []

    def test_a_proxy_without_scheme(self, connect, target, monkeypatch):
        """HOST:PORT alone means http, as everywhere."""
        with proxy_to(target.port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", f"127.0.0.1:{proxy.port}")
            assert trigger(connect(TARGET))[0].id == SESSION

    @pytest.mark.parametrize("step", [hang, drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 999)], ids=["silent", "drips"])
    def test_28_a_slow_proxy_ends_at_the_deadline(self, connect, serve, raised, monkeypatch, *, step):
        """Case 28: a proxy that does not answer CONNECT, or one byte at a time, ends at the deadline; nothing was sent."""
        monkeypatch.setenv("HTTPS_PROXY", serve(step).url)
        began = time.monotonic()
        error = raised(ConnectFailed, lambda: get(connect(TARGET), 0.7))
        assert time.monotonic() - began < 1.6
        assert error.sent == "no"

    def test_a_target_that_is_not_trusted_behind_a_proxy(self, connect, raised, target, monkeypatch):
        """Behind a proxy the target's certificate is checked all the same, and the target is named, not the proxy."""
        monkeypatch.delenv("REQUESTS_CA_BUNDLE")
        with proxy_to(target.port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            error = raised(TlsError, lambda: trigger(connect(TARGET)))
        assert "no trusted connection to https://checkly.test" in str(error)
        assert target.requests == []

    def test_a_proxy_that_intercepts(self, connect, raised, serve, monkeypatch, trusted):
        """A proxy that answers in the target's place, with a certificate of its own, gets nothing."""
        assert trusted.exists()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("checkly.test").configure_cert(context)
        fake = serve(answer(201, started()), tls=context)
        with proxy_to(fake.port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            raised(TlsError, lambda: trigger(connect(TARGET)))
        assert fake.requests == []

    def test_28_the_answer_through_a_proxy_keeps_the_deadline(
        self, connect, raised, serve, tls, trusted, *, monkeypatch
    ):
        """Case 28: what drips through a tunnel ends at the deadline too."""
        assert trusted.exists()
        slow = serve(drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 999), tls=tls("checkly.test"))
        with proxy_to(slow.port) as proxy:
            monkeypatch.setenv("HTTPS_PROXY", proxy.url)
            raised(ReadTimeout, lambda: get(connect(TARGET), 0.8))

    def test_28_an_answer_inside_two_tls_keeps_the_deadline(self, connect, raised, serve, target, *, tls, monkeypatch):
        """Case 28: pieces of one TLS record that drip through a proxy which is itself reached by TLS end at the deadline."""
        proxy = serve(Tunnel(target.port, drips=lambda: bool(target.requests)), tls=tls("localhost"), host="localhost")
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        began = time.monotonic()
        raised(ReadTimeout, lambda: get(connect(TARGET), 1.0))
        assert time.monotonic() - began < 1.8

    def test_28_a_handshake_inside_two_tls_keeps_the_deadline(
        self, connect, raised, serve, target, *, tls, monkeypatch
    ):
        """Case 28: the same while connecting, so nothing was sent."""
        proxy = serve(Tunnel(target.port, drips=lambda: True), tls=tls("localhost"), host="localhost")
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        began = time.monotonic()
        error = raised(ConnectFailed, lambda: get(connect(TARGET), 1.0))
        assert time.monotonic() - began < 1.8
        assert error.sent == "no"
        assert target.requests == []
