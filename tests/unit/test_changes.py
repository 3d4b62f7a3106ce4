"""What counts as a change, for any bag that an engine or an older version can hand over."""

import pytest
from hypothesis import given, strategies as st
from pulumi.output import Unknown

from checkly_dynamic.provider import (
    CheckSessionTriggerProvider,
    CheckSessionVerdictProvider,
    TestSessionTriggerProvider,
)

STORED = {
    "target": {"matchTags": [["production", "!slow"], ["canary"]]},
    "deployVersion": "1",
    "triggers": [1.0, {"a": True}],
    "sessions": [{"checkSessionId": "x", "status": "PASSED"}],
    "sessionIds": ["x"],
}


def changes(news, olds, provider=CheckSessionTriggerProvider):
    """Ask the provider; the answer is always an explicit yes or no, and never a replacement."""
    result = provider().diff("id", olds, news)
    assert result.changes in (True, False)
    assert not result.replaces
    return result.changes


TEST_STORED = {
    "target": {"matchTags": [["a"]]},
    "sessionId": "t1",
    "environmentVariables": {"URL": "https://one"},
    "runLocation": "eu-central-1",
    "retryStrategy": {"type": "FIXED", "maxRetries": 2.0},
}
WAIT_FOR = {"sessionIds": ["s1", "s2"], "checkIds": ["a", "b"], "deployVersion": "1", "missingCheckIds": []}
GATE = {"resourceName": "gate", "waitFor": [WAIT_FOR], "conclusion": "PASSED"}

TRIGGER_CHANGES = [
    ({"deployVersion": " 1\n", "runAllChecks": None, "onNoMatch": "pass"}, False),
    ({"target": {"matchTags": [["canary"], ["!slow", "production", "!slow"], ["canary"]]}}, False),
    ({"target": {"matchTags": [["production"], ["canary"]]}}, True),
    ({"target": {"matchTags": [["production", "!slow", "canary"]]}}, True),
    ({"target": None, "runAllChecks": True}, True),
    ({"deployVersion": None}, True),
    ({"refreshCache": True}, True),
    ({"triggers": [1, {"a": Unknown()}]}, True),
]
"""Target, version, triggers, cache and flag run the checks again, also when not known yet; order and repetition do not."""

TEST_CHANGES = [
    ({"runLocation": None, "retryStrategy": {"maxRetries": 2, "type": "FIXED"}}, False),
    ({"sessionName": "other", "metadata": {"commitId": "abc"}, "secretEnvironmentVariables": ["URL"]}, False),
    ({"environmentVariables": {"URL": "https://one", "MORE": "x"}}, True),
    ({"environmentVariables": {"URL": Unknown()}}, True),
    ({"runLocation": "us-east-1"}, True),
    ({"retryStrategy": {"type": "FIXED", "maxRetries": 3.0}}, True),
    ({"allowDeactivated": True}, True),
]
"""All that is sent counts, except name and metadata; making a value secret is not a change."""

VERDICT_CHANGES = [
    ({"attempts": 3.0, "failFast": True, "failureDetails": False, "rerun": [{"sessionId": "t1"}]}, False),
    ({"failOn": ["FAILED", "CANCELLED", "TIMED_OUT"], "onFailure": "fail"}, False),
    ({"waitFor": [{**WAIT_FOR, "sessionIds": ["s2", "s1"], "links": ["l"], "deployVersion": "1 "}]}, False),
    ({"failOn": ["FAILED"]}, True),
    ({"nonBlocking": ["Home"]}, True),
    ({"onFailure": "record"}, True),
    ({"waitFor": [{**WAIT_FOR, "sessionIds": ["s1", "s3"]}]}, True),
    ({"waitFor": [{**WAIT_FOR, "missingCheckIds": ["c"]}]}, True),
    ({"waitFor": [WAIT_FOR, {"sessionIds": []}]}, True),
    ({"waitFor": Unknown()}, True),
]
"""A good verdict stands until its sessions, or the rules to judge them, change; the timeout does not matter."""

CHANGES = [
    *((CheckSessionTriggerProvider, STORED, *case) for case in TRIGGER_CHANGES),
    (CheckSessionTriggerProvider, {**STORED, "sessions": [], "onNoMatch": "pass"}, {"onNoMatch": "fail"}, True),
    *((TestSessionTriggerProvider, TEST_STORED, *case) for case in TEST_CHANGES),
    *((CheckSessionVerdictProvider, GATE, *case) for case in VERDICT_CHANGES),
]


@pytest.mark.parametrize(("provider", "stored", "change", "expected"), CHANGES)
def test_what_is_a_change(provider, stored, change, expected):
    """A change runs the checks or reads the sessions again; everything else does nothing."""
    outputs = ("sessions", "sessionIds", "sessionId", "conclusion")
    news = {key: value for key, value in stored.items() if key not in outputs}
    assert changes({**news, **change}, stored, provider) is expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([1], [1.0], False),
        ([{"a": None, "b": 0.0}], [{"b": -0.0}], False),
        ([1], [True], True),
        (["1"], [1], True),
        ([[]], [{}], True),
        ([1, 2], [2, 1], True),
        ([None], [], True),
    ],
    ids=repr,
)
def test_values_are_compared_as_the_engine_keeps_them(first, second, expected):
    """Numbers arrive as floats and None is dropped from objects; true is not 1, and order counts in a list."""
    assert changes({"triggers": second}, {"triggers": first}) is expected


RUNNING, FAILED = {"checkId": "a", "status": "STARTED"}, {"checkId": "b", "status": "FAILED", "finished": True}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ({"conclusion": "FAILED", "sessions": [FAILED], "onFailure": "fail"}, True),
        ({"conclusion": "PENDING", "sessions": [FAILED, RUNNING]}, True),
        ({"conclusion": None}, True),
        ({"conclusion": "FAILED", "sessions": [FAILED, RUNNING]}, True),
        ({"conclusion": "FAILED", "sessions": [FAILED, RUNNING], "failFast": True}, False),
        ({"conclusion": "FAILED", "sessions": [RUNNING, {**FAILED, "checkId": "a", "attempt": 2.0}]}, False),
    ],
)
def test_a_verdict_is_looked_at_again_until_it_is_settled(outputs, expected):
    """What is not good is looked at in every update. A recorded failure is final when every check has ended, or fail_fast."""
    verdict = {**GATE, "onFailure": "record", **outputs}
    news = {key: verdict[key] for key in ("waitFor", "onFailure")}
    assert changes(news, verdict, CheckSessionVerdictProvider) is expected


def test_a_trigger_of_the_other_kind_has_run_nothing():
    """With an alias, a trigger can take over the state of one of the other kind, whose sessions are none of its own."""
    inputs = {"target": {"matchTags": [["a"]]}}
    assert changes(inputs, {**inputs, "sessionId": "t1"}, CheckSessionTriggerProvider) is True
    assert changes(inputs, {**inputs, "sessions": []}, TestSessionTriggerProvider) is True


names = st.sampled_from(
    ["target", "matchTags", "triggers", "sessions", "sessionIds", "status", "waitFor", "conclusion"]
)
words = st.sampled_from([None, True, 7, "a", "PASSED", "FAILED"])
values = st.recursive(words, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=6)
bags = st.dictionaries(names, values, max_size=4)


@given(bags, bags)
def test_a_comparison_never_fails_and_equals_itself(olds, news):
    """Whatever an older version stored, or somebody edited, has an answer: a diff that raises blocks every later destroy."""
    for provider in (CheckSessionTriggerProvider, TestSessionTriggerProvider, CheckSessionVerdictProvider):
        changes(news, olds, provider)
        if provider is not CheckSessionVerdictProvider:
            assert changes(dict(olds), olds, provider) is False
        elif not changes(news, olds, provider):
            assert olds["conclusion"] in ("PASSED", "FAILED")
