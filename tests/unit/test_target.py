"""A target: equal when it selects the same, and refused when it selects all."""

from __future__ import annotations

import copy

from hypothesis import given, strategies as st

from checkly_dynamic.core.target import guard, normalised
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
