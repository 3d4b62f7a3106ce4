"""
HTTP connections that keep to the time they were given and tell whether anything was sent.

``urllib3`` applies a timeout to each address that is tried and to each ``recv``, so a server that sends one byte now and then
holds a caller for ever. Here the timeout that urllib3 sets before it connects, or before it reads an answer, is for
all addresses together, and for head and body together. It is the same for plain connections, TLS and the answer of a proxy.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from functools import partial
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.connection import create_connection

__all__ = ["HttpPool", "HttpsPool", "NotConnected"]

_LONGEST = 60.0
_SHORTEST = 0.001  # a timeout of zero would make a socket non-blocking


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
        self._sock.settimeout(max(_SHORTEST, self._end - time.monotonic()))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: Any, *args: Any, end: float, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, end))


class _Punctual:
    """Mixed into urllib3's connections."""

    timeout: Any
    proxy: Any
    port: int
    socket_options: Any
    _dns_host: str

    @property
    def response_class(self) -> Any:
        """What reads an answer, made at the moment when reading begins; also that of a proxy to ``CONNECT``."""
        return partial(_Response, end=time.monotonic() + self._seconds())

    def connect(self) -> None:
        self._through_proxy = self.proxy is None
        try:
            super().connect()  # type: ignore[misc]  # the next class in line is urllib3's connection
        except Exception as error:
            raise NotConnected(proxy=not self._through_proxy) from error

    def _tunnel(self) -> None:
        super()._tunnel()  # type: ignore[misc]  # as above
        self._through_proxy = True  # what fails from here on is the handshake with the target itself

    def _new_conn(self) -> socket.socket:
        """Try the host's addresses in turn, each with its share of the time left. (Looking up the name cannot be limited.)"""
        end = time.monotonic() + self._seconds()
        addresses = socket.getaddrinfo(self._dns_host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        for left, (*_, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
            share = max(_SHORTEST, (end - time.monotonic()) / left)
            try:
                return create_connection((str(address[0]), self.port), share, socket_options=self.socket_options)
            except OSError:
                if left == 1:
                    raise
        msg = "the name has no address"
        raise OSError(msg)

    def _seconds(self) -> float:
        return float(self.timeout) if isinstance(self.timeout, int | float) else _LONGEST


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
