"""The request bodies of the two trigger requests, built from validated inputs."""

from collections.abc import Mapping
from typing import Any

DEFAULT_LOCATION = "eu-central-1"
"""Where test sessions run by default."""

RERUN_INPUTS = (
    *("target", "runLocation", "environmentVariables", "secretEnvironmentVariables"),
    *("retryStrategy", "metadata", "allowDeactivated", "sessionName"),
)
"""The inputs of a test session that a gate needs to run its checks again."""


def check_body(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Build the body of ``POST /v1/check-sessions/trigger``; version 2 of the API uses the same."""
    target = _target(inputs)
    return {**({"target": target} if target else {}), "refreshCache": bool(inputs.get("refreshCache"))}


def test_body(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Build the body of ``POST /v1/test-sessions/trigger``."""
    secret = inputs.get("secretEnvironmentVariables") or []
    body = {
        "name": inputs.get("sessionName") or inputs.get("resourceName"),
        "runLocation": inputs.get("runLocation") or DEFAULT_LOCATION,
        "target": {**_target(inputs), **({"allowDeactivated": True} if inputs.get("allowDeactivated") else {})},
        "environmentVariables": [
            {"key": key, "value": value, **({"secret": True} if key in secret else {})}
            for key, value in (inputs.get("environmentVariables") or {}).items()
        ],
        "retryStrategy": _whole_numbers(inputs.get("retryStrategy")),
        "refreshCache": bool(inputs.get("refreshCache")),
        "metadata": inputs.get("metadata"),
    }
    return {key: value for key, value in body.items() if value not in (None, {}, [])}


def secret_values(inputs: Mapping[str, Any]) -> list[str]:
    """Return the values of the environment variables that are secrets."""
    variables = inputs.get("environmentVariables") or {}
    names = inputs.get("secretEnvironmentVariables") or []
    return [str(variables[name]) for name in names if variables.get(name)]


def _target(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: [*value] for key, value in (inputs.get("target") or {}).items() if value}


def _whole_numbers(strategy: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Write 2 and not 2.0: numbers arrive from the engine as floats."""
    if not strategy:
        return None
    return {key: int(v) if isinstance(v, float) and v.is_integer() else v for key, v in strategy.items()}
