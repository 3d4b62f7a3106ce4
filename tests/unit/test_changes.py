"""What counts as a change, for any bag that an engine or an older version can hand over."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st
from pulumi.output import Unknown

from checkly_dynamic.core.changes import canonical, is_settled
from checkly_dynamic.provider import (
    CheckSessionTriggerProvider,
    CheckSessionVerdictProvider,
    TestSessionTriggerProvider,
)

STORED = {
    "target": {"matchTags": [["production", "!slow"], ["canary"]]},
    "deployVersion": "1",
    "triggers": [1.0, {"a": True}],
    "refreshCache": False,
    "sessions": [{"checkSessionId": "x", "status": "PASSED"}],
    "sessionIds": ["x"],
}
WANTED = {key: STORED[key] for key in ("target", "deployVersion", "triggers")}
UNKNOWN = "unknown"


def known(value: Any) -> Any:
    """Put an unknown value in place of the word; a case with a real one would have another name in each process."""
    if isinstance(value, dict):
        return {key: known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [known(item) for item in value]
    return Unknown() if value == UNKNOWN else value


def changes(news, olds=STORED, provider=CheckSessionTriggerProvider):
    """Ask the provider; the answer is always an explicit yes or no, and never a replacement."""
    result = provider().diff("id", olds, known(news))
    assert result.changes in (True, False)
    assert not result.replaces
    return result.changes


@pytest.mark.parametrize(
    "other",
    [
        {"target": {"matchTags": [["production"], ["canary"]]}},
        {"target": None, "runAllChecks": True},
        {"deployVersion": None},
        {"triggers": [{"a": True}, 1]},
        {"triggers": [1, {"a": 1}]},
        {"refreshCache": True},
        {"triggers": [1, {"a": UNKNOWN}]},
    ],
    ids=repr,
)
def test_each_relevant_input_is_a_change(other):
    """Target, version, triggers, cache and flag run the checks again, also when they are not known yet."""
    assert changes({**WANTED, **other}) is True


TEST_STORED = {
    "target": {"matchTags": [["a"]]},
    "sessionId": "t1",
    "environmentVariables": {"URL": "https://one"},
    "runLocation": "eu-central-1",
    "retryStrategy": {"type": "FIXED", "maxRetries": 2.0},
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"runLocation": None, "retryStrategy": {"maxRetries": 2, "type": "FIXED"}}, False),
        ({"sessionName": "other", "metadata": {"commitId": "abc"}, "secretEnvironmentVariables": ["URL"]}, False),
        ({"environmentVariables": {"URL": "https://one", "MORE": "x"}}, True),
        ({"environmentVariables": {"URL": UNKNOWN}}, True),
        ({"runLocation": "us-east-1"}, True),
        ({"retryStrategy": {"type": "FIXED", "maxRetries": 3.0}}, True),
        ({"allowDeactivated": True}, True),
    ],
    ids=repr,
)
def test_changes_of_a_test_session(change, expected):
    """What is sent counts, except name and metadata; that a value became a secret is no change."""
    news = {key: value for key, value in TEST_STORED.items() if key != "sessionId"}
    assert changes({**news, **change}, TEST_STORED, TestSessionTriggerProvider) is expected


WAIT_FOR = {"sessionIds": ["s1", "s2"], "checkIds": ["a", "b"], "deployVersion": "1", "missingCheckIds": []}
GATE = {"resourceName": "gate", "waitFor": [WAIT_FOR]}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"attempts": 3.0, "failFast": True, "failureDetails": False, "rerun": [{"sessionId": "t1"}]}, False),
        ({"failOn": ["FAILED", "CANCELLED", "TIMED_OUT"], "onFailure": "fail"}, False),
        ({"waitFor": [{**WAIT_FOR, "sessionIds": ["s2", "s1"], "links": ["l"], "deployVersion": "1 "}]}, False),
        ({"failOn": ["FAILED"]}, True),
        ({"nonBlocking": ["Home"]}, True),
        ({"onFailure": "record"}, True),
        ({"waitFor": [{**WAIT_FOR, "sessionIds": ["s1", "s3"]}]}, True),
        ({"waitFor": [{**WAIT_FOR, "missingCheckIds": ["c"]}]}, True),
        ({"waitFor": [WAIT_FOR, {"sessionIds": []}]}, True),
        ({"waitFor": UNKNOWN}, True),
    ],
    ids=repr,
)
def test_a_good_verdict_is_looked_at_again_for_other_sessions_or_another_judgement(change, expected):
    """It stands until what it is about, or how it is judged, changes; how long it may take does not matter."""
    assert changes({**GATE, **change}, {**GATE, "conclusion": "PASSED"}, CheckSessionVerdictProvider) is expected


RUNNING, FAILED = {"checkId": "a", "status": "STARTED"}, {"checkId": "b", "status": "FAILED", "finished": True}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"conclusion": "FAILED", "sessions": [FAILED], "onFailure": "fail"}, False),
        ({"conclusion": "PENDING", "sessions": [FAILED, RUNNING]}, False),
        ({"conclusion": None}, False),
        ({"conclusion": "FAILED", "sessions": [FAILED, RUNNING]}, False),
        ({"conclusion": "FAILED", "sessions": [FAILED, RUNNING], "failFast": True}, True),
        ({"conclusion": "FAILED", "sessions": [RUNNING, {**FAILED, "checkId": "a", "attempt": 2.0}]}, True),
    ],
)
def test_a_verdict_is_looked_at_again_until_it_is_settled(outputs, expected):
    """What is not good is looked at in every update. A recorded failure is final when every check has ended, or fail_fast."""
    verdict = {**GATE, "onFailure": "record", **outputs}
    assert is_settled(verdict) is expected
    news = {key: verdict[key] for key in ("waitFor", "onFailure")}
    assert changes(news, verdict, CheckSessionVerdictProvider) is not expected


def test_values_are_compared_as_the_engine_keeps_them():
    """Numbers arrive as floats and None is dropped from objects; true is not 1, and order counts in a list."""
    for first, second in ((1, 1.0), ({"a": None, "b": 0.0}, {"b": -0.0}), ([1, (2,)], [1.0, [2.0]])):
        assert canonical(first) == canonical(second)
    for first, second in ((1, True), ("1", 1), ([], {}), ([1, 2], [2, 1]), ([None], []), (10**400, 10**401)):
        assert canonical(first) != canonical(second)


bags = st.dictionaries(
    st.sampled_from(
        ["target", "deployVersion", "triggers", "onNoMatch", "sessions", "waitFor", "conclusion", "failOn"]
    ),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["PASSED", "FAILED", "record"]),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["matchTags", "checkId", "sessionIds", "status"]), inner)
        ),
        max_leaves=6,
    ),
    max_size=4,
)


@given(bags, bags)
def test_a_comparison_never_fails_and_equals_itself(olds, news):
    """Whatever an older version stored, or somebody edited, has an answer: a diff that raises blocks every later destroy."""
    for provider in (CheckSessionTriggerProvider, TestSessionTriggerProvider, CheckSessionVerdictProvider):
        assert provider().diff("id", olds, news).changes in (True, False)
    for provider in (CheckSessionTriggerProvider, TestSessionTriggerProvider):
        assert provider().diff("id", olds, dict(olds)).changes is False or _has_problems(olds)
    if is_settled(olds):
        assert olds["conclusion"] in ("PASSED", "FAILED")


def _has_problems(bag):
    """Whether a bag holds what no engine can carry: NaN, infinity, or half of a character."""
    return "nan" in repr(bag) or "inf" in repr(bag) or "\\ud" in repr(bag)
