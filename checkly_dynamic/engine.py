"""The Pulumi engine as a provider process sees it: its address, its log, and how it shows errors."""

import contextlib
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import grpc  # type: ignore[import-untyped]  # it has no stubs
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ChecklyError, OperationCancelled

_MAX_LINE = 2_000


class Engine:
    """The engine that started this process. There is none if the address is not ``host:port``, as under a test runner."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._stub = engine_pb2_grpc.EngineStub(grpc.insecure_channel(address)) if self._is_alive() else None

    def _is_alive(self) -> bool:
        host, _, port = self._address.rpartition(":")
        if not host:
            return False
        try:
            socket.create_connection((host, int(port)), timeout=2).close()
        except (OSError, ValueError, OverflowError):
            return False
        return True

    def must_be_alive(self) -> None:
        """Raise OperationCancelled if the engine was killed: this process survives it, but its results would be lost."""
        if self._stub and not self._is_alive():
            raise OperationCancelled("the Pulumi engine has ended; nothing more is started")

    def log(self, message: str, *, severity: str, urn: str, ephemeral: bool) -> None:
        """Show a message on a resource's row. Never raises: if the engine was killed, the message is lost."""
        if self._stub is None:
            return
        level = engine_pb2.LogSeverity.Value(severity)
        request = engine_pb2.LogRequest(severity=level, message=message, urn=urn, ephemeral=ephemeral)
        with contextlib.suppress(grpc.RpcError, ValueError):
            self._stub.Log(request, timeout=2)


@dataclass(frozen=True)
class EngineLog:
    """Shows lines on a resource's row, or on the stack's if the URN is empty; *wording* spells them for another language."""

    engine: Engine
    urn: str
    name: str
    wording: Callable[[str], str] = str

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
            for line in self.wording(text).splitlines()
        ]
        about = "" if self.urn else f"{self.name}: "
        self.engine.log(about + "\n".join(lines), severity=severity, urn=self.urn, ephemeral=ephemeral)


@contextlib.contextmanager
def clean_errors() -> Iterator[None]:
    """
    Let the host of dynamic providers print an expected error as ``Name: message``; an unexpected one keeps its traceback.

    The host sends ``traceback.format_exc()`` to the user. Without a traceback limit and a class that seems to be built in, that
    is a page of Python. The limit is process-wide and cannot be reset without racing the host, so it is set only here.
    """
    try:
        yield
    except ChecklyError as error:
        sys.tracebacklimit = 0
        plain = type(type(error).__name__, (RuntimeError,), {"__module__": "builtins"})
        raise plain(str(error)) from None
