"""Inputs that users write, one file each under tests/payloads: a new case is a new file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown

from checkly_dynamic.provider import CheckSessionTriggerProvider, CheckSessionVerdictProvider

PAYLOADS = Path(__file__).parents[1] / "payloads"
PROVIDERS = {"trigger": CheckSessionTriggerProvider, "gate": CheckSessionVerdictProvider}


def cases(kind: str) -> list[Any]:
    """One parameter for each file."""
    return [pytest.param(path, id=path.stem) for path in sorted((PAYLOADS / kind).glob("*.json"))]


def with_unknowns(value: Any) -> Any:
    """Put what Pulumi hands over for a value that is not known yet in place of ``"$unknown"``."""
    if value == "$unknown":
        return Unknown()
    if isinstance(value, dict):
        return {key: with_unknowns(item) for key, item in value.items()}
    return [with_unknowns(item) for item in value] if isinstance(value, list) else value


def lines_of(path: Path) -> tuple[list[str], list[str]]:
    """Return what check said of a case, and what the file expects."""
    case = json.loads(path.read_text(encoding="utf-8"))
    result = PROVIDERS[case["resource"]]().check({}, with_unknowns(case["inputs"]))
    assert all(failure.property == "" for failure in result.failures), (
        "a named property makes the engine print its value"
    )
    return [failure.reason for failure in result.failures], case.get("lines", [])


@pytest.fixture(autouse=True)
def credentials(monkeypatch):
    """Give good credentials, so that only the inputs can be at fault."""
    monkeypatch.setenv("CHECKLY_API_KEY", "cu_0123456789abcdef")
    monkeypatch.setenv("CHECKLY_ACCOUNT_ID", "5e3f3f1c-6f2c-4d0e-9f37-1a2b3c4d5e6f")
    monkeypatch.delenv("CHECKLY_API_URL", raising=False)
    monkeypatch.delenv("CHECKLY_API_VERSION", raising=False)


@pytest.mark.parametrize("path", cases("valid"))
def test_valid_inputs_pass_check(path):
    """What the contract allows is accepted, also while parts are not known."""
    said, expected = lines_of(path)
    assert said == expected == []


@pytest.mark.parametrize("path", cases("invalid"))
def test_each_invalid_input_gets_its_line(path):
    """Check says exactly the lines of the file: field, what was wrong, what to write; one per problem."""
    said, expected = lines_of(path)
    assert said == expected
    assert said, "a case without a line proves nothing"
    assert all(line.isprintable() for line in said)
