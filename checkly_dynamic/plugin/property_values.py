"""Convert property values from and to the protocol, which marks unknown values and secrets with a signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import struct_pb2  # type: ignore[import-untyped]  # it has no stubs
from pulumi.runtime import rpc

from checkly_dynamic.core.text import PULUMI_SIGNATURE
from checkly_dynamic.core.values import UNKNOWN

_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a constant of the protocol

Path = tuple[str | int, ...]
"""Where a value is: ``("environmentVariables", "PASSWORD")``."""


@dataclass(frozen=True, kw_only=True)
class Properties:
    """Properties as plain JSON values, parts of which may be UNKNOWN. Everything at or below a path in *secrets* is secret."""

    values: dict[str, Any]
    secrets: frozenset[Path] = frozenset()

    def is_secret(self, *path: str | int) -> bool:
        """Whether the value at a path is secret, or lies in one that is, or holds one."""
        return any(path[: len(secret)] == secret[: len(path)] for secret in self.secrets)


def decode(message: struct_pb2.Struct) -> Properties:
    """Read a message. Assets and archives stay objects of Pulumi's SDK."""
    secrets: set[Path] = set()
    values = {key: _decode(value, (key,), secrets) for key, value in message.fields.items()}
    return Properties(values=values, secrets=frozenset(secrets))


def _decode(value: struct_pb2.Value, path: Path, secrets: set[Path]) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if PULUMI_SIGNATURE not in fields:
            return {key: _decode(item, (*path, key), secrets) for key, item in fields.items()}
        if fields[PULUMI_SIGNATURE].string_value == _SECRET:
            secrets.add(path)
            return _decode(fields["value"], path, secrets)
        return rpc.deserialize_property(value.struct_value)
    if kind == "list_value":
        return [_decode(item, (*path, index), secrets) for index, item in enumerate(value.list_value.values)]
    if kind == "string_value":
        return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
    return None if kind in (None, "null_value") else getattr(value, kind)


def encode(properties: Properties) -> struct_pb2.Struct:
    """Write a message. Keys whose value is None are left out."""
    message = struct_pb2.Struct()
    message.update(_marked(properties.values, (), properties.secrets))
    return message


def _marked(value: Any, path: Path, secrets: frozenset[Path]) -> Any:
    if path in secrets:
        return {PULUMI_SIGNATURE: _SECRET, "value": _marked(value, path, secrets - {path})}
    if isinstance(value, Mapping):
        return {key: _marked(item, (*path, key), secrets) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_marked(item, (*path, index), secrets) for index, item in enumerate(value)]
    return rpc.UNKNOWN if value is UNKNOWN else value
