"""
A server that misbehaves on purpose, on raw sockets.

It plays a script: the first request that it reads is met by the first step, the second by the second, and so on; the last step
stays for all later ones. A step is a function of the :class:`Exchange`, so a test can write its own.
"""

import contextlib
import gzip
import json as json_module
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import parse_headers
from typing import Any


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json_module.loads(self.body)


class Closed(Exception):
    """The step ended the connection, or the other side did."""


@dataclass
class Exchange:
    """One request and the connection that it came on."""

    request: Request
    sock: socket.socket
    stopping: threading.Event

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def hang(self, seconds: float = 600.0) -> None:
        """Do not answer, at most until the server stops."""
        if self.stopping.wait(seconds):
            raise Closed

    def close(self) -> None:
        """End the connection in the ordinary way."""
        raise Closed

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed


Step = Callable[[Exchange], None]


class FaultServer(socketserver.ThreadingTCPServer):
    """
    The server, while the ``with`` block lasts; it keeps the requests that it has read.

    Args:
        script: What to do with each request.
        tls: Makes it speak TLS.
        host: The name in its URL.
        port: 0 for a free one.
        unread: Called with each connection before anything is read from it.
    """

    allow_reuse_address = True
    request_queue_size = 256

    def __init__(
        self,
        script: list[Step],
        *,
        tls: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        unread: Callable[[socket.socket, threading.Event], None] | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", port), socketserver.BaseRequestHandler)
        self.port = self.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self.script = script
        self.requests: list[Request] = []
        self.connections = 0
        self._tls, self._unread = tls, unread
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []

    def __enter__(self) -> "FaultServer":
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.shutdown()
        for sock in self._open:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def finish_request(self, sock: Any, _address: Any) -> None:
        """Serve one connection, in a thread of its own."""
        self.connections += 1
        self._open.append(sock)
        if self._stopping.is_set():
            return
        with contextlib.suppress(OSError, Closed, ValueError), contextlib.ExitStack() as stack:
            if self._unread is not None:
                self._unread(sock, self._stopping)
            if self._tls is not None:
                sock = stack.enter_context(self._tls.wrap_socket(sock, server_side=True))
                self._open.append(sock)
            reader = stack.enter_context(sock.makefile("rb"))
            while line := reader.readline():
                method, path, _ = line.decode("latin-1").split(" ", 2)
                headers = {name.lower(): value for name, value in parse_headers(reader).items()}
                request = Request(method, path, headers, reader.read(int(headers.get("content-length", 0))))
                with self._lock:
                    step = self.script[min(len(self.requests), len(self.script) - 1)]
                    self.requests.append(request)
                step(Exchange(request, sock, self._stopping))

    def shutdown_request(self, request: Any) -> None:
        """Only close: a proper end before a reset would hide the reset."""
        request.close()


def head(status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Make the head of an answer."""
    lines = [f"HTTP/1.1 {status} Made Up", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Make a complete answer."""
    return head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body


def raw(data: bytes) -> Step:
    """Send bytes as they are, and close the connection."""

    def step(exchange: Exchange) -> None:
        exchange.send(data)
        exchange.close()

    return step


def answer(
    status: int = 200, json: Any = None, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Step:
    """Answer properly, and keep the connection."""
    content = json_module.dumps(json).encode() if body is None else body
    data = whole(status, content, {"Content-Type": "application/json", **(headers or {})})
    return lambda exchange: exchange.send(data)


def drip(data: bytes, *, every: float = 0.05) -> Step:
    """Send one byte at a time, for ever if it has to be."""

    def step(exchange: Exchange) -> None:
        for byte in data:
            exchange.send(bytes([byte]))
            exchange.hang(every)

    return step


hang = Exchange.hang
drop = Exchange.close
reset = Exchange.reset


def spoilt(status: int) -> dict[str, Step]:
    """Make answers that do not tell whether the request was received; *status* is the status of a good answer."""
    return {
        "closed": drop,
        "reset": reset,
        "cut off": raw(head(status, {"Content-Length": "999"}) + b'{"sessions": [{"checkSes'),
        "cut off in chunks": raw(head(status, {"Transfer-Encoding": "chunked"}) + b"1\r\n{\r\n"),
        "not HTTP": raw(b"\x00\xff garbage\r\n\r\n"),
        "not JSON": answer(status, body=b"<html>captive portal</html>"),
        "too deep": answer(status, body=b"[" * 1_000_000),
        "huge number": answer(status, body=b'{"sessions": [{"timeElapsed": 1e999}]}'),
        "bad gzip": answer(status, body=b"\x00", headers={"Content-Encoding": "gzip"}),
        "bomb": answer(status, body=gzip.compress(b" " * 34_000_000), headers={"Content-Encoding": "gzip"}),
        "500": answer(500, {"message": "oops"}),
        "503": answer(503, {}, headers={"Retry-After": "9999"}),
    }


SLOW: dict[str, Step] = {
    "no answer": hang,
    "head drips": drip(b"HTTP/1.1 201 Created\r\nX-Slow: " + b"a" * 9999),
    "body drips": drip(whole(201, b" " * 9999)),
}
"""Answers that never end."""


def closed_port() -> int:
    """Return a port of this machine that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
