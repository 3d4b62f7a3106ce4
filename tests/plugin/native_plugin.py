"""The native provider's executable, spoken to as the engine does: gRPC on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2 as proto, provider_pb2_grpc, status_pb2

if TYPE_CHECKING:
    from typing_extensions import Self

UNKNOWN = rpc.UNKNOWN
"""How a value that is not known yet travels."""

SIGNATURE = "4dabf18193072939515e22adb298388d"

COMMAND = (str(Path(sys.executable).parent / "pulumi-resource-checkly-sessions"),)

UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


def secret(value: Any) -> dict[str, Any]:
    """Return a secret as it travels."""
    return {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": value}


class Refused(Exception):
    """The provider answered with an error; the text is what the engine would show."""

    def __init__(self, error: grpc.RpcError) -> None:
        super().__init__(error.details())
        self.code = error.code()
        self.kept = None
        """What the engine stores all the same, if anything."""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                detail = proto.ErrorResourceInitFailed()
                status_pb2.Status.FromString(value).details[0].Unpack(detail)
                self.kept = plain(detail.properties)


class NativePlugin:
    """
    The provider, while the ``with`` block lasts.

    Args:
        env: Variables for it, added to a nearly empty environment.
        config: The provider's settings, as they travel.
        engine: The engine's address; nothing listens at the default one.
        command: What starts it.
    """

    def __init__(
        self,
        *,
        env: dict[str, str] | None = None,
        config: dict[str, Any] | None = None,
        engine: str = "127.0.0.1:1",
        command: tuple[str, ...] = COMMAND,
    ) -> None:
        self._config = config or {}
        self.process = subprocess.Popen(
            [*command, engine],
            env={"PATH": os.environ["PATH"], **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        assert self.process.stdout is not None
        self._channel = grpc.insecure_channel(f"127.0.0.1:{int(self.process.stdout.readline())}", options=UNLIMITED)
        self.stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self.call("Configure", proto.ConfigureRequest(args=struct(self._config), acceptSecrets=True))
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self.process.kill()
        self.process.communicate()

    def check(self, kind: str, news: dict[str, Any]) -> list[str]:
        """Return the reasons of the failures."""
        answer = self.call("Check", proto.CheckRequest(urn=urn(kind), news=struct(news)))
        return [failure.reason for failure in answer.failures]

    def checked(self, kind: str, news: dict[str, Any]) -> dict[str, Any]:
        """Return the inputs as the provider hands them back; there must be no failure."""
        answer = self.call("Check", proto.CheckRequest(urn=urn(kind), news=struct(news)))
        assert not answer.failures
        return plain(answer.inputs)

    def diff(self, kind: str, olds: dict[str, Any], news: dict[str, Any]) -> list[str]:
        """Return the names of the changed properties; none when there is no change."""
        answer = self.call("Diff", proto.DiffRequest(id="id", urn=urn(kind), olds=struct(olds), news=struct(news)))
        assert not answer.replaces
        assert bool(answer.diffs) == (answer.changes == answer.DIFF_SOME)
        return list(answer.diffs)

    def create(self, kind: str, news: dict[str, Any], *, name: str = "", preview: bool = False) -> dict[str, Any]:
        """Return the outputs."""
        request = proto.CreateRequest(urn=urn(kind, name), properties=struct(news), preview=preview)
        return plain(self.call("Create", request).properties)

    def update(self, kind: str, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
        """Return the outputs."""
        request = proto.UpdateRequest(id="id", urn=urn(kind), olds=struct(olds), news=struct(news))
        return plain(self.call("Update", request).properties)

    def read(self, kind: str, outputs: dict[str, Any]) -> dict[str, Any]:
        """Return the outputs after a refresh; the id must stay, because without it the resource is gone."""
        answer = self.call("Read", proto.ReadRequest(id="id", urn=urn(kind), properties=struct(outputs)))
        assert answer.id == "id"
        return plain(answer.properties)

    def call(self, verb: str, request: Any) -> Any:
        """Make one call."""
        refused = None
        try:
            return getattr(self.stub, verb)(request, timeout=60)
        except grpc.RpcError as error:
            refused = Refused(error)
        raise refused


def urn(kind: str, name: str = "") -> str:
    """Return the URN of a resource, by default named after its kind."""
    return f"urn:pulumi:dev::demo::checkly-sessions:index:{kind}::{name or kind.lower()}"


def struct(bag: dict[str, Any]) -> struct_pb2.Struct:
    """Write a property bag as it travels."""
    message = struct_pb2.Struct()
    message.update(bag)
    return message


def plain(message: struct_pb2.Struct) -> dict[str, Any]:
    """Read a property bag as it travels, secrets and unknown values with their marks."""
    return {key: _plain(value) for key, value in message.fields.items()}


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return plain(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    return None if kind == "null_value" else getattr(value, kind)
