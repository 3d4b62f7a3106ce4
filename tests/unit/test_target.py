"""A target: equal when it selects the same, refused when it selects all, sent as it was written."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core import target
from checkly_dynamic.core.values import UNKNOWN

ID, OTHER = "a4cd4ad9-4815-4a9e-92d2-0a7c562ee69a", "b4cd4ad9-4815-4a9e-92d2-0a7c562ee69b"

tags = st.text(min_size=1, max_size=4)
groups = st.lists(st.lists(tags, min_size=1, max_size=4), max_size=4)


@given(groups, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(match_tags, random):
    """Groups and tags may come in any order, and twice, and the target stays the same."""
    shuffled = copy.deepcopy(match_tags) + match_tags[:1]
    for group in shuffled:
        group.extend(group[:1])
        random.shuffle(group)
    random.shuffle(shuffled)
    assert target.normalised({"matchTags": shuffled}) == target.normalised({"matchTags": match_tags})


@given(groups, groups)
def test_equal_normal_forms_select_the_same(first, second):
    """Two targets are equal only when they have the same set of sets of tags."""
    same = {frozenset(group) for group in first} == {frozenset(group) for group in second}
    assert (target.normalised({"matchTags": first}) == target.normalised({"matchTags": second})) is same


def test_what_is_left_out_is_the_same_as_empty():
    """None, a missing key and an empty list are one thing; ids do not depend on their case."""
    assert (
        target.normalised(None) == target.normalised({}) == target.normalised({"matchTags": [], "checkId": None}) == {}
    )
    assert target.normalised({"checkId": [ID.upper(), ID]}) == {"checkId": [ID]}
    assert target.normalised({"matchTags": [["a", "b"]]}) != target.normalised({"matchTags": [["a"], ["b"]]})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, 1.0),
        ({"a": None}, {}),
        ([1, (2,)], [1.0, [2.0]]),
        ({"b": 1, "a": 2}, {"a": 2, "b": 1}),
        (0.0, -0.0),
    ],
)
def test_values_that_the_engine_does_not_tell_apart_are_equal(first, second):
    """Numbers arrive as floats, None is dropped from objects, and keys have no order."""
    assert target.canonical(first) == target.canonical(second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (1, True),
        (0, False),
        ("1", 1),
        (None, ""),
        ([], {}),
        ([1, 2], [2, 1]),
        ([None], []),
        ("é", "e\u0301"),
        (None, []),
        (10**400, 10**401),
    ],
)
def test_values_that_differ_stay_different(first, second):
    """True is not 1, and order counts in a list of triggers."""
    assert target.canonical(first) != target.canonical(second)


def test_anything_has_a_canonical_text():
    """A comparison must never fail: a diff that raises blocks every later update and destroy."""
    assert target.canonical({"a": [object(), float("nan"), {1: 2}]}) == '{"a": ["object", NaN, {"1": 2.0}]}'


@pytest.mark.parametrize("empty", [None, {}, {"matchTags": []}, {"checkId": []}, {"matchTags": None, "checkId": []}])
def test_an_empty_target_needs_the_flag(empty):
    """Every spelling of "everything" is refused without run_all_checks and accepted with it."""
    for flag in (None, False):
        [line] = target.guard(empty, flag)
        assert line.startswith("target: is empty, which would run every check")
    assert target.guard(empty, True) == []
    assert target.guard(empty, UNKNOWN) == []


def test_negations_alone_need_the_flag_unless_ids_narrow_them():
    """One group of negations selects nearly all, whatever the other groups say."""
    [line] = target.guard({"matchTags": [["production"], ["!slow"]]}, None)
    assert line.startswith("target.matchTags[1]: has only negations")
    assert target.guard({"matchTags": [["!slow"]]}, True) == []
    assert target.guard({"matchTags": [["production"], ["!slow"]]}, True) == []
    assert target.guard({"matchTags": [["!slow"]], "checkId": [ID]}, None) == []
    assert target.guard({"matchTags": [["!slow", "production"]]}, None) == []


@pytest.mark.parametrize(
    "narrow", [{"matchTags": [["a"]]}, {"checkId": [ID]}, {"matchTags": [["!a"]], "checkId": [UNKNOWN]}]
)
def test_the_flag_beside_a_target_that_selects_is_refused(narrow):
    """Either the flag or the target is a mistake, and running everything is the worse one."""
    assert target.guard(narrow, True) == [
        "runAllChecks: is true beside a target that selects checks; leave one of the two out"
    ]
    assert target.guard(narrow, False) == []


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
    """Hiding parts of a target as unknown never makes the guard stricter, so a preview never refuses what an update accepts."""

    def hidden(value):
        if data.draw(st.booleans()):
            return UNKNOWN
        if isinstance(value, dict):
            return {key: hidden(item) for key, item in value.items()}
        return [hidden(item) for item in value] if isinstance(value, list) else value

    if target.guard(hidden(known), data.draw(st.sampled_from([flag, UNKNOWN]))):
        assert target.guard(known, flag)


def test_the_request_keeps_what_the_user_wrote():
    """Order and repetition go to Checkly as written; empty parts are left out, because an empty target means everything."""
    wanted = {"matchTags": [["b", "a", "b"], ["!c"]], "checkId": [OTHER, ID]}
    assert target.request_body(wanted, refresh_cache=True) == {"target": wanted, "refreshCache": True}
    assert target.request_body({"matchTags": [["a"]], "checkId": []}, refresh_cache=False) == {
        "target": {"matchTags": [["a"]]},
        "refreshCache": False,
    }
    assert target.request_body({"matchTags": []}, refresh_cache=False) == {"refreshCache": False}
    assert target.request_body(None, refresh_cache=False) == {"refreshCache": False}


def test_checks_without_a_session_are_named_only_when_ids_alone_selected():
    """A deleted or deactivated check is a silent hole; an id that the tags exclude is not."""
    assert target.missing_check_ids({"checkId": [ID.upper(), OTHER, OTHER]}, {ID}) == [OTHER]
    assert target.missing_check_ids({"checkId": [ID], "matchTags": [["a"]]}, set()) == []
    assert target.missing_check_ids({"checkId": [ID], "matchTags": []}, set()) == [ID]
    assert target.missing_check_ids(None, {ID}) == []
