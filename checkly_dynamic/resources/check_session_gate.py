"""The gate in a Pulumi program, with its children: a verdict that never fails, and a barrier that fails if it is bad."""

from collections.abc import Mapping, Sequence, Set as AbstractSet
from datetime import timedelta
from typing import Any

import pulumi
from pulumi import dynamic

from checkly_dynamic.core.summary import summarise
from checkly_dynamic.core.wait_for import judged_by, wait_for_element
from checkly_dynamic.provider import CheckSessionBarrierProvider, CheckSessionVerdictProvider
from checkly_dynamic.resources.inputs import (
    as_run_error,
    check_triggers,
    must_be_sendable,
    seconds,
    stored_sessions,
    unordered,
)
from checkly_dynamic.resources.session_triggers import CheckSessionTrigger, TestSessionTrigger
from checkly_dynamic.resources.types import Session, TargetArgs, TargetArgsDict

AnyTrigger = CheckSessionTrigger | TestSessionTrigger


class _CheckSessionVerdict(dynamic.Resource, module="checkly", name="CheckSessionVerdict"):
    """Waits, judges and records; a child of :class:`CheckSessionGate`."""

    passed: pulumi.Output[bool]
    conclusion: pulumi.Output[str]
    reason: pulumi.Output[str]
    counts: pulumi.Output[Mapping[str, int]]
    sessions: pulumi.Output[Sequence[Session]]
    sessionIds: pulumi.Output[Sequence[str]]
    statuses: pulumi.Output[Sequence[str]]
    links: pulumi.Output[Sequence[str]]
    failedLinks: pulumi.Output[Sequence[str]]
    failed: pulumi.Output[Sequence[Mapping[str, Any]]]
    checks: pulumi.Output[Mapping[str, str]]
    startedAt: pulumi.Output[str]
    finishedAt: pulumi.Output[str]


class _CheckSessionBarrier(dynamic.Resource, module="checkly", name="CheckSessionBarrier"):
    """Takes the verdict as input and fails when it is not good; a child of :class:`CheckSessionGate`."""

    passed: pulumi.Output[bool]


class CheckSessionGate(pulumi.ComponentResource):
    """
    Waits for the sessions of one or more triggers, judges them, and fails the deployment when the verdict is bad.

    What depends on the gate (``depends_on=[gate]``, or by using ``gate.passed``) starts only on a good verdict. A resource with
    ``parent=gate`` alone does not depend on it and starts on red. Ids, links and the verdict are in the stack's state and outputs
    also when the deployment fails. After a bad verdict the next ``pulumi up`` runs only the bad checks again; after a timeout or
    a killed deployment it keeps waiting for the same sessions.

    Args:
        resource_name: The resource's name in the stack.
        wait_for: The trigger, or the triggers, whose sessions to wait for. Either this, or the arguments of a trigger.
        target, deploy_version, triggers, refresh_cache, run_all_checks, on_no_match: As in :class:`CheckSessionTrigger`. With any
            of them, the gate creates a trigger as its child, with the same name: ``gate.trigger``.
        timeout_seconds: One deadline for the whole update: seconds or a ``timedelta``, more than 0, at most a day. Default 900.
        fail_on: The final statuses that make the verdict bad, by default ``FAILED``, ``TIMED_OUT`` and ``CANCELLED``.
            You can add ``DEGRADED``, and leave out any status except ``FAILED``. An unknown final status is always bad.
        attempts: How often a check may run in one update, 1 to 5, by default 1: checks that end bad are run again until
            they pass or the attempts are used up. Each re-run is a real run; those of check sessions alert.
        fail_fast: Stop waiting at the first check that ended bad and has no attempt left. Default False.
        non_blocking: Ids or exact names of checks that are run and counted like the others, but do not change the conclusion.
        on_failure: ``"fail"`` (the default), or ``"record"``: no barrier, only a warning; a policy or the program decides.
        failure_details: Read why checks failed and show it. Default True. The lines are Checkly's own and can quote what a check
            printed; secrets that this library knows are masked.
        opts: Pulumi's resource options. ``depends_on`` applies to the verdict and to the gate's own trigger; ``replace_with`` and
            ``replacement_trigger`` apply to the gate's own trigger only.

    Attributes:
        trigger: The trigger that the gate created; None with *wait_for*.
        passed: Whether the verdict is good. It comes through the barrier: a resource that uses it cannot start on red.
        conclusion: ``PASSED``, ``FAILED``, ``UNKNOWN`` (Checkly could not be read, or has forgotten a session) or
            ``PENDING`` (the deadline passed first).
        reason: One sentence.
        counts: Status → number of checks; ``flaky``: those that passed only in a re-run of the same update; ``missing``: those
            without a session.
        sessions: Every run as judged, with its ``attempt``; each bad one with ``errors``.
        session_ids: Their ids, in the same order.
        statuses: Their statuses, in the same order.
        links: Their pages in Checkly, in the same order.
        failed_links: The pages of the checks that ended bad; empty when the verdict is good.
        deploy_versions: The deploy version of each trigger, as it was judged.
        started_at: When the last look at the checks began, ISO 8601 in UTC.
        finished_at: When the last check ended; while one has not, when the gate stopped looking.
        summary: One short dictionary to export, for people and for ``require_passed`` in another stack. It is also correct
            after a failure: ``passed``, ``conclusion``, ``reason``, ``deployVersions``, ``finishedAt``, ``counts``, ``checks``
            (name → status) and ``failed`` (``name``, ``status``, ``sessionId``, ``link``, ``errors`` of each bad check).

    Raises:
        TypeError: *wait_for* has the wrong type, or was given together with a trigger's arguments; or *on_failure* is not a plain
            string. ``pulumi preview`` and ``pulumi up`` refuse everything else, one line for each problem. A verdict that is not
            good fails ``up`` with ``GateFailed``.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        wait_for: AnyTrigger | Sequence[AnyTrigger] | None = None,
        target: pulumi.Input[TargetArgs | TargetArgsDict | Mapping[str, Any]] | None = None,
        deploy_version: pulumi.Input[str] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        refresh_cache: pulumi.Input[bool] | None = None,
        run_all_checks: pulumi.Input[bool] | None = None,
        on_no_match: pulumi.Input[str] | None = None,
        timeout_seconds: pulumi.Input[float] | timedelta | None = None,
        fail_on: pulumi.Input[Sequence[pulumi.Input[str]]] | AbstractSet[str] | None = None,
        attempts: pulumi.Input[int] | None = None,
        fail_fast: pulumi.Input[bool] | None = None,
        non_blocking: pulumi.Input[Sequence[pulumi.Input[str]]] | AbstractSet[str] | None = None,
        on_failure: str | None = None,
        failure_details: pulumi.Input[bool] | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        own = {
            "target": target,
            "deploy_version": deploy_version,
            "triggers": triggers,
            "refresh_cache": refresh_cache,
            "run_all_checks": run_all_checks,
            "on_no_match": on_no_match,
        }
        given = [name for name, value in own.items() if value is not None]
        if given and wait_for is not None:
            problem = f"give either wait_for or {', '.join(given)}; with wait_for, give them to the trigger"
            raise as_run_error(TypeError(problem), resource_name)
        waited = None if given else check_triggers(resource_name, wait_for, (CheckSessionTrigger, TestSessionTrigger))
        if on_failure is not None and not isinstance(on_failure, str):
            problem = 'on_failure must be the plain string "fail" or "record", because it decides which resources exist'
            raise as_run_error(TypeError(problem), resource_name)
        policy = {
            "timeoutSeconds": seconds(timeout_seconds),
            "failOn": unordered(fail_on),
            "attempts": attempts,
            "failFast": fail_fast,
            "nonBlocking": unordered(non_blocking),
            "onFailure": on_failure,
            "failureDetails": failure_details,
        }
        must_be_sendable(resource_name, policy, opts)
        again = {name: getattr(opts, name, None) for name in ("replace_with", "replacement_trigger")}
        if waited and any(value is not None for value in again.values()):
            problem = "replace_with and replacement_trigger would replace only the component; give them to the trigger"
            raise as_run_error(TypeError(problem), resource_name)
        super().__init__("checkly-dynamic:index:CheckSessionGate", resource_name, None, opts)
        # A component's children do not wait for its depends_on by themselves.
        child = pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None)
        self.trigger: CheckSessionTrigger | None = None
        if waited is None:
            options = {name: value for name, value in again.items() if value is not None}
            replaced = pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(**options))
            self.trigger = CheckSessionTrigger(resource_name, **own, opts=replaced)  # type: ignore[arg-type]  # as annotated
            waited = [self.trigger]
        tests = [trigger for trigger in waited if isinstance(trigger, TestSessionTrigger)]
        elements = [_element(trigger) for trigger in waited]
        expected = [trigger.requested_deploy_version for trigger in waited]
        verdict = _CheckSessionVerdict(
            CheckSessionVerdictProvider(),
            resource_name,
            {
                "resourceName": resource_name,
                # Not the output itself: a child that depends on its parent is a cycle.
                "gateUrn": self.urn.future(),
                "waitFor": elements,
                "triggerCount": len(waited),
                "expectedDeployVersions": expected,
                "rerun": [trigger.rerun_request() for trigger in tests] or None,
                **policy,
                # Declared as None, outputs exist and are unknown in a preview.
                **dict.fromkeys(_CheckSessionVerdict.__annotations__),
            },
            child,
        )
        # What was judged, as the verdict holds it, and not what the triggers have now: with --target they may have run for
        # another version since. Read from waitFor, where a secret version stays encrypted.
        judged = pulumi.get(verdict, "waitFor").apply(lambda elements: judged_by(elements or []))
        self.deploy_versions: pulumi.Output[Sequence[str | None]] = judged["deployVersions"]
        self.passed: pulumi.Output[bool] = verdict.passed
        if on_failure != "record":
            barrier_inputs = {
                "resourceName": resource_name,
                "passed": verdict.passed,
                "conclusion": verdict.conclusion,
                "reason": verdict.reason,
                "failed": verdict.failed,
                "judged": judged,
                "expected": expected,
                "expectedSessionIds": pulumi.Output.all(*elements).apply(lambda now: judged_by(now)["sessionIds"]),
            }
            # A change to on_failure="record" deletes the barrier, also that of a protected gate.
            inside = pulumi.ResourceOptions(parent=self, protect=False)
            barrier = _CheckSessionBarrier(CheckSessionBarrierProvider(), resource_name, barrier_inputs, inside)
            self.passed = barrier.passed
        self.conclusion = verdict.conclusion
        self.reason = verdict.reason
        self.counts = verdict.counts
        self.sessions = verdict.sessions
        self.session_ids = verdict.sessionIds
        self.statuses = verdict.statuses
        self.links = verdict.links
        self.failed_links = verdict.failedLinks
        self.started_at = verdict.startedAt
        self.finished_at = verdict.finishedAt
        self.summary: pulumi.Output[Mapping[str, Any]] = pulumi.Output.all(
            passed=verdict.passed,
            conclusion=verdict.conclusion,
            reason=verdict.reason,
            counts=verdict.counts,
            sessions=verdict.sessions.apply(stored_sessions),
            failed=verdict.failed,
            checks=verdict.checks,
            finishedAt=verdict.finishedAt,
            versions=self.deploy_versions,
        ).apply(lambda values: summarise(values, values["versions"] or []))
        self.register_outputs({})


def _element(trigger: AnyTrigger) -> pulumi.Output[dict[str, Any]]:
    """Describe one trigger for ``waitFor``, from its outputs: inputs could certify a version that was never checked."""
    common: dict[str, Any] = {
        "deployVersion": trigger.deploy_version,
        "missingCheckIds": trigger.missing_check_ids,
        "onNoMatch": trigger.on_no_match,
        "triggeredAt": trigger.triggered_at,
    }
    if isinstance(trigger, TestSessionTrigger):
        session = {"sessionId": trigger.session_id, "link": trigger.link, "results": trigger.results}
        names = {"resourceName": trigger.resource_name, "target": trigger.target}
        return pulumi.Output.all(**names, **session, **common).apply(wait_for_element)
    return pulumi.Output.all(sessions=trigger.sessions.apply(stored_sessions), **common).apply(wait_for_element)
