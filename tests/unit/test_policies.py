"""The ready-made rules, given what a policy pack is given: proxies with unknown values, and configuration."""

import subprocess
import sys

import pytest
from pulumi import runtime
from pulumi_policy import (
    EnforcementLevel,
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    StackValidationArgs,
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
NO_OPTIONS = PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], None)


def urn(resource_type, stack="prod"):
    """Return a URN as the engine makes it."""
    return f"urn:pulumi:{stack}::shop::{resource_type}::smoke"


def resource_args(kind, props, *, stack="prod", tags=None):
    """Return what a resource policy receives."""
    proxy = unknown_checking_proxy(props)
    return ResourceValidationArgs(kind, proxy, urn(kind, stack), "smoke", NO_OPTIONS, None, {}, tags)


def stack_args(*resources, stack="prod", tags=None):
    """Return what a stack policy receives, for resources of a type and with properties; the stack itself is one too."""
    listed = [
        PolicyResource(kind, unknown_checking_proxy(props), urn(kind, stack), "smoke", NO_OPTIONS, None, None, [], {})
        for kind, props in [("pulumi:pulumi:Stack", {}), *resources]
    ]
    return StackValidationArgs(listed, {}, tags)


def judged(waited_for, started, *, kind=TRIGGER, through="waitFor"):
    """Return a green verdict about these sessions, which depends on a trigger that has started those."""
    args = stack_args((kind, started), (VERDICT, {**GREEN, "waitFor": waited_for}))
    trigger, verdict = args.resources[1:]
    verdict.dependencies.append(trigger)
    verdict.property_dependencies[through] = [trigger]
    return args


def violations(policy, args):
    """Return the messages that a policy reports."""
    found = []
    policy.validate(args, lambda message, _urn=None: found.append(message))
    return found


@pytest.mark.parametrize(
    ("scope", "stack", "tags", "meant"),
    [
        ({"stacks": ["live", "prod*"]}, "prod-eu", {}, True),
        ({"stack_tags": {"tier": "critical"}}, "dev", {}, False),
        ({"stack_tags": {"tier": "crit*"}, "stacks": ["prod"]}, "dev", {"tier": "critical"}, False),
    ],
)
def test_a_rule_is_meant_for_stacks_by_name_and_tag(scope, stack, tags, meant):
    """Any name pattern and all tag patterns must match, for both rules with a scope. A gate of either provider is one."""
    missing = violations(policies.gate_exists(**scope), stack_args(stack=stack, tags=tags))
    assert all(line.startswith("There is no CheckSessionGate: add one") for line in missing)
    for kind in (VERDICT, "checkly-sessions:index:CheckSessionBarrier"):
        assert violations(policies.gate_exists(**scope), stack_args((kind, {}), stack=stack, tags=tags)) == []
    native = stack_args(("checkly-sessions:index:CheckSessionVerdict", {}), stack=stack, tags=tags)
    assert violations(policies.gate_exists(**scope), native) == missing, "without a barrier it stops nothing"
    record = resource_args(VERDICT, {"onFailure": "record"}, stack=stack, tags=tags)
    assert (bool(missing), bool(violations(policies.no_record_mode(**scope), record))) == (meant, meant)


TIMEOUT, PASSED = policies.longest_timeout(600), policies.passed_before({LIVE: "passed"})


@pytest.mark.parametrize(
    ("rule", "resource_type", "bad", "good"),
    [
        (policies.no_run_all_checks(), TRIGGER, {"runAllChecks": True}, {"runAllChecks": False}),
        (policies.deploy_version_set(), TEST_TRIGGER, {"deployVersion": " \n"}, {"deployVersion": "[secret]"}),
        (policies.deploy_version_set(), TRIGGER, {}, {"deployVersion": UNKNOWN_STRING_VALUE}),
        (TIMEOUT, VERDICT, {}, {"timeoutSeconds": 600.0}),
        (TIMEOUT, VERDICT, {"timeoutSeconds": 601.0}, {"timeoutSeconds": UNKNOWN_NUMBER_VALUE}),
        (policies.no_record_mode(), VERDICT, {"onFailure": "record"}, {}),
        (PASSED, LIVE, {}, {"passed": "true"}),
        (PASSED, LIVE, {"passed": 1.0}, {"passed": True}),
        (PASSED, LIVE, {"passed": "false"}, {"passed": UNKNOWN_BOOLEAN_VALUE}),
        (policies.passed_before({LIVE: "a.b.0"}), LIVE, {"a": {"b": []}}, {"a": {"b": [True]}}),
    ],
)
def test_each_rule_refuses_what_breaks_it_and_nothing_else(rule, resource_type, bad, good):
    """A resource that breaks the rule gets one line; one that keeps it, is not known yet or has another type gets none."""
    [line] = violations(rule, resource_args(resource_type, bad))
    assert line.endswith(".")
    assert violations(rule, resource_args(resource_type, good)) == []
    assert violations(rule, resource_args("other:index:Thing", bad)) == []


def test_a_longer_wait_is_cut_and_everything_else_is_kept():
    """A remediation returns all properties to the engine: the hidden provider, secrets and unknowns included."""

    def remediated(kind, props):
        return policy.remediate(resource_args(kind, secrets_preserving_proxy(props)))

    policy = policies.longest_timeout(60, enforcement_level=EnforcementLevel.REMEDIATE)
    raw = {"__provider": "pickle", "timeoutSeconds": 900.0, "waitFor": UNKNOWN_OBJECT_VALUE, "name": Secret("hidden")}
    changed = remediated(VERDICT, raw)
    kept = {key: value for key, value in raw.items() if key != "timeoutSeconds"}
    assert changed["__target"] == {**kept, "timeoutSeconds": 60.0}
    for untouched in (raw | {"timeoutSeconds": 30.0}, raw | {"timeoutSeconds": UNKNOWN_NUMBER_VALUE}):
        assert remediated(VERDICT, untouched) is None
    assert remediated(TRIGGER, raw) is None


def test_only_a_green_verdict_passes_and_a_preview_waits_for_it(monkeypatch):
    """A contradictory or absent verdict is a violation. In a preview an absent or unknown one is still to come."""
    rule = policies.green_verdict()
    contradictory = ({**GREEN, "passed": "true"}, {**GREEN, "conclusion": "PENDING"})
    for props in (*contradictory, {}):
        [line] = violations(rule, stack_args((VERDICT, GREEN), (VERDICT, props)))
        assert line == f"smoke is not green: {props.get('reason', 'it has no result')}."
    monkeypatch.setattr(runtime, "is_dry_run", lambda: True)
    for props in ({}, {"passed": UNKNOWN_BOOLEAN_VALUE}, GREEN):
        assert violations(rule, stack_args((VERDICT, props))) == []
    for props in contradictory:
        assert len(violations(rule, stack_args((VERDICT, props)))) == 1


def test_a_green_verdict_about_older_sessions_is_none():
    """
    The trigger ran again, but the deployment was killed before the gate: what is deployed was not judged.

    A gate may depend on a trigger that it does not wait for. A test trigger has one session id, under another name.
    """
    rule = policies.green_verdict()
    waited = [{"sessionIds": ["s1", "s2"]}, {"sessionIds": []}]
    [line] = violations(rule, judged(waited, {"sessionIds": ["s3"]}))
    assert line == "smoke is not green: smoke has started newer sessions, which were not judged."
    assert violations(rule, judged(waited, {"sessionIds": ["s3"]}, through="other")) == []
    for fine in ({"sessionIds": ["s2", "s1"]}, {}, {"sessionIds": UNKNOWN_OBJECT_VALUE}):
        assert violations(rule, judged(waited, fine)) == []
    for not_known in ([{}], [{"sessionIds": [UNKNOWN_STRING_VALUE]}], UNKNOWN_OBJECT_VALUE):
        assert violations(rule, judged(not_known, {"sessionIds": ["s3"]})) == []
    waited = [{"kind": "test", "sessionIds": ["t1"]}, {"kind": "test", "sessionIds": []}]
    assert len(violations(rule, judged(waited, {"sessionId": "t2"}, kind=TEST_TRIGGER))) == 1
    for current in ("t1", "", UNKNOWN_STRING_VALUE):
        assert violations(rule, judged(waited, {"sessionId": current}, kind=TEST_TRIGGER)) == []


def test_without_the_extra_the_import_says_what_to_install():
    """A pack in an environment without Pulumi's policy SDK fails with the command that helps."""
    code = "import sys; sys.modules['pulumi_policy'] = None; import checkly_dynamic.policies"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.splitlines()[-1] == (
        "ImportError: checkly_dynamic.policies needs pulumi_policy, which is not installed; "
        "run: pip install 'checkly-dynamic[policy]'"
    )
