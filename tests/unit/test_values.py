"""From property bags to JSON values: nothing of a value in a line, and limits for what would break the protocol."""

from __future__ import annotations

import pulumi
import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.values import field_name, storable, to_json


class NotYet:
    """What stands for a value that is not known yet."""


def problems(bag, **more):
    """Return the problems of a bag."""
    return to_json(bag, is_unknown=lambda value: isinstance(value, NotYet), **more)[1]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_json_values_are_copied_as_they_are(value):
    """Any JSON value is accepted and comes out the same, but for tuples and unknowns."""
    assert to_json({"a": value}, is_unknown=lambda _: False) == ({"a": value}, [])


def test_what_is_not_json_is_named_by_kind_and_never_quoted():
    """Assets, archives, NaN, huge numbers, halves of characters and odd keys are refused wherever they are."""

    class FileAsset:
        pass

    class FileArchive:
        pass

    bag = {
        "triggers": [
            FileAsset(),
            {"myKey": FileArchive()},
            b"canary",
            {1: "one"},
            float("nan"),
            2**53 + 1,
            "canary\ud800",
        ]
    }
    expected = "must be a JSON value (string, number, true or false, list, object), got"
    assert problems(bag) == [
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
def test_a_string_that_was_made_from_an_output_is_refused(text):
    """Whole, cut or changed, as a value and as a key at any depth: it would never change, so new versions went unchecked."""
    for bag, field in (
        ({"deployVersion": text}, "deploy_version"),
        ({"triggers": [{"a": [text]}]}, "triggers[0].a[0]"),
        ({"triggers": [{"a": {text: 1}}]}, "triggers[0].a"),
        ({"target": {"matchTags": [[text]]}}, "target.match_tags[0][0]"),
    ):
        [line] = problems(bag)
        assert line.startswith(f"{field}: an Output was formatted into a string, so the value would never change; use")


def test_other_strings_are_fine():
    """Only the sentence of Pulumi and its beginning are refused; what Checkly's answers contain is never refused."""
    for text in ("Callin", "Recalling", "Calling all stations", "Output"):
        assert problems({"deployVersion": text}) == []
    assert problems({"waitFor": [{"names": [FORMATTED, "Calling"]}]}, user_input=False) == []


def test_fields_are_named_as_in_python():
    """Except below triggers and environment_variables, where names are the user's own."""
    assert field_name(["target", "matchTags", 0, 1]) == "target.match_tags[0][1]"
    assert field_name(["target", "checkId"]) == "target.check_ids"
    assert field_name(["triggers", 0, "myKey"]) == "triggers[0].myKey"
    assert field_name(["environmentVariables", "BASE_URL"]) == "environment_variables.BASE_URL"
    assert field_name(["a\x1b"]) == "a?"
    assert len(field_name(["x" * 500, *range(100)])) <= 90


def test_what_is_stored_has_no_key_without_a_value():
    """Pulumi would drop it in the next refresh, which looks like a change; lists keep their places."""
    assert storable({"a": None, "b": [{"c": None}, None], "d": ()}) == {"b": [{}, None], "d": []}
