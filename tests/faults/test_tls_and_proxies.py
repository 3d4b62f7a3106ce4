"""Who is at the other end, and through which proxy. Nothing is sent to anybody else."""

from __future__ import annotations

import base64
import datetime as dt
import socket
import ssl
import time

import pytest
import trustme
from fault_server import Exchange, FaultServer, answer, drop, raw, reset
from proxy import Tunnel
from wire_data import ACCOUNT, KEY, SESSION, fast, leaks, session, started

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ConfigError, TransportError

PROXY_SECRET = "ProxyS3cretWord"
TARGET = "https://checkly.test"


def get(client, seconds=10.0):
    """Read the session under a deadline."""
    return client.get("check", SESSION, deadline=Deadline(seconds))


class TestTls:
    """Only a certificate that is trusted, valid and for this name is accepted."""

    @pytest.mark.parametrize(
        ("names", "arguments", "words"),
        [
            (["localhost"], {"not_after": dt.datetime(2021, 1, 1)}, "expired"),  # noqa: DTZ001 - as trustme wants it
            (["example.com"], {}, "Hostname mismatch"),
        ],
        ids=["expired", "another-name"],
    )
    @pytest.mark.usefixtures("trusted")
    def test_a_bad_certificate(self, connect, trigger, serve, raised, tls, *, names, arguments, words):
        """Neither a POST nor a GET is sent, the reason is told, and it is not tried again."""
        if "not_after" in arguments:
            arguments = {**arguments, "not_before": dt.datetime(2020, 1, 1)}  # noqa: DTZ001 - as trustme wants it
        server = serve(answer(201, started()), tls=tls(*names, **arguments), host="localhost")
        for call in (trigger, get):
            before = server.connections
            error = raised(TransportError, lambda call=call: call(connect(server.url)))
            assert error.sent == "no"
            assert words in str(error)
            assert "REQUESTS_CA_BUNDLE" in str(error)
            assert server.connections == before + 1
        assert server.requests == []

    @pytest.mark.usefixtures("trusted")
    def test_the_right_authority(self, connect, trigger, serve, tls):
        """With the bundle that holds the server's authority it works, on this machine too."""
        server = serve(answer(201, started()), answer(200, session()), tls=tls("localhost"), host="localhost")
        client = connect(server.url)
        assert trigger(client)[0].id == get(client)[0].id

    def test_a_bundle_that_does_not_exist(self, connect, raised, monkeypatch):
        """A wrong path is named before anything is sent."""
        for variable in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
            monkeypatch.setenv(variable, "/no/such/file.pem")
            error = raised(ConfigError, lambda: connect("https://localhost:1"))
            assert str(error) == f"environment variable {variable}: the file does not exist"

    def test_plain_http_where_tls_is_expected(self, connect, trigger, serve, raised):
        """A server that speaks plain HTTP on an https address gets nothing, not even the key."""
        server = serve(answer(), unread=lambda sock, _: sock.sendall(b"HTTP/1.1 200 OK\r\n\r\n"))
        error = raised(TransportError, lambda: trigger(connect(server.url.replace("http:", "https:"))))
        assert error.sent == "no"
        assert server.requests == []

    @pytest.mark.usefixtures("trusted")
    def test_a_broken_handshake_is_tried_again(self, connect, trigger, serve, tls):
        """A server that restarts says nothing about its certificate; nothing was sent, so one POST arrives in the end."""

        def broken_twice(sock, stopping):
            if server.connections <= 2:
                sock.recv(1)
                reset(Exchange(None, sock, stopping))

        server = serve(answer(201, started()), tls=tls("localhost"), host="localhost", unread=broken_twice)
        assert trigger(connect(server.url))[0].id == SESSION
        assert (server.connections, len(server.requests)) == (3, 1)

    @pytest.mark.usefixtures("trusted")
    def test_a_hanging_handshake_sent_nothing(self, connect, trigger, serve, raised, tls):
        """The trigger leaves at its deadline and says so; when the handshake goes on later, nothing is sent any more."""
        go_on = []

        def late(_, stopping):
            while not go_on:
                stopping.wait(0.02)

        server = serve(answer(201, started()), tls=tls("localhost"), host="localhost", unread=late)
        began = time.monotonic()
        error = raised(TransportError, lambda: trigger(connect(server.url), clock=fast(15)))
        assert time.monotonic() - began < 2
        assert (error.sent, error.may_have_started) == ("no", False)
        go_on.append(True)
        server.__exit__()  # waits for what the server is still reading
        assert server.requests == []

    @pytest.mark.usefixtures("trusted")
    def test_a_break_after_the_request_may_have_started_checks(self, connect, trigger, serve, raised, tls):
        """TLS that fails after the POST was read is an unknown outcome; a read is tried again."""

        def not_tls_any_more(exchange):
            raw_socket = socket.socket(fileno=exchange.sock.detach())
            raw_socket.sendall(b"\x16\x03\x03 this is no TLS record at all, only noise" * 9)
            raw_socket.close()

        server = serve(not_tls_any_more, tls=tls("localhost"), host="localhost")
        error = raised(TransportError, lambda: trigger(connect(server.url)))
        assert error.may_have_started
        assert len(server.requests) == 1
        server = serve(not_tls_any_more, answer(200, session()), tls=tls("localhost"), host="localhost")
        assert get(connect(server.url))[0].finished


@pytest.fixture
def target(serve, tls, trusted) -> FaultServer:
    """Serve TLS as checkly.test, which only a proxy can find."""
    assert trusted.exists()
    return serve(answer(201, started()), answer(200, session()), tls=tls("checkly.test"), host="checkly.test")


REFUSALS = {
    "502 with words": (raw(f"HTTP/1.1 502 {PROXY_SECRET}\r\n\r\n".encode()), "it answered CONNECT with 502"),
    "closed": (drop, ""),
}


class TestProxy:
    """The variables are obeyed, the tunnel hides the key, and no proxy's password is ever shown."""

    def test_the_tunnel(self, connect, trigger, serve, target, *, monkeypatch, caplog):
        """The proxy sees a CONNECT without key and account; the target sees both and not the proxy's password."""
        caplog.set_level("DEBUG")
        word = base64.b64encode(f"user:{PROXY_SECRET}".encode()).decode()
        proxy = serve(Tunnel(target.port, f"Basic {word}"))
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY_SECRET}@127.0.0.1:{proxy.port}")
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

    def test_a_proxy_behind_tls(self, connect, trigger, target, serve, tls, *, monkeypatch):
        """A proxy that is itself reached by TLS works."""
        proxy = serve(Tunnel(target.port), tls=tls("localhost"), host="localhost")
        monkeypatch.setenv("https_proxy", proxy.url)
        assert trigger(connect(TARGET))[0].id == SESSION

    def test_a_socks_proxy(self, connect, trigger, target, serve, *, monkeypatch):
        """Where PySocks is installed, a SOCKS proxy works for triggers and reads."""
        pytest.importorskip("socks")

        def socks5(sock, _):
            sock.recv(3)
            sock.sendall(b"\x05\x00")
            sock.recv(512)
            sock.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
            Tunnel(target.port).pass_on(sock)

        monkeypatch.setenv("HTTPS_PROXY", f"socks5h://127.0.0.1:{serve(drop, unread=socks5).port}")
        client = connect(TARGET)
        assert trigger(client)[0].id == SESSION
        assert get(client)[0].finished

    @pytest.mark.usefixtures("trusted")
    def test_this_machine_is_never_reached_through_a_proxy(self, connect, trigger, serve, tls, monkeypatch):
        """Neither with nor without TLS, by name or by address."""
        proxy = serve(drop)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        for server in (
            serve(answer(201, started()), answer(200, session()), tls=tls("localhost"), host="localhost"),
            serve(answer(201, started()), answer(200, session())),
        ):
            client = connect(server.url)
            assert trigger(client)[0].id == get(client)[0].id
        assert proxy.connections == 0

    def test_no_proxy(self, connect, raised, serve, monkeypatch):
        """NO_PROXY wins over HTTPS_PROXY: the proxy does not learn the name."""
        proxy = serve(drop)
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "checkly.invalid")
        raised(TransportError, lambda: get(connect("https://checkly.invalid"), 2.0))
        assert proxy.connections == 0

    @pytest.mark.parametrize(("step", "words"), REFUSALS.values(), ids=REFUSALS.keys())
    def test_a_refusal_of_the_proxy(self, connect, trigger, serve, raised, monkeypatch, *, step, words):
        """It is named as the proxy's, nothing was sent, it is tried again, and the proxy's password is not shown."""
        proxy = serve(step)
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY_SECRET}@127.0.0.1:{proxy.port}")
        error = raised(TransportError, lambda: trigger(connect(TARGET)))
        assert error.sent == "no"
        assert "(see HTTPS_PROXY and NO_PROXY)" in str(error)
        assert str(error).endswith(words)
        assert leaks(str(error) + repr(error), PROXY_SECRET) == []
        assert [request.method for request in proxy.requests] == ["CONNECT"] * 5

    @pytest.mark.parametrize("url", ["http://", f"http://u:{PROXY_SECRET}@h:port"])
    def test_an_unusable_proxy_url(self, connect, trigger, raised, monkeypatch, *, url):
        """The error names the variable and shows nothing of its value; nothing was sent."""
        monkeypatch.setenv("HTTPS_PROXY", url)
        for call in (trigger, get):
            error = raised(TransportError, lambda call=call: call(connect(TARGET)))
            assert error.sent == "no"
            assert "HTTPS_PROXY" in str(error)
            assert leaks(str(error) + repr(error), PROXY_SECRET) == []

    def test_a_lost_answer_behind_a_proxy_is_an_unknown_outcome(
        self, connect, trigger, serve, raised, target, *, monkeypatch
    ):
        """The connection knows that the POST was sent through the tunnel, so it is not sent again."""
        target.script[:] = [drop]
        monkeypatch.setenv("HTTPS_PROXY", serve(Tunnel(target.port)).url)
        error = raised(TransportError, lambda: trigger(connect(TARGET)))
        assert error.may_have_started
        assert len(target.requests) == 1

    def test_a_proxy_that_intercepts(self, connect, trigger, raised, serve, *, monkeypatch, trusted):
        """A proxy that answers in the target's place, with a certificate of its own, gets nothing."""
        assert trusted.exists()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("checkly.test").configure_cert(context)
        fake = serve(answer(201, started()), tls=context)
        monkeypatch.setenv("HTTPS_PROXY", serve(Tunnel(fake.port)).url)
        error = raised(TransportError, lambda: trigger(connect(TARGET)))
        assert "no trusted connection to https://checkly.test" in str(error)
        assert fake.requests == []
