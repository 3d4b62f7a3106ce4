"""What counts as a change of a trigger, for any bag that an engine or an older version can hand over."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st
from pulumi.output import Unknown

from checkly_dynamic.core.changes import awaited_key, policy_key, settled, trigger_key
from checkly_dynamic.provider import CheckSessionTriggerProvider

STORED = {
    "__provider": "gASV-old",
    "resourceName": "smoke",
    "target": {"matchTags": [["production", "!slow"], ["canary"]]},
    "deployVersion": "1",
    "triggers": [1.0, {"a": True}],
    "refreshCache": False,
    "sessions": [{"checkSessionId": "x", "status": "PASSED"}],
    "sessionIds": ["x"],
    "triggeredAt": "2026-01-01T00:00:00Z",
}
WANTED = {key: STORED[key] for key in ("__provider", "resourceName", "target", "deployVersion", "triggers")}


def changes(news, olds=STORED):
    """Ask the provider; the answer is always an explicit yes or no."""
    result = CheckSessionTriggerProvider().diff("check-session-trigger", olds, news)
    assert result.changes in (True, False)
    assert not result.replaces
    return result.changes


def named(value):
    """Name a case the same in every process: an unknown shows its address."""
    return re.sub(r"<[\w.]*Unknown[^>]*>", "UNKNOWN", repr(value))


@pytest.mark.parametrize(
    "same",
    [
        {},
        {"__provider": "gASV-new"},
        {"resourceName": "renamed"},
        {"target": {"matchTags": [["canary"], ["!slow", "production", "production"]], "checkId": []}},
        {"triggers": [1, {"a": True, "b": None}]},
        {"refreshCache": None},
        {"refreshCache": False, "runAllChecks": False},
        {"onNoMatch": "pass"},
        {"onNoMatch": Unknown()},
        {"resourceName": Unknown()},
    ],
    ids=named,
)
def test_what_decides_nothing_is_no_change(same):
    """Another spelling of the same wish, the resource's name, and the provider's own code never run checks again."""
    assert changes({**WANTED, **same}) is False


@pytest.mark.parametrize(
    "other",
    [
        {"target": {"matchTags": [["production"], ["canary"]]}},
        {"target": {"matchTags": STORED["target"]["matchTags"], "checkId": ["a4cd4ad9-4815-4a9e-92d2-0a7c562ee69a"]}},
        {"target": None},
        {"deployVersion": "2"},
        {"deployVersion": None},
        {"deployVersion": "1 "},
        {"triggers": [1]},
        {"triggers": [{"a": True}, 1]},
        {"triggers": [1, {"a": 1}]},
        {"triggers": None},
        {"refreshCache": True},
        {"runAllChecks": True},
        {"target": Unknown()},
        {"target": {"matchTags": [["production", Unknown()]]}},
        {"deployVersion": Unknown()},
        {"triggers": [1, {"a": Unknown()}]},
        {"runAllChecks": Unknown()},
    ],
    ids=named,
)
def test_each_input_that_decides_is_a_change(other):
    """Target, version, triggers, cache and flag run the checks again, also when they are not known yet."""
    assert changes({**WANTED, **other}) is True


def test_another_word_for_no_match_counts_only_while_there_is_no_session():
    """After an update that was allowed to match nothing, forbidding that is a reason to ask again."""
    nothing = {**STORED, "sessions": [], "sessionIds": [], "onNoMatch": "pass"}
    assert changes({**WANTED, "onNoMatch": "pass"}, nothing) is False
    assert changes(WANTED, nothing) is True
    assert changes({**WANTED, "onNoMatch": "fail"}, nothing) is True
    assert changes({**WANTED, "onNoMatch": Unknown()}, nothing) is True
    assert changes({**WANTED, "onNoMatch": "pass"}, STORED) is False


bags = st.dictionaries(
    st.sampled_from(
        ["target", "deployVersion", "triggers", "refreshCache", "runAllChecks", "onNoMatch", "sessions", "x"]
    ),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["matchTags", "checkId", "x"]), inner),
        max_leaves=10,
    ),
)


@given(bags, bags)
def test_a_comparison_never_fails_and_equals_itself(olds, news):
    """Whatever an older version stored has an answer, and nothing is a change of itself."""
    assert CheckSessionTriggerProvider().diff("id", olds, news).changes in (True, False)
    assert trigger_key(olds) == trigger_key(olds)
    assert CheckSessionTriggerProvider().diff("id", olds, dict(olds)).changes is False


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.sampled_from(["PASSED", "FAILED", "record", "a"]),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["sessionIds", "missingCheckIds", "status"]), inner)
    ),
)


@given(st.dictionaries(st.sampled_from(["waitFor", "failOn", "onFailure", "conclusion", "sessions"]), anything))
def test_no_bag_makes_a_comparison_of_gates_fail(bag):
    """Also a state that somebody edited is compared, and never taken for a good verdict."""
    assert isinstance(awaited_key(bag), str)
    assert isinstance(awaited_key({"waitFor": [bag]}), str)
    assert len(policy_key(bag)) == 2
    if settled(bag):
        assert bag["conclusion"] in ("PASSED", "FAILED")


RUNNING, FAILED = {"checkId": "a", "status": "STARTED"}, {"checkId": "b", "status": "FAILED", "finished": True}


@pytest.mark.parametrize(
    ("outputs", "is_settled"),
    [
        ({"sessions": [FAILED]}, True),
        ({"sessions": [FAILED, RUNNING]}, False),
        ({"sessions": [FAILED, RUNNING], "failFast": True}, True),
        ({"sessions": [RUNNING, {**FAILED, "checkId": "a", "attempt": 2.0}]}, True),
        ({"sessions": [FAILED], "onFailure": "fail"}, False),
    ],
)
def test_a_recorded_failure_is_final_when_every_check_has_ended(outputs, is_settled):
    """Beside a failure others may still run: their end is to be recorded too, unless the gate was not to wait for it."""
    assert settled({"conclusion": "FAILED", "onFailure": "record", **outputs}) is is_settled
