"""Inputs as the providers receive them; the tables in tests/payloads have the exact lines."""

import copy
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
    """Check reports exactly the lines of the table: the field as in Python, what is wrong, what is allowed."""
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


@pytest.mark.parametrize(
    ("resource", "inputs"),
    [
        ("trigger", {"target": {"matchTags": [[f"!!{CANARY}", CANARY * 100, f" {CANARY}"]], "checkId": [CANARY]}}),
        ("trigger", {"target": {"foo": CANARY}, "triggers": CANARY, "refreshCache": CANARY, "onNoMatch": CANARY}),
        ("test trigger", {"environmentVariables": {"A": [CANARY]}, "retryStrategy": {"type": CANARY}}),
        ("gate", {"waitFor": [], "nonBlocking": CANARY, "failOn": [CANARY]}),
    ],
)
def test_no_line_quotes_a_value(resource, inputs) -> None:
    """A value may be secret, so a line names field and rule, and never the value."""
    lines = check(resource, inputs)
    assert lines
    assert CANARY not in "\n".join(lines)


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


FORMATTED = f"{pulumi.Output.from_input(1)}"


@pytest.mark.parametrize(
    "text", [f"shop@{FORMATTED}", FORMATTED[:7], f"https://{FORMATTED.lower().replace(' ', '%20')}"]
)
def test_a_string_that_was_made_from_an_output_is_refused(text) -> None:
    """Whole, cut or changed, as a value or key at any depth: it never changes, so new versions would not be checked."""
    for bag, field in (
        ({"deployVersion": text}, "deploy_version"),
        ({"triggers": [{"a": [text]}]}, "triggers[0].a[0]"),
        ({"triggers": [{"a": {text: 1}}]}, "triggers[0].a"),
        ({"target": {"matchTags": [[text]]}}, "target.match_tags[0][0]"),
    ):
        [line] = check("trigger", {"target": {"matchTags": [["a"]]}, **bag})
        assert line.startswith(f"{field}: an Output was formatted into a string, so the value would never change; use")


VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.just("$unknown"),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["matchTags", "checkId", "type", "maxRetries", "key", "x"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([("trigger", "target"), ("test trigger", "retryStrategy"), ("gate", "waitFor")]),
    VALUES,
)
def test_anything_gets_lines_and_never_an_exception(field, value) -> None:
    """Any value gets at most 21 lines."""
    resource, name = field
    assert len(check(resource, {"waitFor": value} if resource == "gate" else {name: value})) <= 21


tags = st.lists(st.lists(st.sampled_from(["a", "!a"]), min_size=1))
ids = st.lists(st.just("a4cd4ad9-4815-4a9e-92d2-0a7c562ee69a"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.fixed_dictionaries({}, optional={"matchTags": tags, "checkId": ids}), st.booleans(), st.data())
def test_what_is_refused_in_a_preview_is_refused_in_the_update(target, flag, data) -> None:
    """Hiding parts of a target as unknown never makes the guard against running the whole account stricter."""

    def hidden(value):
        if data.draw(st.booleans()):
            return "$unknown"
        if isinstance(value, dict):
            return {key: hidden(item) for key, item in value.items()}
        return [hidden(item) for item in value] if isinstance(value, list) else value

    known = {"target": target, "runAllChecks": flag}
    if check("trigger", {key: hidden(copy.deepcopy(value)) for key, value in known.items()}):
        assert check("trigger", known)


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
