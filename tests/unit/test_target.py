"""A target: equal when it selects the same, and refused when it selects all."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core.target import guard, missing_check_ids, normalised
from checkly_dynamic.core.values import UNKNOWN

ID, OTHER = "a4cd4ad9-4815-4a9e-92d2-0a7c562ee69a", "b4cd4ad9-4815-4a9e-92d2-0a7c562ee69b"
groups = st.lists(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4), max_size=4)


@given(groups, groups, st.randoms(use_true_random=False))
def test_two_targets_are_equal_when_they_select_the_same(first, second, random):
    """Order and repetition do not matter; another set of sets of tags does."""
    shuffled = copy.deepcopy(first) + first[:1]
    for group in shuffled:
        group.extend(group[:1])
        random.shuffle(group)
    random.shuffle(shuffled)
    assert normalised({"matchTags": shuffled}) == normalised({"matchTags": first})
    same = {frozenset(group) for group in first} == {frozenset(group) for group in second}
    assert (normalised({"matchTags": first}) == normalised({"matchTags": second})) is same


def test_what_is_left_out_is_the_same_as_empty():
    """None, a missing key and an empty list are one thing; ids do not depend on their case."""
    assert normalised(None) == normalised({}) == normalised({"matchTags": [], "checkId": None}) == {}
    assert normalised({"checkId": [ID.upper(), ID]}) == {"checkId": [ID]}


@pytest.mark.parametrize("empty", [None, {}, {"matchTags": []}, {"matchTags": None, "checkId": []}])
def test_an_empty_target_needs_the_flag(empty):
    """Every spelling of "everything" is refused without run_all_checks and accepted with it."""
    for flag in (None, False):
        [line] = guard(empty, flag)
        assert line.startswith("target: is empty, which would run every check")
    assert guard(empty, True) == guard(empty, UNKNOWN) == []


def test_negations_alone_need_the_flag_unless_ids_narrow_them():
    """One group of negations selects nearly all, whatever the other groups say."""
    [line] = guard({"matchTags": [["production"], ["!slow"]]}, None)
    assert line.startswith('target.match_tags[1]: has only tags with "!"')
    assert guard({"matchTags": [["production"], ["!slow"]]}, True) == []
    assert guard({"matchTags": [["!slow"]], "checkId": [ID]}, None) == []


@pytest.mark.parametrize(
    "narrow", [{"matchTags": [["a"]]}, {"checkId": [ID]}, {"matchTags": [["!a"]], "checkId": [UNKNOWN]}]
)
def test_the_flag_beside_a_target_that_selects_is_refused(narrow):
    """Either the flag or the target is a mistake, and running everything is the worse one."""
    assert guard(narrow, True) == ["run_all_checks: is True, but the target selects checks; leave one of the two out"]
    assert guard(narrow, False) == []


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "matchTags": st.lists(st.lists(st.sampled_from(["a", "!a"]), min_size=1)),
            "checkId": st.lists(st.just(ID)),
        },
    ),
    st.booleans(),
    st.data(),
)
def test_what_is_refused_in_a_preview_is_refused_in_the_update(known, flag, data):
    """Hiding parts of a target as unknown never makes the guard stricter."""

    def hidden(value):
        if data.draw(st.booleans()):
            return UNKNOWN
        if isinstance(value, dict):
            return {key: hidden(item) for key, item in value.items()}
        return [hidden(item) for item in value] if isinstance(value, list) else value

    if guard(hidden(known), data.draw(st.sampled_from([flag, UNKNOWN]))):
        assert guard(known, flag)


def test_checks_that_did_not_start_are_named_only_when_ids_alone_selected():
    """A deleted or deactivated check is missing; an id that the tags exclude is not."""
    assert missing_check_ids({"checkId": [ID.upper(), OTHER, OTHER]}, {ID}) == [OTHER]
    assert missing_check_ids({"checkId": [ID], "matchTags": [["a"]]}, set()) == []
    assert missing_check_ids({"checkId": [ID], "matchTags": []}, set()) == [ID]
    assert missing_check_ids(None, {ID}) == []
