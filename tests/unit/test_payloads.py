"""Inputs as the provider receives them, in the tables under tests/payloads; a new case is a new line there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import Unknown

from checkly_dynamic.provider import (
    CheckSessionTriggerProvider,
    CheckSessionVerdictProvider,
    TestSessionTriggerProvider,
)

PAYLOADS = Path(__file__).parents[1] / "payloads"
PROVIDERS: dict[str, Any] = {
    "trigger": CheckSessionTriggerProvider,
    "test trigger": TestSessionTriggerProvider,
    "gate": CheckSessionVerdictProvider,
}


def cases(table: str) -> dict[str, dict[str, Any]]:
    """Return the lines of a table by resource and what they are about."""
    listed = json.loads((PAYLOADS / f"{table}.json").read_text(encoding="utf-8"))
    return {f"{case['resource']}: {case['what']}": case for case in listed}


def with_unknowns(value: Any) -> Any:
    """Put what Pulumi hands over for a value that is not known yet in place of ``"$unknown"``."""
    if value == "$unknown":
        return Unknown()
    if isinstance(value, dict):
        return {key: with_unknowns(item) for key, item in value.items()}
    return [with_unknowns(item) for item in value] if isinstance(value, list) else value


def check(case: dict[str, Any]) -> list[str]:
    """Return what check reports."""
    result = PROVIDERS[case["resource"]]().check({}, with_unknowns(case["inputs"]))
    assert all(failure.property == "" for failure in result.failures), (
        "a named property makes the engine print its value"
    )
    return [failure.reason for failure in result.failures]


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give good credentials, so that only the inputs can be at fault."""
    monkeypatch.setenv("CHECKLY_API_KEY", "cu_0123456789abcdef")
    monkeypatch.setenv("CHECKLY_ACCOUNT_ID", "5e3f3f1c-6f2c-4d0e-9f37-1a2b3c4d5e6f")
    monkeypatch.delenv("CHECKLY_API_URL", raising=False)
    monkeypatch.delenv("CHECKLY_API_VERSION", raising=False)


def test_valid_inputs_pass_check() -> None:
    """What the contract allows is accepted, also while parts are not known."""
    valid = cases("valid")
    assert {what: lines for what, case in valid.items() if (lines := check(case))} == {}


def test_each_invalid_input_gets_its_line() -> None:
    """Check reports exactly the lines of the table: the field as in Python, what is wrong, what is allowed."""
    invalid = cases("invalid")
    assert {what: check(case) for what, case in invalid.items()} == {
        what: case["lines"] for what, case in invalid.items()
    }
    assert all(case["lines"] and all(line.isprintable() for line in case["lines"]) for case in invalid.values())


def test_a_deploy_version_is_stored_without_whitespace_at_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """``open("VERSION").read()`` ends in a newline; everything else is passed on as it came."""
    unknown = Unknown()
    inputs = {"target": {"matchTags": [["a"], unknown]}, "deployVersion": "1.2.3\n", "triggers": [" x "]}
    checked = CheckSessionTriggerProvider().check({}, inputs).inputs
    assert checked == {**inputs, "deployVersion": "1.2.3"}
    assert checked["target"]["matchTags"][1] is unknown
