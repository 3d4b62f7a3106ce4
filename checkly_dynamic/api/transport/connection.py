"""
HTTP connections that keep to the time they were given and tell whether anything was sent.

``urllib3`` applies a timeout to each address that is tried and to each step of connecting. Here one moment ends all of connecting
(addresses, proxy, TLS), and another one sending and the answer, head and body together. One thing cannot be limited: how long
the system looks up a name. After it nothing is sent too late.
"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.connection import create_connection
from urllib3.util.ssltransport import SSLTransport

from checkly_dynamic.api.transport.sockets import PlainSocket, left, until

__all__ = ["HttpPool", "HttpsPool", "NotConnected", "limits"]

_CONNECTING: ContextVar[float] = ContextVar("connecting")


@contextmanager
def limits(*, connecting: float, exchange: float) -> Iterator[None]:
    """
    Set the limits of the requests that are made inside, in this thread. Without them nothing is sent.

    Args:
        connecting: When a connection must stand at the latest, in ``time.monotonic()``; not later than *exchange*.

        exchange: When the answer must be here completely.
    """
    token = _CONNECTING.set(connecting)
    try:
        with until(exchange):
            yield
    finally:
        _CONNECTING.reset(token)


# What urllib3 logs of our requests may hold the path of the URL, and what a server echoes.
for _name in ("urllib3.connection", "urllib3.connectionpool"):
    logging.getLogger(_name).addFilter(lambda _: _CONNECTING.get(None) is None)


class NotConnected(HTTPError):
    """
    No connection was established, so no part of the request was sent. The cause tells why.

    Attributes:
        proxy: Whether it was the way to or through a proxy that failed.
    """

    def __init__(self, *, proxy: bool) -> None:
        self.proxy = proxy
        super().__init__("not connected")


class _Response(http.client.HTTPResponse):
    def _read_status(self) -> tuple[str, int, str]:
        """Skip interim answers, such as 103, which may come before any answer (RFC 9110, 15.2); http.client knows 100 only."""
        while True:
            version, status, reason = super()._read_status()  # type: ignore[misc]  # not in the type stubs
            if not http.HTTPStatus.PROCESSING <= status < http.HTTPStatus.OK:
                return version, status, reason
            http.client.parse_headers(self.fp)


class _Punctual:
    """Mixed into urllib3's connections."""

    sock: Any
    proxy: Any
    port: int
    socket_options: Any
    _dns_host: str
    response_class: Any = _Response

    @property
    def is_connected(self) -> bool:
        """Whether it can be used again: not with bytes that nobody asked for, which would be read as the next answer."""
        return super().is_connected and not _decrypted(self.sock)  # type: ignore[misc]  # the next in line is urllib3's

    def connect(self) -> None:
        self._through_proxy = self.proxy is None
        try:
            with until(_CONNECTING.get()):
                super().connect()  # type: ignore[misc]  # as above
                left()
        except Exception as error:
            raise NotConnected(proxy=not self._through_proxy) from error

    def _tunnel(self) -> None:
        super()._tunnel()  # type: ignore[misc]  # as above
        self._through_proxy = True  # what fails from here on is the handshake with the target itself

    def _new_conn(self) -> socket.socket:
        """Try the host's addresses in turn, each with its share of the time left, and leave the rest of it to the handshake."""
        addresses = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        first: OSError | None = None
        for tried, (*_, address) in enumerate(addresses):
            share = left() / (len(addresses) - tried)
            try:
                sock = create_connection((str(address[0]), self.port), share, socket_options=self.socket_options)
            except OSError as error:
                first = first or error  # the name's first address is the one that should have worked
            else:
                return PlainSocket(sock.family, sock.type, sock.proto, fileno=sock.detach())
        raise first or OSError("the name has no address")


def _decrypted(sock: Any) -> bool:
    """Whether bytes wait that were decrypted already, so that urllib3, which looks at the socket itself, misses them."""
    if isinstance(sock, SSLTransport):  # inside the TLS of a proxy
        return bool(sock.sslobj.pending() or sock.incoming.pending) or _decrypted(sock.socket)
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0


class _HttpConnection(_Punctual, HTTPConnection):
    pass


class _HttpsConnection(_Punctual, HTTPSConnection):
    pass


class HttpPool(HTTPConnectionPool):
    """A pool of plain connections, for loopback."""

    ConnectionCls = _HttpConnection


class HttpsPool(HTTPSConnectionPool):
    """A pool of TLS connections."""

    ConnectionCls = _HttpsConnection
