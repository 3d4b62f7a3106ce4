"""Validation by schema: unknown values, order and number of lines, and nothing of a value in a line."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.validation import problems
from checkly_dynamic.core.values import UNKNOWN

CANARY = "s3cr3t-canary"
TRIGGER, TEST, VERDICT = "check-session-trigger", "test-session-trigger", "check-session-verdict"


def test_every_schema_is_a_valid_schema():
    """Each file under schemas/ is JSON Schema 2020-12, but for the vendored API document."""
    for file in (resources.files("checkly_dynamic") / "schemas").iterdir():
        if file.name.endswith(".json") and file.name != "checkly-openapi.json":
            jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | st.just(UNKNOWN),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["matchTags", "checkId", "type", "maxRetries", "key", "x"]), inner, max_size=4
        )
    ),
    max_leaves=20,
)


@given(
    st.sampled_from(
        [(TRIGGER, "target"), (TEST, "retryStrategy"), (TEST, "environmentVariables"), (VERDICT, "waitFor")]
    ),
    JSON,
)
def test_anything_gets_lines_and_never_an_exception(field, value):
    """Any JSON value is judged in at most 21 lines, each one printable line; unknown parts break no rule."""
    schema, name = field
    found = problems(schema, {name: value, "waitFor": value} if schema == VERDICT else {name: value})
    assert len(found) <= 21
    assert all(line.isprintable() for line in found)
    assert problems(schema, {name: UNKNOWN, "waitFor": UNKNOWN} if schema == VERDICT else {name: UNKNOWN}) == []


def test_lines_come_in_the_order_of_the_input():
    """The tenth element comes after the second."""
    tags = [["x"] if number not in (2, 10) else 7 for number in range(11)]
    found = problems(TRIGGER, {"target": {"matchTags": tags}})
    assert [line.partition(":")[0] for line in found] == ["target.match_tags[2]", "target.match_tags[10]"]


def test_twenty_problems_are_shown_and_the_others_counted():
    """A thousand mistakes of one kind do not hide the first of them."""
    for bad, more in ((20, []), (25, ["and 5 more problems"])):
        found = problems(TRIGGER, {"target": {"matchTags": [[7]] * bad}})
        assert found[20:] == more
        assert found[19].startswith("target.match_tags[19][0]")


@pytest.mark.parametrize(
    ("schema", "inputs"),
    [
        (TRIGGER, {"target": {"matchTags": [[f"!!{CANARY}", CANARY * 100, f" {CANARY}"]], "checkId": [CANARY]}}),
        (TRIGGER, {"target": {"foo": CANARY}, "triggers": CANARY, "refreshCache": CANARY, "onNoMatch": CANARY}),
        (TEST, {"environmentVariables": {"A": [CANARY], "B": {"x": CANARY}}, "retryStrategy": {"type": CANARY}}),
        (VERDICT, {"waitFor": [], "nonBlocking": CANARY, "failOn": [CANARY]}),
    ],
)
def test_no_line_quotes_a_value(schema, inputs):
    """A value may be secret, so a line names field and rule, and never what was there."""
    found = problems(schema, inputs)
    assert found
    assert CANARY not in "\n".join(found)
