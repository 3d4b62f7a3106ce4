"""
The Pulumi engine as a provider process sees it: its address, its log, and how it shows errors.

The engine starts a provider with its own address as the last argument.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import NoReturn

import grpc  # type: ignore[import-untyped]  # it has no stubs
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ChecklyError, OperationCancelled

__all__ = ["Engine", "EngineLog", "clean_errors"]

_MAX_LINE = 2_000


class Engine:
    """
    The engine that started this process.

    Args:
        address: ``host:port``; anything else, such as under a test runner, means that there is no engine.
    """

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._address = (host, int(port)) if host and port.isdecimal() and int(port) < 65536 else None
        self._stub: engine_pb2_grpc.EngineStub | None = None
        self._lock = threading.Lock()
        if not self.is_alive():
            self._address = None

    def is_alive(self) -> bool:
        """Whether the engine accepts connections."""
        if self._address is None:
            return False
        try:
            socket.create_connection(self._address, timeout=2).close()
        except OSError:
            return False
        return True

    def must_be_alive(self) -> None:
        """
        Refuse to start anything for an engine that was killed: this process survives it, but nobody would learn the outcome.

        Raises:
            OperationCancelled: The engine has ended.
        """
        if self._address is not None and not self.is_alive():
            msg = "the Pulumi engine has ended; nothing more is started"
            raise OperationCancelled(msg)

    def log(self, message: str, *, severity: str, urn: str, ephemeral: bool) -> None:
        """Show a message on a resource's row. Never raises: when the engine was killed, nobody listens."""
        if self._address is None:
            return
        with contextlib.suppress(grpc.RpcError, ValueError), self._lock:
            if self._stub is None:
                channel = grpc.insecure_channel(f"{self._address[0]}:{self._address[1]}")
                self._stub = engine_pb2_grpc.EngineStub(channel)
            request = engine_pb2.LogRequest(
                severity=engine_pb2.LogSeverity.Value(severity), message=message, urn=urn, ephemeral=ephemeral
            )
            self._stub.Log(request, timeout=2)


class EngineLog:
    """
    Shows lines on the row of one resource.

    Args:
        engine: The engine.
        urn: The resource; empty for the row of the stack.
        name: The resource's name, shown before each line on the row of the stack.
        wording: Turns a message into the words of the program's language.
    """

    def __init__(self, engine: Engine, urn: str, name: str, *, wording: Callable[[str], str] = str) -> None:
        self._engine = engine
        self._urn = urn
        self._name = name
        self._wording = wording

    def progress(self, line: str) -> None:
        """Show a line while the operation runs; it is not kept."""
        self._show(line, "INFO", ephemeral=True)

    def info(self, line: str) -> None:
        """Show a line that stays after the operation."""
        self._show(line, "INFO", ephemeral=False)

    def warning(self, line: str) -> None:
        """Show a warning that stays after the operation."""
        self._show(line, "WARNING", ephemeral=False)

    def _show(self, text: str, severity: str, *, ephemeral: bool) -> None:
        lines = [
            printable(line, limit=_MAX_LINE) if not line.startswith(" ") else line
            for line in self._wording(text).splitlines()
        ]
        about = "" if self._urn else f"{self._name}: "
        self._engine.log(about + "\n".join(lines), severity=severity, urn=self._urn, ephemeral=ephemeral)


@contextlib.contextmanager
def clean_errors() -> Iterator[None]:
    """Show an expected error as one clean line; an unexpected one keeps its traceback."""
    try:
        yield
    except ChecklyError as error:
        expected = error
    else:
        return
    _raise_clean(expected)


def _raise_clean(error: ChecklyError) -> NoReturn:
    """
    Raise an error so that the host of dynamic providers prints ``Name: message`` and nothing else.

    The host sends ``traceback.format_exc()`` to the user. Without a traceback limit and a class that seems to be built in, that
    is a page of Python. The limit is process-wide and cannot be reset without racing the host, so it is set only here.
    """
    sys.tracebacklimit = 0
    plain = type(type(error).__name__, (RuntimeError,), {"__module__": "builtins"})
    raise plain(str(error)) from None
