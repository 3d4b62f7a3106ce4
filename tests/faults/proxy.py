"""A small HTTP proxy on a real socket, for tests: it tunnels every name to one port of this machine, or misbehaves."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fault_server import Closed, Exchange, FaultServer, head

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass
class Tunnel:
    """
    A step of a :class:`FaultServer` that makes it a proxy: it grants ``CONNECT`` and passes bytes on.

    Attributes:
        port: Where it leads to.
        authorization: The ``Proxy-Authorization`` that it insists on.
        drips: Tells whether what comes back is passed on one byte at a time, from now on.
    """

    port: int
    authorization: str | None = None
    drips: Callable[[], bool] = lambda: False

    def __call__(self, exchange: Exchange) -> None:
        """Serve one ``CONNECT`` request."""
        if self.authorization not in (None, exchange.request.headers.get("proxy-authorization")):
            exchange.send(head(407, {"Content-Length": "0", "Proxy-Authenticate": "Basic"}))
            raise Closed
        with socket.create_connection(("127.0.0.1", self.port)) as target:
            exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=self._back, args=(target, exchange), daemon=True)
            back.start()
            _pump(exchange.sock.recv, target)
            back.join(5)
        raise Closed

    def _back(self, target: socket.socket, exchange: Exchange) -> None:
        def some(size: int) -> bytes:
            data = target.recv(size)
            if not self.drips():
                return data
            for byte in data:
                exchange.send(bytes([byte]))
                exchange.hang(0.1)
            return b""

        with contextlib.suppress(Closed):
            _pump(some, exchange.sock)


def _pump(recv: Callable[[int], bytes], target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def proxy_to(port: int, *, authorization: str | None = None) -> FaultServer:
    """Make a proxy that leads every name to a port of this machine."""
    return FaultServer([Tunnel(port, authorization)])
