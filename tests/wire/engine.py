"""A Pulumi engine that only listens: it keeps what a provider logs."""

from __future__ import annotations

from concurrent import futures
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

if TYPE_CHECKING:
    from typing_extensions import Self


@dataclass(frozen=True)
class Line:
    """What was logged; *stays* tells whether it is left after the operation."""

    severity: str
    message: str
    urn: str
    stays: bool


class Engine(engine_pb2_grpc.EngineServicer):
    """
    An engine, while the ``with`` block lasts.

    Attributes:
        address: Its address.
        lines: What was logged so far.
    """

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(4))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def Log(self, request: engine_pb2.LogRequest, _context: Any) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
        """Keep a line."""
        severity = engine_pb2.LogSeverity.Name(request.severity)
        self.lines.append(Line(severity, request.message, request.urn, not request.ephemeral))
        return empty_pb2.Empty()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop listening."""
        self._server.stop(None).wait()
