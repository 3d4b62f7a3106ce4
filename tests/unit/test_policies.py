"""The ready-made rules, given what a policy pack is given: proxies with unknown values, and configuration."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st
from pulumi import runtime
from pulumi_policy import (
    EnforcementLevel,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import (
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_NUMBER_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
    unknown_checking_proxy,
)
from pulumi_policy.secret import Secret, secrets_preserving_proxy

from checkly_dynamic import policies

TRIGGER = "pulumi-python:dynamic/checkly:CheckSessionTrigger"
TEST_TRIGGER = "pulumi-python:dynamic/checkly:TestSessionTrigger"
VERDICT = "pulumi-python:dynamic/checkly:CheckSessionVerdict"
LIVE = "shop:index:Switch"
GREEN = {"passed": True, "conclusion": "PASSED", "reason": "2 checks passed"}
RED = {"passed": False, "conclusion": "FAILED", "reason": "1 of 2 checks did not pass"}
NO_OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], None)


def urn(resource_type, stack="prod"):
    """Return a URN as the engine makes it."""
    return f"urn:pulumi:{stack}::shop::{resource_type}::smoke"


def resource_args(resource_type, props, *, stack="prod", config=None, tags=None, proxy=unknown_checking_proxy):
    """Return what a resource policy is given."""
    return ResourceValidationArgs(
        resource_type, proxy(props), urn(resource_type, stack), "smoke", NO_OPTIONS, None, config or {}, tags
    )


def stack_args(*resources, stack="prod", config=None, tags=None):
    """Return what a stack policy is given, for resources of a type and with properties; the stack itself is one too."""
    listed = [
        PolicyResource(kind, unknown_checking_proxy(props), urn(kind, stack), "smoke", NO_OPTIONS, None, None, [], {})
        for kind, props in [("pulumi:pulumi:Stack", {}), *resources]
    ]
    return StackValidationArgs(listed, config or {}, tags)


def judged(waited_for, started):
    """Return a green verdict about these sessions, which depends on a trigger that has started those."""
    args = stack_args((TRIGGER, started), (VERDICT, {**GREEN, "waitFor": waited_for}))
    trigger, verdict = args.resources[1:]
    verdict.dependencies.append(trigger)
    return args


def violations(policy, args):
    """Return the messages that a policy reports."""
    found = []
    policy.validate(args, lambda message, _urn=None: found.append(message))
    return found


@pytest.fixture
def preview(monkeypatch):
    """Let the pack believe that it runs in a preview."""
    monkeypatch.setattr(runtime, "is_dry_run", lambda: True)


def test_a_stack_without_a_gate_is_refused_and_one_with_a_gate_is_not():
    """The rule says what to add; the verdict inside a gate shows that there is one."""
    (line,) = violations(policies.gate_exists(), stack_args((TRIGGER, {})))
    assert line.startswith("There is no CheckSessionGate: add one")
    assert violations(policies.gate_exists(), stack_args((VERDICT, {}))) == []


@pytest.mark.parametrize(
    ("scope", "stack", "tags", "meant"),
    [
        ({}, "anything", {}, True),
        ({"stacks": ["prod*"]}, "prod-eu", {}, True),
        ({"stacks": ["prod*"]}, "dev", {}, False),
        ({"stacks": ["live", "prod"]}, "prod", {}, True),
        ({"stack_tags": {"tier": "critical"}}, "dev", {"tier": "critical"}, True),
        ({"stack_tags": {"tier": "critical"}}, "dev", {"tier": "toy"}, False),
        ({"stack_tags": {"tier": "critical"}}, "dev", {}, False),
        ({"stack_tags": {"tier": "crit*"}, "stacks": ["prod"]}, "dev", {"tier": "critical"}, False),
    ],
)
def test_a_rule_is_meant_for_stacks_by_name_and_tag(scope, stack, tags, meant):
    """Any name pattern and all tag patterns must match; both rules with a scope read it alike."""
    missing = violations(policies.gate_exists(**scope), stack_args(stack=stack, tags=tags))
    record = resource_args(VERDICT, {"onFailure": "record"}, stack=stack, tags=tags)
    assert (bool(missing), bool(violations(policies.no_record_mode(**scope), record))) == (meant, meant)


def test_the_packs_configuration_replaces_the_scope():
    """Who uses a pack may point a rule at other stacks without touching it."""
    rule = policies.gate_exists(stacks=["prod"])
    assert violations(rule, stack_args(stack="dev", config={"stacks": ["dev"]}))
    assert violations(rule, stack_args(stack="prod", config={"stacks": ["dev"]})) == []


@pytest.mark.parametrize(
    ("rule", "resource_type", "bad", "good"),
    [
        (policies.no_run_all_checks, TRIGGER, {"runAllChecks": True}, {"runAllChecks": False}),
        (policies.no_run_all_checks, TRIGGER, {"runAllChecks": True}, {}),
        (policies.no_run_all_checks, TEST_TRIGGER, {"runAllChecks": True}, {}),
        (policies.deploy_version_set, TRIGGER, {}, {"deployVersion": "v1"}),
        (policies.deploy_version_set, TEST_TRIGGER, {}, {"deployVersion": "v1"}),
        (policies.deploy_version_set, TRIGGER, {"deployVersion": " "}, {"deployVersion": "[secret]"}),
        (policies.longest_timeout, VERDICT, {"timeoutSeconds": 3601.0}, {"timeoutSeconds": 3600.0}),
        (lambda: policies.longest_timeout(600), VERDICT, {}, {"timeoutSeconds": 600.0}),
        (policies.no_record_mode, VERDICT, {"onFailure": "record"}, {"onFailure": "fail"}),
        (policies.no_record_mode, VERDICT, {"onFailure": "record"}, {}),
        (lambda: policies.passed_before({LIVE: "passed"}), LIVE, {"passed": False}, {"passed": True}),
        (lambda: policies.passed_before({LIVE: "passed"}), LIVE, {}, {"passed": "true"}),
        (lambda: policies.passed_before({LIVE: "a.b.0"}), LIVE, {"a": {"b": []}}, {"a": {"b": [True]}}),
        (lambda: policies.passed_before({LIVE: "a.b.c"}), LIVE, {"a": {"b": "c"}}, {"a": {"b": {"c": True}}}),
        (lambda: policies.passed_before({LIVE: "passed"}), LIVE, {"passed": 1.0}, {"passed": True}),
        (lambda: policies.passed_before({LIVE: "passed"}), LIVE, {"passed": "false"}, {"passed": True}),
    ],
)
def test_each_rule_refuses_what_breaks_it_and_nothing_else(rule, resource_type, bad, good):
    """One line for the resource that breaks the rule, none for one that keeps it, none for other types."""
    (line,) = violations(rule(), resource_args(resource_type, bad))
    assert line.endswith(".")
    assert violations(rule(), resource_args(resource_type, good)) == []
    assert violations(rule(), resource_args("other:index:Thing", bad)) == []


@pytest.mark.parametrize(
    ("rule", "resource_type", "props"),
    [
        (policies.no_run_all_checks, TRIGGER, {"runAllChecks": UNKNOWN_BOOLEAN_VALUE}),
        (policies.deploy_version_set, TRIGGER, {"deployVersion": UNKNOWN_STRING_VALUE}),
        (lambda: policies.longest_timeout(1), VERDICT, {"timeoutSeconds": UNKNOWN_NUMBER_VALUE}),
        (policies.no_record_mode, VERDICT, {"onFailure": UNKNOWN_STRING_VALUE}),
        (lambda: policies.passed_before({LIVE: "passed"}), LIVE, {"passed": UNKNOWN_BOOLEAN_VALUE}),
        (lambda: policies.passed_before({LIVE: "tags.passed"}), LIVE, {"tags": UNKNOWN_OBJECT_VALUE}),
    ],
)
def test_what_is_not_known_yet_breaks_no_rule(rule, resource_type, props):
    """A preview of a new stack does not know everything: no violation, and no "can't run policy" either."""
    assert violations(rule(), resource_args(resource_type, props)) == []


def test_the_packs_configuration_sets_the_longest_wait_and_the_properties():
    """Numbers arrive as floats; types and properties can come from the configuration alone."""
    long = resource_args(VERDICT, {"timeoutSeconds": 61.0}, config={"maxSeconds": 60.0})
    assert violations(policies.longest_timeout(), long) == ["timeout_seconds may be at most 60."]
    config = {"properties": {LIVE: "checked"}}
    (line,) = violations(policies.passed_before({}), resource_args(LIVE, {}, config=config))
    assert line.startswith("checked is not set")


def test_a_longer_wait_is_cut_and_everything_else_is_kept():
    """A remediation gives the engine the whole bag back: the hidden provider, secrets and unknowns included."""
    policy = policies.longest_timeout(60, enforcement_level=EnforcementLevel.REMEDIATE)
    raw = {"__provider": "pickle", "timeoutSeconds": 900.0, "waitFor": UNKNOWN_OBJECT_VALUE, "name": Secret("hidden")}

    def proxy(props):
        return unknown_checking_proxy(secrets_preserving_proxy(props))

    changed = policy.remediate(resource_args(VERDICT, raw, proxy=proxy))
    kept = {key: value for key, value in raw.items() if key != "timeoutSeconds"}
    assert changed["__target"] == {**kept, "timeoutSeconds": 60.0}
    for untouched in (raw | {"timeoutSeconds": 30.0}, raw | {"timeoutSeconds": UNKNOWN_NUMBER_VALUE}):
        assert policy.remediate(resource_args(VERDICT, untouched, proxy=proxy)) is None
    assert policy.remediate(resource_args(TRIGGER, raw, proxy=proxy)) is None


@pytest.mark.parametrize(
    "props",
    [RED, {**GREEN, "passed": "true"}, {**GREEN, "conclusion": "PENDING"}, {"passed": True}, {}],
)
def test_after_an_update_only_a_green_verdict_will_do(props):
    """Red, contradictory and absent verdicts are violations, with the reason that was recorded."""
    (line,) = violations(policies.green_verdict(), stack_args((VERDICT, GREEN), (VERDICT, props)))
    assert line == f"smoke is not green: {props.get('reason') or 'it holds no verdict'}."


def test_a_preview_waits_for_the_verdict_but_shows_a_red_one(preview):
    """Keys of outputs are absent in a preview when the verdict is still to come; a red one that stays is a violation."""
    rule = policies.green_verdict()
    assert (
        violations(rule, stack_args((VERDICT, {}), (VERDICT, {"passed": UNKNOWN_BOOLEAN_VALUE}), (VERDICT, GREEN)))
        == []
    )
    assert len(violations(rule, stack_args((VERDICT, RED)))) == 1


def test_a_green_verdict_about_older_sessions_is_none():
    """The trigger ran again, but the deployment was killed before the gate: what is deployed was not judged."""
    rule = policies.green_verdict()
    waited = [{"sessionIds": ["s1", "s2"]}, {"sessionIds": []}]
    (line,) = violations(rule, judged(waited, {"sessionIds": ["s3"]}))
    assert line == "smoke is not green: smoke has started newer check sessions, which were not judged."
    assert violations(rule, judged(waited, {"sessionIds": ["s2", "s1"]})) == []
    for not_known in ({}, {"sessionIds": UNKNOWN_OBJECT_VALUE}, {"sessionIds": [UNKNOWN_STRING_VALUE]}):
        assert violations(rule, judged(waited, not_known)) == []
        assert violations(rule, judged([not_known], {"sessionIds": ["s3"]})) == []
    assert violations(rule, judged(UNKNOWN_OBJECT_VALUE, {"sessionIds": ["s3"]})) == []


def test_a_newer_test_session_is_not_judged_either():
    """The same for a test session, which a trigger keeps under another name."""
    args = stack_args((TEST_TRIGGER, {"sessionId": "t2"}), (VERDICT, {**GREEN, "waitFor": [{"sessionIds": ["t1"]}]}))
    args.resources[2].dependencies.append(args.resources[1])
    (line,) = violations(policies.green_verdict(), args)
    assert line.endswith("smoke has started a newer test session, which was not judged.")
    args.resources[1].props["sessionId"] = "t1"
    assert violations(policies.green_verdict(), args) == []


def test_all_rules_together_have_different_names_and_are_mandatory():
    """A pack refuses two policies of one name; what guards production is not a piece of advice."""
    rules = policies.all_policies()
    assert len({rule.name for rule in rules}) == len(rules) == 7
    assert {rule.enforcement_level for rule in rules} == {EnforcementLevel.MANDATORY}


unknowns = st.sampled_from([UNKNOWN_BOOLEAN_VALUE, UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE, UNKNOWN_OBJECT_VALUE])
values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=3) | unknowns,
    lambda children: st.lists(children, max_size=2) | st.dictionaries(st.sampled_from("abc"), children, max_size=2),
    max_leaves=6,
)
names = [
    "waitFor",
    "sessionIds",
    "runAllChecks",
    "deployVersion",
    "timeoutSeconds",
    "onFailure",
    "passed",
    "conclusion",
    "reason",
    "a",
]


@given(st.sampled_from([TRIGGER, VERDICT, LIVE]), st.dictionaries(st.sampled_from(names), values))
def test_no_bag_makes_a_rule_crash(resource_type, props):
    """Whatever stands in a resource, also of a type that nobody expects: a rule reports or does not, but never raises."""
    for rule in policies.all_policies(production=["*"], passed_properties={LIVE: "a.b.0"}):
        if isinstance(rule, StackValidationPolicy):
            violations(rule, judged([props], props))
            violations(rule, stack_args((VERDICT, props)))
        else:
            violations(rule, resource_args(resource_type, props))
