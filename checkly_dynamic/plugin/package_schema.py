"""The package schema, from which Pulumi generates SDKs and documentation."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from checkly_dynamic._version import __version__

PACKAGE = "checkly-sessions"

VERSIONS = ("deployVersion", "expectedDeployVersions")
"""Properties in which a number is an error: two versions could become one number."""


@functools.cache
def _schema() -> dict[str, Any]:
    text = (Path(__file__).parent / "schema.json").read_text(encoding="utf-8")
    return {**json.loads(text), "version": __version__}


def schema_text() -> str:
    """Return the schema with the version of this package."""
    return json.dumps(_schema(), ensure_ascii=False)


def inputs_of(resource: str) -> dict[str, Any]:
    """Return the input properties of a resource."""
    return dict(_schema()["resources"][f"{PACKAGE}:index:{resource}"]["inputProperties"])


def outputs_of(resource: str) -> list[str]:
    """Return the names of the properties of a resource that are not inputs."""
    properties = _schema()["resources"][f"{PACKAGE}:index:{resource}"]["properties"]
    return [name for name in properties if name not in inputs_of(resource)]


def is_number(value: Any) -> bool:
    """Whether a value is a number; true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def property_names() -> set[str]:
    """Return the names of all properties, at any depth."""
    objects = [*_schema()["types"].values(), *_schema()["resources"].values()]
    return {name for one in objects for name in one.get("properties", ())}


def numbers_as_strings(resource: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Turn a number into a string where the schema wants one (YAML reads ``8080`` as a number), but not in deploy versions."""
    types = inputs_of(resource)
    return {key: value if key in VERSIONS else _as_string(value, types.get(key, {})) for key, value in inputs.items()}


def _as_string(value: Any, wanted: Mapping[str, Any]) -> Any:
    if reference := wanted.get("$ref", "").removeprefix("#/types/"):
        wanted = _schema()["types"].get(reference, {})
    if isinstance(value, list):
        return [_as_string(item, wanted.get("items", {})) for item in value]
    if isinstance(value, Mapping):
        others = wanted.get("additionalProperties", {})
        return {key: _as_string(item, wanted.get("properties", {}).get(key, others)) for key, item in value.items()}
    if wanted.get("type") == "string" and is_number(value):
        return str(int(value)) if float(value).is_integer() else str(value)
    return value
