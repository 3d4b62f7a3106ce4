"""A provider in its own process, called as the engine does, by gRPC on loopback; and an engine that only listens."""

import os
import subprocess
import sys
import tempfile
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2 as proto,
    provider_pb2_grpc,
    status_pb2,
)

from checkly_dynamic import provider as providers

UNKNOWN = rpc.UNKNOWN
"""An unknown value in the protocol's form."""

SIGNATURE = rpc._special_sig_key
"""The key that marks an object as a secret."""

DYNAMIC_HOST = (sys.executable, "-u", "-m", "pulumi.dynamic")
NATIVE_PROVIDER = (str(Path(sys.executable).parent / "pulumi-resource-checkly-sessions"),)

UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


@dataclass(frozen=True)
class Kind:
    """A kind of resource; a dynamic one has its pickled provider."""

    name: str
    provider: str = ""


TRIGGER, TEST_TRIGGER, VERDICT, BARRIER = (
    Kind(provider.__name__, serialize_provider(provider()))
    for provider in (
        providers.CheckSessionTriggerProvider,
        providers.TestSessionTriggerProvider,
        providers.CheckSessionVerdictProvider,
        providers.CheckSessionBarrierProvider,
    )
)


def secret(value: Any) -> dict[str, Any]:
    """Return a secret in the protocol's form."""
    return {SIGNATURE: rpc._special_secret_sig, "value": value}


@dataclass(frozen=True)
class Line:
    """What was logged; *stays* tells whether it is left after the operation."""

    severity: str
    message: str
    urn: str
    stays: bool


class Engine(engine_pb2_grpc.EngineServicer):
    """An engine, while the ``with`` block lasts, with its address and the lines that were logged."""

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

    def __enter__(self) -> "Engine":
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening."""
        self._server.stop(None).wait()


class Refused(Exception):
    """The provider answered with an error: what the engine would show, the gRPC status, and what is stored anyway."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.code = error.code()
        self.kept = None
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                detail = proto.ErrorResourceInitFailed()
                status_pb2.Status.FromString(value).details[0].Unpack(detail)
                self.kept = plain(detail.properties)


class Plugin:
    """
    A provider process, while the ``with`` block lasts.

    Args:
        command: The command that starts it.
        env: Variables for it, added to a nearly empty environment.
        config: Its settings, in the protocol's form.
        engine: The engine's address; nothing listens at the default one.
    """

    def __init__(
        self,
        command: tuple[str, ...] = DYNAMIC_HOST,
        *,
        env: dict[str, str] | None = None,
        config: dict[str, Any] | None = None,
        engine: str = "127.0.0.1:1",
    ) -> None:
        self._config = config or {}
        self._log = tempfile.TemporaryFile("a+")  # noqa: SIM115 - open as long as the process
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        self.process = subprocess.Popen(
            [*command, engine], env={**kept, **(env or {})}, stdout=subprocess.PIPE, stderr=self._log
        )

    def __enter__(self) -> "Plugin":
        assert self.process.stdout is not None
        self._channel = grpc.insecure_channel(f"127.0.0.1:{int(self.process.stdout.readline())}", options=UNLIMITED)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.call("Configure", proto.ConfigureRequest(args=struct(self._config), acceptSecrets=True))
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self.process.kill()
        self.process.communicate()
        self._log.close()

    @property
    def stderr(self) -> str:
        """What the process has printed to standard error."""
        self._log.seek(0)
        return self._log.read()

    def check(self, kind: Kind, news: dict[str, Any]) -> list[str]:
        """Return the reasons of the failures; none names a property, because the engine would print its value."""
        answer = self.call("Check", proto.CheckRequest(urn=urn(kind), news=struct(news, kind)))
        assert all(failure.property == "" for failure in answer.failures)
        return [failure.reason for failure in answer.failures]

    def checked(self, kind: Kind, news: dict[str, Any]) -> dict[str, Any]:
        """Return the inputs as the provider returns them."""
        return plain(self.call("Check", proto.CheckRequest(urn=urn(kind), news=struct(news, kind))).inputs)

    def diff(self, kind: Kind, olds: dict[str, Any], news: dict[str, Any]) -> bool:
        """Return whether there is a change; none replaces a resource."""
        request = proto.DiffRequest(id="id", urn=urn(kind), olds=struct(olds, kind), news=struct(news, kind))
        answer = self.call("Diff", request)
        assert answer.changes in (answer.DIFF_SOME, answer.DIFF_NONE), "the provider must have an opinion"
        assert not answer.replaces
        return bool(answer.changes == answer.DIFF_SOME)

    def create(self, kind: Kind, news: dict[str, Any], *, preview: bool = False) -> dict[str, Any]:
        """Return the outputs."""
        request = proto.CreateRequest(urn=urn(kind), properties=struct(news, kind), preview=preview)
        return plain(self.call("Create", request).properties)

    def update(self, kind: Kind, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Return the outputs."""
        request = proto.UpdateRequest(id="id", urn=urn(kind), olds=struct(olds, kind), news=struct(news, kind))
        return plain(self.call("Update", request).properties)

    def read(self, kind: Kind, outputs: dict[str, Any]) -> dict[str, Any]:
        """Return the outputs after a refresh; the id must stay, because without it the resource is gone."""
        answer = self.call("Read", proto.ReadRequest(id="id", urn=urn(kind), properties=struct(outputs, kind)))
        assert answer.id == "id"
        return plain(answer.properties)

    def delete(self, kind: Kind, outputs: dict[str, Any]) -> None:
        """Delete the resource."""
        self.call("Delete", proto.DeleteRequest(id="id", urn=urn(kind), properties=struct(outputs, kind)))

    def call(self, verb: str, request: Any) -> Any:
        """Make one call."""
        refused = None
        try:
            return getattr(self._stub, verb)(request, timeout=60)
        except grpc.RpcError as error:
            refused = Refused(error)
        raise refused


def urn(kind: Kind) -> str:
    """Return the URN of a native resource, which is named after its kind."""
    return f"urn:pulumi:dev::demo::checkly-sessions:index:{kind.name}::{kind.name.lower()}"


def struct(bag: dict[str, Any], kind: Kind | None = None) -> struct_pb2.Struct:
    """Write properties in the protocol's form."""
    message = struct_pb2.Struct()
    message.update({**bag, **({"__provider": kind.provider} if kind and kind.provider else {})})
    return message


def plain(message: struct_pb2.Struct) -> dict[str, Any]:
    """Return properties in the protocol's form, with marks of secrets and unknown values, without the pickled provider."""
    bag = json_format.MessageToDict(message)
    bag.pop("__provider", None)
    return bag
