"""A small HTTP proxy on a real socket, for tests: it tunnels every name to one port of this machine."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass

from fault_server import Closed, Exchange, head


@dataclass
class Tunnel:
    """
    A step of a :class:`FaultServer` that makes it a proxy: it grants ``CONNECT`` and passes bytes on.

    Attributes:
        port: Where it leads to.
        authorization: The ``Proxy-Authorization`` that it insists on.
    """

    port: int
    authorization: str | None = None

    def __call__(self, exchange: Exchange) -> None:
        """Serve one ``CONNECT`` request."""
        if self.authorization not in (None, exchange.request.headers.get("proxy-authorization")):
            exchange.send(head(407, {"Content-Length": "0", "Proxy-Authenticate": "Basic"}))
            raise Closed
        exchange.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.pass_on(exchange.sock)

    def pass_on(self, sock: socket.socket) -> None:
        """Connect to the target and pass bytes on until both sides have closed."""
        with socket.create_connection(("127.0.0.1", self.port)) as target:
            back = threading.Thread(target=_pump, args=(target, sock), daemon=True)
            back.start()
            _pump(sock, target)
            back.join(5)
        raise Closed


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
