"""The real plugin host, ``python -m pulumi.dynamic``, spoken to as the engine does: gRPC on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf import struct_pb2
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from checkly_dynamic import provider as providers

if TYPE_CHECKING:
    from typing_extensions import Self

UNKNOWN = rpc.UNKNOWN
"""How a value that is not known yet travels."""

SECRET = {rpc._special_sig_key: rpc._special_secret_sig}
"""What marks an object as a secret; the value stands beside it, under ``value``."""

TRIGGER, TEST_TRIGGER, VERDICT, BARRIER = (
    serialize_provider(kind())
    for kind in (
        providers.CheckSessionTriggerProvider,
        providers.TestSessionTriggerProvider,
        providers.CheckSessionVerdictProvider,
        providers.CheckSessionBarrierProvider,
    )
)
"""The pickled providers, as Pulumi stores them in ``__provider``."""

_KEPT = ("PATH", "PYTHONPATH")

UNLIMITED = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]


class Refused(Exception):
    """The host answered with an error; the text is what the engine would show."""


class Plugin:
    """
    A plugin host, while the ``with`` block lasts.

    Args:
        folder: Where its stderr is kept.
        env: Variables for it, added to a nearly empty environment.
        config: The stack's config; values as they travel, so a secret is ``{**SECRET, "value": …}``.
        engine: The engine's address; nothing listens at the default one.
        start: What Python runs.
    """

    def __init__(
        self,
        folder: Path,
        *,
        env: dict[str, str] | None = None,
        config: dict[str, Any] | None = None,
        engine: str = "127.0.0.1:1",
        start: tuple[str, ...] = ("-m", "pulumi.dynamic"),
    ) -> None:
        self._log = folder / "stderr.txt"
        self._config = config or {}
        with self._log.open("wb") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, "-u", *start, engine],
                env={**{name: os.environ[name] for name in _KEPT if name in os.environ}, **(env or {})},
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=stderr,
            )

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        port = int(self._process.stdout.readline())
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}", options=UNLIMITED)
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._call("Configure", provider_pb2.ConfigureRequest(args=struct(self._config), acceptSecrets=True))
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        self._process.kill()
        self._process.communicate()

    @property
    def stderr(self) -> str:
        """What the host has printed for people."""
        return self._log.read_text()

    def check(self, news: dict[str, Any], provider: str = TRIGGER) -> list[str]:
        """Return the reasons of the failures; the inputs must come back as they went."""
        sent = struct(news, provider)
        answer = self._call("Check", provider_pb2.CheckRequest(news=sent))
        assert all(failure.property == "" for failure in answer.failures)
        assert answer.inputs == sent
        return [failure.reason for failure in answer.failures]

    def diff(self, olds: dict[str, Any], news: dict[str, Any], provider: str = TRIGGER) -> bool:
        """Return whether there is a change; the host must have an opinion."""
        request = provider_pb2.DiffRequest(id="id", olds=struct(olds, provider), news=struct(news, provider))
        answer = self._call("Diff", request)
        assert answer.changes in (answer.DIFF_SOME, answer.DIFF_NONE)
        assert not answer.replaces
        return bool(answer.changes == answer.DIFF_SOME)

    def create(self, news: dict[str, Any], provider: str = TRIGGER) -> tuple[str, dict[str, Any]]:
        """Return the id and the outputs."""
        answer = self._call("Create", provider_pb2.CreateRequest(properties=struct(news, provider)))
        return answer.id, plain(answer.properties, provider)

    def update(self, olds: dict[str, Any], news: dict[str, Any], provider: str = TRIGGER) -> dict[str, Any]:
        """Return the outputs."""
        request = provider_pb2.UpdateRequest(id="id", olds=struct(olds, provider), news=struct(news, provider))
        return plain(self._call("Update", request).properties, provider)

    def read(self, outputs: dict[str, Any], provider: str = TRIGGER) -> dict[str, Any]:
        """Return the outputs after a refresh; the id must stay, because without it the resource is gone."""
        answer = self._call("Read", provider_pb2.ReadRequest(id="id", properties=struct(outputs, provider)))
        assert answer.id == "id"
        return plain(answer.properties, provider)

    def delete(self, outputs: dict[str, Any], provider: str = TRIGGER) -> None:
        """Delete the resource."""
        self._call("Delete", provider_pb2.DeleteRequest(id="id", properties=struct(outputs, provider)))

    def _call(self, verb: str, request: Any) -> Any:
        refused = None
        try:
            return getattr(self._stub, verb)(request, timeout=60)
        except grpc.RpcError as error:
            refused = Refused(error.details())
        raise refused


def struct(bag: dict[str, Any], provider: str | None = None) -> struct_pb2.Struct:
    """Write a property bag as it travels."""
    message = struct_pb2.Struct()
    message.update({**bag, **({"__provider": provider} if provider else {})})
    return message


def plain(message: struct_pb2.Struct, provider: str) -> dict[str, Any]:
    """Read a property bag; the provider must have come back with it."""
    bag: dict[str, Any] = rpc.deserialize_properties(message)
    assert bag.pop("__provider") == provider
    return bag
