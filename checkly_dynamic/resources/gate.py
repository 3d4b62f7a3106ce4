"""
The gate that a Pulumi program constructs, and its two children.

The recorder never fails because of a bad check, so the state keeps everything. The barrier takes the verdict as input
and fails, so that dependents do not start. One resource could not do both: a dynamic resource that raises stores
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi import dynamic

from checkly_dynamic.provider import CheckSessionBarrierProvider, CheckSessionVerdictProvider
from checkly_dynamic.resources.trigger import CheckSessionTrigger
from checkly_dynamic.resources.types import Session

__all__ = ["CheckSessionGate"]


# Declared as None, outputs exist and are unknown in a preview.
_OUTPUTS = (
    "passed",
    "conclusion",
    "reason",
    "counts",
    "sessions",
    "sessionIds",
    "statuses",
    "links",
    "failedLinks",
    "problems",
    "startedAt",
    "finishedAt",
)


class _CheckSessionVerdict(dynamic.Resource, module="checkly", name="CheckSessionVerdict"):
    """Waits, judges and records; a child of :class:`CheckSessionGate`."""

    passed: pulumi.Output[bool]
    conclusion: pulumi.Output[str]
    reason: pulumi.Output[str]
    counts: pulumi.Output[Mapping[str, int]]
    sessions: pulumi.Output[Sequence[Session]]
    statuses: pulumi.Output[Sequence[str]]
    links: pulumi.Output[Sequence[str]]
    problems: pulumi.Output[Sequence[str]]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(CheckSessionVerdictProvider(), name, {**inputs, **dict.fromkeys(_OUTPUTS)}, opts)


class _CheckSessionBarrier(dynamic.Resource, module="checkly", name="CheckSessionBarrier"):
    """Takes the verdict as input and fails when it is not good; a child of :class:`CheckSessionGate`."""

    passed: pulumi.Output[bool]

    def __init__(self, name: str, inputs: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        super().__init__(CheckSessionBarrierProvider(), name, inputs, opts)


def _awaited(trigger: CheckSessionTrigger) -> dict[str, Any]:
    """Describe one trigger for ``waitFor``, from its outputs: inputs could certify a version that was never checked."""

    def each(field: str) -> pulumi.Output[list[str]]:
        return trigger.sessions.apply(lambda sessions: [getattr(session, field) or "" for session in sessions or []])

    return {
        "sessionIds": trigger.session_ids,
        "links": trigger.links,
        "checkIds": each("check_id"),
        "checkTypes": each("check_type"),
        "names": each("name"),
        "deployVersion": trigger.deploy_version,
        "missingCheckIds": trigger.missing_check_ids,
        "noMatchAllowed": trigger.on_no_match.apply(lambda word: word == "pass"),
    }


class CheckSessionGate(pulumi.ComponentResource):
    """
    Waits for the check sessions of one or more triggers, judges them, and fails the deployment when the verdict is bad.

    What depends on the gate (``depends_on=[gate]``, or by taking ``gate.passed``) starts only on a good verdict. Ids,
    links and the verdict are in the stack's state and outputs also when the deployment fails. After a bad verdict the
    next ``pulumi up`` runs only the checks again that ended bad; after a deadline or a killed deployment it goes on
    waiting for the same sessions.

    Args:
        resource_name: The resource's name in the stack.

        wait_for: The trigger, or the triggers, whose sessions to wait for.

        timeout_seconds: One deadline for the whole update, in seconds: more than 0, at most 86400, by default 900.

        fail_on: The final statuses that make the verdict bad, by default ``FAILED``, ``TIMED_OUT`` and ``CANCELLED``.
            ``DEGRADED`` may be added, all but ``FAILED`` left out. An unknown final status is always bad.

        attempts: How often a check may run in one update, 1 to 5, by default 1: checks that end bad are run again until
            they pass or the attempts are used up. Each re-run is a real run, with real alerts.

        fail_fast: Stop waiting at the first check that ended bad and has no attempt left. Default False.

        on_failure: ``"fail"`` (the default), or ``"record"``: no barrier, a policy or the program decides.

        opts: Pulumi's resource options.

    Attributes:
        passed: Whether the verdict is good. It comes through the barrier: a resource that takes it cannot start on red.
        conclusion: ``PASSED``, ``FAILED``, ``UNKNOWN`` (Checkly could not be read, or has forgotten a session) or
            ``PENDING`` (the deadline came first).
        reason: One sentence.
        counts: Status → number of checks; ``flaky``: those that passed only when run again; ``missing``: those without
            a session.
        sessions: Every session as judged, with its ``attempt``.
        session_ids: Their ids, in the same order.
        statuses: Their statuses, in the same order.
        links: Their pages in Checkly, in the same order.
        failed_links: The pages of the checks that ended bad or were forgotten; empty when the verdict is good.
        deploy_versions: The deploy version of each trigger, as it was judged.
        started_at: When the last look at the checks began, ISO 8601 in UTC.
        finished_at: When the last of the checks ended; while one has not, when the look ended.
        summary: One dictionary to export, for people and for ``require_passed`` in another stack: ``passed`` (known on red
            too), ``conclusion``, ``reason``, ``deployVersions``, ``counts``, ``sessionIds``, ``statuses``, ``links``,
            ``failedLinks``, ``finishedAt``.

    Raises:
        TypeError: *wait_for* holds something else than triggers, or *on_failure* is not a plain string. Everything else
            is refused by ``pulumi preview`` and ``pulumi up``, one line for each problem. A verdict that is not good
            fails ``up`` with ``GateFailed``.
    """

    def __init__(
        self,
        resource_name: str,
        *,
        wait_for: CheckSessionTrigger | Sequence[CheckSessionTrigger],
        timeout_seconds: pulumi.Input[float] | None = None,
        fail_on: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        attempts: pulumi.Input[int] | None = None,
        fail_fast: pulumi.Input[bool] | None = None,
        on_failure: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        triggers = [wait_for] if isinstance(wait_for, CheckSessionTrigger) else list(wait_for)
        if not all(isinstance(trigger, CheckSessionTrigger) for trigger in triggers):
            msg = "wait_for must be a CheckSessionTrigger or a sequence of them"
            raise TypeError(msg)
        if on_failure is not None and not isinstance(on_failure, str):
            msg = 'on_failure must be the plain string "fail" or "record", because it decides which resources there are'
            raise TypeError(msg)
        super().__init__("checkly-dynamic:index:CheckSessionGate", resource_name, None, opts)
        # A component's children do not wait for its depends_on by themselves.
        after = opts.depends_on if opts else None
        verdict = _CheckSessionVerdict(
            resource_name,
            {
                "resourceName": resource_name,
                "waitFor": [_awaited(trigger) for trigger in triggers],
                "timeoutSeconds": timeout_seconds,
                "failOn": fail_on,
                "attempts": attempts,
                "failFast": fail_fast,
                "onFailure": on_failure,
            },
            pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        self.passed: pulumi.Output[bool] = verdict.passed
        if on_failure != "record":
            barrier_inputs = {
                "resourceName": resource_name,
                "passed": verdict.passed,
                "conclusion": verdict.conclusion,
                "reason": verdict.reason,
                "problems": verdict.problems,
            }
            self.passed = _CheckSessionBarrier(
                resource_name, barrier_inputs, pulumi.ResourceOptions(parent=self)
            ).passed
        self.conclusion: pulumi.Output[str] = verdict.conclusion
        self.reason: pulumi.Output[str] = verdict.reason
        self.counts: pulumi.Output[Mapping[str, int]] = verdict.counts
        self.sessions: pulumi.Output[Sequence[Session]] = verdict.sessions
        self.session_ids: pulumi.Output[Sequence[str]] = pulumi.get(verdict, "sessionIds")
        self.statuses: pulumi.Output[Sequence[str]] = verdict.statuses
        self.links: pulumi.Output[Sequence[str]] = verdict.links
        self.failed_links: pulumi.Output[Sequence[str]] = pulumi.get(verdict, "failedLinks")
        self.started_at: pulumi.Output[str] = pulumi.get(verdict, "startedAt")
        self.finished_at: pulumi.Output[str] = pulumi.get(verdict, "finishedAt")
        # What was awaited, as the verdict holds it, and not what the triggers have now: with --target they may have run for
        # another version since. Read from waitFor, where a secret version stays encrypted.
        awaited: pulumi.Output[Sequence[Mapping[str, Any]]] = pulumi.get(verdict, "waitFor")
        self.deploy_versions: pulumi.Output[Sequence[str | None]] = awaited.apply(
            lambda parts: [part.get("deployVersion") for part in parts]
        )
        self.summary: pulumi.Output[Mapping[str, Any]] = pulumi.Output.all(
            passed=verdict.passed,
            conclusion=self.conclusion,
            reason=self.reason,
            deployVersions=self.deploy_versions,
            counts=self.counts,
            sessionIds=self.session_ids,
            statuses=self.statuses,
            links=self.links,
            failedLinks=self.failed_links,
            finishedAt=self.finished_at,
        )
        self.register_outputs({})
