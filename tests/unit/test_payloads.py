"""Inputs as the providers receive them; the tables in tests/payloads have the exact lines."""

import json
from pathlib import Path
from typing import Any

import pulumi
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
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
CANARY = "s3cr3t-canary"


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


def check(resource: str, inputs: dict[str, Any]) -> list[str]:
    """Return what check reports: printable lines, none of which names a property, because the engine would print its value."""
    result = PROVIDERS[resource]().check({}, with_unknowns(inputs))
    assert all(failure.property == "" and failure.reason.isprintable() for failure in result.failures)
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
    assert {what: lines for what, case in valid.items() if (lines := check(case["resource"], case["inputs"]))} == {}


def test_each_invalid_input_gets_its_line() -> None:
    """
    Check reports exactly the lines of the table: the field as in Python, what is wrong, what is allowed.

    No line quotes a value, because it may be secret.
    """
    invalid = cases("invalid")
    assert {what: check(case["resource"], case["inputs"]) for what, case in invalid.items()} == {
        what: case["lines"] for what, case in invalid.items()
    }


def test_a_deploy_version_is_stored_without_whitespace_at_its_ends() -> None:
    """``open("VERSION").read()`` ends in a newline; everything else is passed on as it came."""
    unknown = Unknown()
    inputs = {"target": {"matchTags": [["a"], unknown]}, "deployVersion": "1.2.3\n", "triggers": [" x "]}
    checked = CheckSessionTriggerProvider().check({}, inputs).inputs
    assert checked == {**inputs, "deployVersion": "1.2.3"}
    assert checked["target"]["matchTags"][1] is unknown


def test_lines_come_in_the_order_of_the_input_and_twenty_at_most() -> None:
    """The tenth element comes after the second; a thousand mistakes of one kind do not hide the first of them."""
    lines = check("trigger", {"target": {"matchTags": [[7]] * 25}})
    assert [line.partition(":")[0] for line in lines[:20]] == [f"target.match_tags[{n}][0]" for n in range(20)]
    assert lines[20:] == ["and 5 more problems"]


def test_what_is_not_json_is_named_by_kind_and_never_quoted() -> None:
    """Assets, archives, NaN, huge numbers, half characters and odd keys are refused everywhere."""
    odd = [
        pulumi.StringAsset(CANARY),
        {"myKey": pulumi.FileArchive(CANARY)},
        CANARY.encode(),
        {1: "one"},
        float("nan"),
        2**53 + 1,
        f"{CANARY}\ud800",
    ]
    expected = "must be a JSON value (string, number, true or false, list, object), got"
    assert check("trigger", {"target": {"matchTags": [["a"]]}, "triggers": odd}) == [
        f"triggers[0]: {expected} an asset; use a hash of its content instead",
        f"triggers[1].myKey: {expected} an archive; use a hash of its content instead",
        f"triggers[2]: {expected} a value of type bytes",
        "triggers[3]: the keys of an object must be strings",
        "triggers[4]: must be a finite number, got NaN or infinity",
        "triggers[5]: must be a number from -2**53 to 2**53; write a longer one as a string",
        "triggers[6]: contains half of a character (a lone surrogate)",
    ]


leaves = st.none() | st.booleans() | st.floats() | st.text() | st.just("$unknown")
keys = st.sampled_from(["matchTags", "checkId", "type", "maxRetries", "key", "x"])
values = st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(keys, inner), max_leaves=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values)
def test_anything_gets_lines_and_never_an_exception(value) -> None:
    """Any value gets at most 21 lines."""
    for resource, field in (("trigger", "target"), ("test trigger", "retryStrategy"), ("gate", "waitFor")):
        assert len(check(resource, {field: value})) <= 21


@pytest.mark.parametrize(
    ("resource", "inputs"),
    [
        ("trigger", {"target": {"matchTags": [["a"], "$unknown"]}}),
        ("gate", {"waitFor": [{"sessionIds": [], "noMatchAllowed": "$unknown"}]}),
    ],
)
def test_nothing_is_started_or_judged_from_what_is_not_known(resource, inputs) -> None:
    """Check ignores an unknown value; a create with one could run every check, or be good without any."""
    with pytest.raises(RuntimeError, match="a value is not known, so nothing is started"):
        PROVIDERS[resource]().create({"resourceName": "smoke", **with_unknowns(inputs)})
