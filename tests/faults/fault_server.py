"""
A server that misbehaves on purpose, on raw sockets.

It plays a script: the first request that it reads is met by the first step, the second by the second, and so on; the last step
stays for all later ones. A step is a function of the :class:`Exchange`, so a test can write its own. What was read is kept in
:attr:`FaultServer.requests`.
"""

from __future__ import annotations

import contextlib
import gzip as gzip_module
import json as json_module
import socket
import ssl
import struct
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from typing_extensions import Self


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
        """Do nothing, until the server is stopped at the latest."""
        if self.stopping.wait(seconds):
            raise Closed

    def close(self) -> None:
        """End the connection in the ordinary way."""
        raise Closed

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed


@dataclass
class FaultServer:
    """
    The server, while the ``with`` block lasts.

    Attributes:
        script: What to do with each request.
        tls: Makes it speak TLS.
        host: The name in :attr:`url`.
        port: 0 for a free one.
        unread: Called with each connection before anything is read from it.
    """

    script: list[Callable[[Exchange], None]]
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    port: int = 0
    unread: Callable[[socket.socket, threading.Event], None] | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", self.port), backlog=256)
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        with self._lock:
            for sock in self._open:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _spawn(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._spawn(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        with self._lock:
            self._open.append(sock)
        with contextlib.suppress(OSError, Closed, ValueError), contextlib.ExitStack() as stack:
            stack.callback(sock.close)
            if self.unread is not None:
                self.unread(sock, self._stopping)
            if self.tls is not None:
                sock = self.tls.wrap_socket(sock, server_side=True)
                stack.callback(sock.close)
                with self._lock:
                    self._open.append(sock)
            reader = stack.enter_context(sock.makefile("rb"))
            while (request := read_request(reader)) is not None:
                with self._lock:
                    step = self.script[min(len(self.requests), len(self.script) - 1)]
                    self.requests.append(request)
                step(Exchange(request, sock, self._stopping))


def read_request(reader: Any) -> Request | None:
    """Read one request; None when the other side has closed."""
    line = reader.readline()
    if not line:
        return None
    method, path, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while (line := reader.readline().decode("latin-1").strip()) != "":
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return Request(method, path, headers, reader.read(int(headers.get("content-length", 0))))


def head(status: int = 200, headers: Mapping[str, str] | None = None) -> bytes:
    """Make the head of an answer."""
    lines = [f"HTTP/1.1 {status} Made Up", *(f"{name}: {value}" for name, value in (headers or {}).items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """Make a complete answer."""
    return head(status, {"Content-Length": str(len(body)), **(headers or {})}) + body


def raw(data: bytes, *, then_close: bool = True) -> Callable[[Exchange], None]:
    """Send bytes as they are."""

    def step(exchange: Exchange) -> None:
        exchange.send(data)
        if then_close:
            exchange.close()

    return step


def answer(
    status: int = 200,
    json: Any = None,
    *,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    after: float = 0.0,
) -> Callable[[Exchange], None]:
    """Answer properly, after some seconds, and keep the connection."""
    content = json_module.dumps(json).encode() if body is None else body
    data = whole(status, content, {"Content-Type": "application/json", **(headers or {})})

    def step(exchange: Exchange) -> None:
        if after:
            exchange.hang(after)
        exchange.send(data)

    return step


def hang(exchange: Exchange) -> None:
    """Read the request and never answer."""
    exchange.hang()


def drop(exchange: Exchange) -> None:
    """Read the request and close."""
    exchange.close()


def reset(exchange: Exchange) -> None:
    """Read the request and reset the connection."""
    exchange.reset()


def truncate(status: int, json: Any, *, keep: int) -> Callable[[Exchange], None]:
    """Promise a whole body, send the first *keep* bytes of it and close."""
    content = json_module.dumps(json).encode()
    return raw(head(status, {"Content-Length": str(len(content))}) + content[:keep])


def drip(data: bytes, *, every: float = 0.05) -> Callable[[Exchange], None]:
    """Send one byte at a time, for ever if it has to be."""

    def step(exchange: Exchange) -> None:
        for byte in data:
            exchange.send(bytes([byte]))
            exchange.hang(every)

    return step


def chunked(
    chunks: list[bytes], *, status: int = 200, headers: Mapping[str, str] | None = None, end: bool = True
) -> Any:
    """Answer in chunks; without *end* the last chunk never comes."""
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + (b"0\r\n\r\n" if end else b"")
    return raw(head(status, {"Transfer-Encoding": "chunked", **(headers or {})}) + body, then_close=not end)


def gzipped(
    data: bytes, *, status: int = 200, times: int = 1, headers: Mapping[str, str] | None = None
) -> Callable[[Exchange], None]:
    """Answer with a compressed body."""
    for _ in range(times):
        data = gzip_module.compress(data)
    more = {"Content-Encoding": ", ".join(["gzip"] * times), **(headers or {})}
    return raw(whole(status, data, more), then_close=False)


def redirect(status: int, location: str) -> Callable[[Exchange], None]:
    """Point somewhere else."""
    return answer(status, {}, headers={"Location": location})


def closed_port() -> int:
    """Return a port of this machine that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
