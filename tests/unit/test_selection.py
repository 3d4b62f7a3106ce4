"""Which checks a target selects: the API document's rule, held against a second, naive reading of the same document."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.selection import listed, select
from checkly_dynamic.errors import InvalidResponse

TAGS = ["a", "b", "c", "d"]


def formula(match_tags):
    """Write matchTags as the document does, in Python: [[a, b], [a, c, !d]] means (a && b) || (a && c && !d)."""
    return " or ".join(
        "(" + " and ".join(f"not {tag[1:]}" if tag.startswith("!") else tag for tag in group) + ")"
        for group in match_tags
    )


def runs(raw, groups, target):
    """Read the API document naively: the tags by the formula, then the ids, then what is switched on."""
    group = next((group for group in groups if group["id"] == raw["groupId"]), {"tags": [], "activated": True})
    has = {tag: tag in raw["tags"] or tag in group["tags"] for tag in TAGS}
    by_tags = not target.get("matchTags") or eval(formula(target["matchTags"]), {}, has)
    by_id = not target.get("checkId") or raw["id"] in target["checkId"]
    return by_tags and by_id and raw["activated"] and group["activated"] and raw["checkType"] != "HEARTBEAT"


tags = st.lists(st.sampled_from(TAGS), max_size=3)
wanted = st.sampled_from([*TAGS, *(f"!{tag}" for tag in TAGS)])
ids = st.integers(0, 5).map(lambda number: str(uuid.UUID(int=number)))
group_lists = st.lists(
    st.fixed_dictionaries({"id": st.integers(1, 3), "tags": tags, "activated": st.booleans()}),
    unique_by=lambda group: group["id"],
)
check_lists = st.lists(
    st.fixed_dictionaries(
        {
            "id": ids,
            "name": st.text(max_size=3),
            "tags": tags,
            "activated": st.booleans(),
            "checkType": st.sampled_from(["API", "BROWSER", "HEARTBEAT"]),
            "groupId": st.none() | st.integers(1, 3),
        }
    ),
    unique_by=lambda check: check["id"],
)
targets = st.fixed_dictionaries(
    {},
    optional={
        "matchTags": st.lists(st.lists(wanted, min_size=1, max_size=3), max_size=3),
        "checkId": st.lists(ids, max_size=3),
    },
)


@given(check_lists, group_lists, targets)
def test_selection_is_what_the_document_says(checks, groups, target):
    """For any account and target, the selected checks are those of the naive reading, and all others have a reason."""
    selection = select(listed(checks, groups), target)
    assert [found.id for found in selection.checks] == [raw["id"] for raw in checks if runs(raw, groups, target)]
    everyone = {raw["id"] for raw in checks}
    assert {found.id for found in selection.checks} | {no.check.id for no in selection.excluded} == everyone
    assert len(selection.checks) + len(selection.excluded) == len(everyone)
    assert all(no.reason for no in selection.excluded)
    assert set(selection.unknown_ids) == set(target.get("checkId", [])) - everyone


def test_ids_are_compared_without_case_and_count_once():
    """A UUID in capitals is the same UUID; a check that moves to another page while pages are read is still one check."""
    raw = {"id": "one", "name": "one", "groupId": None}
    checks = listed([raw, {**raw, "id": "ONE"}], [])
    selection = select(checks, {"checkId": ["one"]})
    assert [check.id for check in selection.checks] == ["ONE"]
    assert selection.unknown_ids == ()


def test_a_list_that_is_not_the_documented_one_is_an_error():
    """Guessing what a strange answer means could show a wrong selection."""
    for raw in ({}, {"id": 7}, {"id": "one", "tags": "a"}, {"id": "one", "tags": [1]}):
        with pytest.raises(InvalidResponse):
            listed([raw], [])
