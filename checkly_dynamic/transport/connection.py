"""
HTTP connections that keep to the time they were given and tell whether anything was sent.

``urllib3`` applies a timeout to each address that is tried, to each step of connecting and to each ``recv``, so a server that
sends one byte now and then holds a caller for ever. Here one moment ends all of connecting (addresses, proxy, TLS), and another
one sending and the answer, head and body together. Two things cannot be limited: how long the system looks up a name, and a TLS
handshake inside the TLS of a proxy, of which each piece has what was left when it began. After both nothing is sent too late.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.connection import create_connection

__all__ = ["HttpPool", "HttpsPool", "NotConnected", "limits"]


class _Limits(NamedTuple):
    """When it ends, in ``time.monotonic()``."""

    connecting: float
    exchange: float


_LIMITS: ContextVar[_Limits] = ContextVar("limits")


@contextmanager
def limits(*, connecting: float, exchange: float) -> Iterator[None]:
    """
    Set the limits of the requests that are made inside, in this thread. Without them nothing is sent.

    Args:
        connecting: When a connection must stand at the latest, in ``time.monotonic()``; not later than *exchange*.

        exchange: When the answer must be here completely.
    """
    token = _LIMITS.set(_Limits(connecting, exchange))
    try:
        yield
    finally:
        _LIMITS.reset(token)


def _left(end: float) -> float:
    """Return the seconds that are left, which are never zero, because that would make a socket non-blocking."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


class NotConnected(HTTPError):
    """
    No connection was established, so no part of the request was sent. The cause tells why.

    Attributes:
        proxy: Whether it was the way to or through a proxy that failed.
    """

    def __init__(self, *, proxy: bool) -> None:
        self.proxy = proxy
        super().__init__("not connected")


class _DeadlineReader(io.RawIOBase):
    """The reading end of a socket that allows each ``recv`` only the time left until a deadline."""

    def __init__(self, raw: Any, sock: Any, end: float) -> None:
        self._raw, self._sock, self._end = raw, sock, end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._end))  # also without waiting, because a server may send without end
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, end: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, end))

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
    _connecting = False

    @property
    def response_class(self) -> Any:
        """What reads an answer, made at the moment when reading begins; also that of a proxy to ``CONNECT``."""
        now = _LIMITS.get()
        return partial(_Response, end=now.connecting if self._connecting else now.exchange)

    @property
    def is_connected(self) -> bool:
        """Whether it can be used again: not with bytes that nobody asked for, which would be read as the next answer."""
        pending = getattr(
            self.sock, "pending", lambda: 0
        )  # decrypted already, so that urllib3's look at the socket misses it
        return super().is_connected and not pending()  # type: ignore[misc]  # the next class in line is urllib3's connection

    def connect(self) -> None:
        self._through_proxy = self.proxy is None
        self._connecting = True
        try:
            super().connect()  # type: ignore[misc]  # as above
            _left(_LIMITS.get().connecting)
            self.sock.settimeout(_left(_LIMITS.get().exchange))  # for sending
        except Exception as error:
            raise NotConnected(proxy=not self._through_proxy) from error
        self._connecting = False

    def _tunnel(self) -> None:
        super()._tunnel()  # type: ignore[misc]  # as above
        self.sock.settimeout(_left(_LIMITS.get().connecting))
        self._through_proxy = True  # what fails from here on is the handshake with the target itself

    def _new_conn(self) -> socket.socket:
        """Try the host's addresses in turn, each with its share of the time left, and leave the rest of it to the handshake."""
        end = _LIMITS.get().connecting
        addresses = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        first: OSError | None = None
        for tried, (*_, address) in enumerate(addresses):
            share = _left(end) / (len(addresses) - tried)
            try:
                sock = create_connection((str(address[0]), self.port), share, socket_options=self.socket_options)
            except OSError as error:
                first = first or error  # the name's first address is the one that should have worked
            else:
                sock.settimeout(_left(end))
                return sock
        raise first or OSError("the name has no address")


class _HttpConnection(_Punctual, HTTPConnection):  # type: ignore[override]  # nobody writes response_class
    pass


class _HttpsConnection(_Punctual, HTTPSConnection):  # type: ignore[override]  # as above
    pass


class HttpPool(HTTPConnectionPool):
    """A pool of plain connections, for loopback."""

    ConnectionCls = _HttpConnection


class HttpsPool(HTTPSConnectionPool):
    """A pool of TLS connections."""

    ConnectionCls = _HttpsConnection
