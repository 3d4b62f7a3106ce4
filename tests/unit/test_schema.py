"""Validation: unknown values, limits, order and number of lines, and nothing of a value in a line."""

from __future__ import annotations

import json
import time
from importlib import resources

import jsonschema
import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core import validation as schema
from checkly_dynamic.core.validation import judging
from checkly_dynamic.core.values import UNKNOWN, Limits, plain

TRIGGER = "check-session-trigger"
CANARY = "s3cr3t-canary"


class NotYet:
    """What stands for a value that is not known yet."""


def lines(inputs, name=TRIGGER):
    """Return the problems of inputs as they come from a program."""
    return schema.read(name, inputs, unknown=NotYet)[1]


def nested(levels: int) -> list:
    """Return a list inside a list, so many times."""
    value: list = []
    for _ in range(levels - 1):
        value = [value]
    return value


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_every_schema_is_a_valid_schema():
    """Each file under schemas/ is JSON Schema 2020-12, but for the vendored API document."""
    for file in (resources.files("checkly_dynamic") / "schemas").iterdir():
        if file.name.endswith(".json") and file.name != "checkly-openapi.json":
            jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))


def test_unknown_values_satisfy_every_rule_at_any_depth():
    """What is not known yet breaks no rule, but what is known around it is judged."""
    unknown = NotYet()
    assert lines({"target": unknown, "deployVersion": unknown, "triggers": unknown, "onNoMatch": unknown}) == []
    assert lines({"target": {"matchTags": [[unknown, "production"], unknown], "checkId": [unknown]}}) == []
    assert lines({"triggers": [{"a": [{"b": unknown}]}], "refreshCache": unknown}) == []
    [line] = lines({"target": {"matchTags": [[unknown, 7.0]], "checkId": unknown}})
    assert line.startswith("target.matchTags[0][1]: must be a text, got a number")


def test_the_plain_copy_keeps_what_was_given():
    """Reading inputs changes nothing but unknowns and tuples."""
    inputs = {"target": {"matchTags": (("production",),)}, "triggers": [1, 2.5, True, None, {"a": NotYet()}]}
    copied, found = schema.read(TRIGGER, inputs, unknown=NotYet)
    assert found == []
    assert copied == {"target": {"matchTags": [["production"]]}, "triggers": [1, 2.5, True, None, {"a": UNKNOWN}]}
    assert repr(UNKNOWN) == "UNKNOWN"


@given(JSON)
def test_any_json_value_can_be_a_trigger(value):
    """``triggers`` takes every JSON value, and reading it returns the same value."""
    copied, found = schema.read(TRIGGER, {"triggers": [value]}, unknown=NotYet)
    assert (copied, found) == ({"triggers": [value]}, [])


@given(JSON)
def test_whatever_is_given_as_a_target_gets_lines_and_never_an_exception(value):
    """A target of any JSON shape is judged in at most 21 lines, each one printable line."""
    found = lines({"target": value})
    assert len(found) <= 21
    assert all(line.isprintable() and line.startswith("target") for line in found if not line.startswith("and "))


def test_numbers_that_arrive_as_floats_are_whole_when_they_are_whole():
    """The engine turns 3 into 3.0, which is still a whole number."""
    gate = {"waitFor": [{"sessionIds": []}]}
    assert lines({**gate, "attempts": 3.0}, "check-session-verdict") == []
    assert lines({**gate, "attempts": 3.5}, "check-session-verdict") != []
    assert lines({**gate, "attempts": True}, "check-session-verdict") != []


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_does_not_have_are_refused(number):
    """NaN and infinity pass every comparison of a schema, and no state file can hold them."""
    assert lines({"triggers": [[number]]}) == ["triggers[0][0]: must be a finite number, got NaN or infinity"]
    gate = {"waitFor": [{"sessionIds": []}], "timeoutSeconds": number}
    assert lines(gate, "check-session-verdict") == ["timeoutSeconds: must be a finite number, got NaN or infinity"]


def test_values_that_are_not_json_are_named_by_kind():
    """Assets, archives and other objects are refused wherever they stand."""

    class FileAsset:
        pass

    class FileArchive:
        pass

    found = lines({"triggers": [FileAsset(), {"a": FileArchive()}, b"bytes", {1: "one"}]})
    hint = "must be a JSON value (text, number, true or false, list, object), got"
    assert found == [
        f"triggers[0]: {hint} an asset; use a hash of its content instead",
        f"triggers[1].a: {hint} an archive; use a hash of its content instead",
        f"triggers[2]: {hint} something of type bytes",
        "triggers[3]: the keys of an object must be text",
    ]


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        ({"triggers": nested(200)}, "nested deeper than 32 levels, which is the limit"),
        ({"triggers": ["x" * 5_000_000]}, "more than 1000000 characters in all inputs together, which is the limit"),
        (
            {"triggers": [{"x" * 5_000_000: 1}]},
            "more than 1000000 characters in all inputs together, which is the limit",
        ),
        (
            {"target": {"matchTags": [["x"]] * 500_000}},
            "more than 5000 values in all inputs together, which is the limit",
        ),
        ({"k" * 1000: 1.0, **{f"k{i}": 1.0 for i in range(4000)}}, "and 3981 more problems"),
    ],
    ids=["deep", "long", "long key", "many", "many unknown keys"],
)
def test_huge_input_is_refused_quickly_with_the_limit_named(inputs, line):
    """What would take for ever, or break the protocol, gets a line within a second of processor time."""
    started = time.process_time()
    found = lines(inputs)
    assert time.process_time() - started < 1
    assert found[-1].endswith(line)
    assert all(len(said) < 500 for said in found)


def test_the_limits_themselves_are_allowed():
    """At the limit is within the limit."""
    limits = Limits(depth=2, values=4, characters=3)
    assert plain({"a": ["b", "c"]}, unknown=NotYet, limits=limits) == ({"a": ["b", "c"]}, [])
    assert plain([[[]]], unknown=NotYet, limits=limits)[1] == [
        "[0][0]: nested deeper than 2 levels, which is the limit"
    ]
    assert plain([1, 2, 3, 4], unknown=NotYet, limits=limits)[1] == [
        "[3]: more than 4 values in all inputs together, which is the limit"
    ]
    assert plain("abcd", unknown=NotYet, limits=limits)[1] == [
        "inputs: more than 3 characters in all inputs together, which is the limit"
    ]


def test_a_gate_over_thousands_of_sessions_is_within_its_limits():
    """The gate's inputs come from Checkly's answers, so they may be much larger than what a person writes."""
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(3000)]
    part = {
        "sessionIds": ids,
        "links": [f"https://app.checklyhq.com/{id_}" for id_ in ids],
        "checkIds": ids,
        "names": ids,
    }
    assert lines({"waitFor": [part]}, "check-session-verdict") == []


def test_lines_come_in_the_order_of_the_input():
    """The tenth element comes after the second."""
    found = lines({"target": {"matchTags": [["x"] if number not in (2, 10) else 7 for number in range(11)]}})
    assert [line.partition(":")[0] for line in found] == ["target.matchTags[2]", "target.matchTags[10]"]


@pytest.mark.parametrize(
    "inputs",
    [
        {"target": CANARY},
        {"target": {"matchTags": CANARY}},
        {"target": {"matchTags": [CANARY]}},
        {"target": {"matchTags": [[f"!!{CANARY}", CANARY * 100, " " * 2000]]}},
        {"target": {"checkId": [CANARY]}},
        {"target": {"foo": CANARY}},
        {"triggers": CANARY, "refreshCache": CANARY, "runAllChecks": CANARY, "onNoMatch": CANARY},
        {"deployVersion": [CANARY]},
        {"triggers": [f"{CANARY}\ud800", {CANARY}]},
        {"triggers": [CANARY * 100_000]},
    ],
)
def test_no_line_quotes_a_value(inputs):
    """A value may be secret, so a line names field and rule, and never what stood there."""
    found = lines(inputs)
    assert found
    assert CANARY not in "\n".join(found)


def test_nothing_is_fetched_and_no_installed_package_changes_a_format():
    """The compiled schema knows no remote reference, and only the formats of our own."""
    validator = judging._validator("trigger-request-v1")
    assert list(validator._registry) == []
    assert list(validator.format_checker.checkers) == ["uuid"]


@pytest.mark.parametrize(
    ("key", "advice"),
    [
        ("tags", "did you mean matchTags?"),
        ("match_tags", "did you mean matchTags?"),
        ("ids", "did you mean checkId?"),
        ("check_ids", "did you mean checkId?"),
        ("checkIds", "did you mean checkId?"),
        ("check_id", "did you mean checkId?"),
        ("machTag", "did you mean matchTags?"),
        ("colour", "(allowed are checkId, matchTags)"),
        ("x" * 60 + "matchTags", "(allowed are checkId, matchTags)"),
    ],
)
def test_an_unknown_key_is_told_what_was_meant(key, advice):
    """What people write for the API's names is known, what differs a little is found, and nothing is made up."""
    (line,) = schema.read("check-session-trigger", {"target": {key: []}}, unknown=type(UNKNOWN))[1]
    assert advice in line
    assert line.endswith("allowed are checkId, matchTags)")


def test_the_same_thing_in_two_spellings_is_told():
    """Both spellings beside each other cannot both count."""
    target = {"matchTags": [["a"]], "tags": [["b"]]}
    (line,) = schema.read("check-session-trigger", {"target": target}, unknown=type(UNKNOWN))[1]
    assert line == "target.tags: unknown key beside matchTags; give only one of the two"


@pytest.mark.parametrize(("bad", "more"), [(20, None), (21, "and 1 more problems"), (25, "and 5 more problems")])
def test_twenty_problems_are_shown_and_the_others_counted(bad, more):
    """A thousand mistakes of one kind do not hide the first of them."""
    lines = schema.read("check-session-trigger", {"target": {"matchTags": [[7]] * bad}}, unknown=type(UNKNOWN))[1]
    assert lines[:20] == [line for line in lines if line.startswith("target.matchTags[")][:20]
    assert lines[20:] == ([more] if more else [])


def test_a_problem_of_all_inputs_together_says_so():
    """A verdict without waitFor: the line names the inputs, as there is no field to name."""
    (line,) = schema.read("check-session-verdict", {}, unknown=type(UNKNOWN))[1]
    assert line.startswith("inputs: lacks ")
