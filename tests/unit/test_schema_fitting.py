"""What plainly fits a schema: the same as what jsonschema lets through, without loading it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from checkly_dynamic.core.validation.fitting import fits
from checkly_dynamic.core.validation.rules import rules
from hypothesis import given, settings, strategies as st

from checkly_dynamic.core.validation import judging
from checkly_dynamic.core.values import UNKNOWN

NAMES = ("check-session-trigger", "check-session-verdict", "trigger-request-v1", "trigger-request-v2")
ANYTHING = st.sampled_from([None, True, False, 0, 1, 1.0, 0.5, "", "x", [], {}, [[]], [UNKNOWN], UNKNOWN])
TEXTS = [
    *("production", "!slow", "!!slow", " ", "!", "", "FAILED", "x" * 1_000, "x" * 1_001, "x" * 10_000, "x" * 10_001),
    *("a4cd4ad9-4815-4a9e-92d2-0a7c562ee69a", "A4CD4AD9-4815-4A9E-92D2-0A7C562EE69A", "{a4cd4ad9}", "٣" * 36),
]


def parts(schema):
    """List a schema and all schemas in it."""
    inner = [*schema.get("properties", {}).values(), *([schema["items"]] if "items" in schema else [])]
    return [schema, *(part for each in inner for part in parts(each))]


def near(schema):
    """Make values that fit a schema, or nearly."""
    kind = schema.get("type")
    if kind == "object":
        known = st.fixed_dictionaries({}, optional={key: near(part) for key, part in schema["properties"].items()})
        values = known | st.builds(lambda some: {**some, "other": 1}, known)
    elif kind == "array":
        values = st.lists(near(schema.get("items", {})), max_size=3)
    elif kind in ("number", "integer"):
        limits = [schema[word] for word in ("minimum", "exclusiveMinimum", "maximum") if word in schema]
        values = st.sampled_from(
            [0.5, 1e300, *(limit + more for limit in limits for more in (-1, -0.5, 0, 0.0, 0.5, 1))]
        )
    else:
        values = st.booleans() if kind == "boolean" else st.sampled_from(schema.get("enum", TEXTS))
    return st.one_of(values, values, values, ANYTHING)


SCHEMAS = [pytest.param(part, id=f"{name}-{n}") for name in NAMES for n, part in enumerate(parts(rules(name)))]


@pytest.mark.parametrize("schema", SCHEMAS)
@settings(max_examples=25)
@given(data=st.data())
def test_it_agrees_with_jsonschema(schema, data):
    """A value fits exactly when jsonschema finds nothing wrong with it: for each of our schemas and each part of one."""
    value = data.draw(near(schema))
    assert fits(schema, value) is judging._Validator(schema, format_checker=judging._FORMATS).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"not": {}}, "x"),
        ({"type": ["string"]}, "x"),
        ({"type": "null"}, None),
        ({"enum": [1]}, 1),
        ({"const": None}, None),
        ({"additionalProperties": True}, {"a": 1}),
        ({"format": "date"}, "2026-01-01"),
        ({"items": {"$ref": "#"}}, ["x"]),
    ],
)
def test_what_it_does_not_know_it_does_not_allow(schema, value):
    """A keyword, type or format that our schemas do not use so far is left to jsonschema, whatever the value."""
    assert fits(schema, value) is False


CHECK = """
import sys
from checkly_dynamic.core import validation as schema
assert schema.read("check-session-trigger", {inputs}, unknown=type(None))[1] == {lines}
print("jsonschema" in sys.modules)
"""


@pytest.mark.parametrize(
    ("inputs", "lines", "loaded"),
    [
        ({"target": {"matchTags": [["production"]]}, "deployVersion": "1"}, [], "False"),
        ({"refreshCache": "yes"}, ["refreshCache: must be true or false, got a text"], "True"),
    ],
    ids=["good", "bad"],
)
def test_good_inputs_do_not_load_jsonschema(inputs, lines, loaded):
    """A deployment whose inputs are in order never pays for loading the validator; one with a mistake does."""
    program = CHECK.format(inputs=inputs, lines=lines)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == loaded
