"""
Sockets that end with the exchange that they serve.

A timeout of the standard library begins anew with each call, so a server that sends one byte now and then holds a caller for
ever. Here one moment, which belongs to whatever the thread is doing, ends every handshake, every ``send`` and every ``recv``,
also of TLS inside the TLS of a proxy. Without such a moment nothing is sent or read.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

__all__ = ["PlainSocket", "TlsSocket", "left", "until"]

_END: ContextVar[float] = ContextVar("end")


@contextmanager
def until(end: float) -> Iterator[None]:
    """End whatever is sent or read inside, in this thread, at a moment of ``time.monotonic()``."""
    token = _END.set(end)
    try:
        yield
    finally:
        _END.reset(token)


def left() -> float:
    """
    Return the seconds that are left, which are never zero, because that would make a socket non-blocking.

    Raises:
        TimeoutError: There is none left.
    """
    seconds = _END.get() - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


class PlainSocket(socket.socket):
    """A TCP socket; only the calls that ``http.client`` and its buffered reader make."""

    def recv_into(self, *args: Any) -> int:
        """Receive, as long as there is time."""
        self.settimeout(left())
        return super().recv_into(*args)

    def sendall(self, *args: Any) -> None:
        """Send all, as long as there is time."""
        self.settimeout(left())
        super().sendall(*args)


class TlsSocket(ssl.SSLSocket):
    """A TLS socket; everything else that it can do goes through these three."""

    def do_handshake(self, *args: Any) -> None:
        """Shake hands, as long as there is time."""
        self.settimeout(left())
        super().do_handshake(*args)

    def read(self, *args: Any) -> Any:
        """Receive, as long as there is time."""
        self.settimeout(left())
        return super().read(*args)

    def send(self, *args: Any) -> int:
        """Send, as long as there is time."""
        self.settimeout(left())
        return super().send(*args)
