"""Rules for a whole stack: a gate must exist, and its verdict must be green."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import runtime
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)

from checkly_dynamic.policies.reading import (
    MANDATORY,
    SCOPE,
    TRIGGERS,
    UNKNOWN,
    elements,
    get,
    selected,
    stack_of,
    verdicts,
)

__all__ = ["gate_exists", "green_verdict"]


def gate_exists(
    *,
    stacks: Sequence[str] = (),
    stack_tags: Mapping[str, str] | None = None,
    enforcement_level: EnforcementLevel = MANDATORY,
) -> StackValidationPolicy:
    """
    Require a ``CheckSessionGate`` in every stack that the patterns select.

    Args:
        stacks: Patterns of stack names, such as ``"prod*"``; any may match. None given: all stacks.

        stack_tags: Tag → pattern of its value; all must match (``pulumi stack tag set``).

        enforcement_level: ``MANDATORY`` (the default), ``ADVISORY``, ``REMEDIATE`` or ``DISABLED``.
    """

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = next((stack_of(resource.urn) for resource in args.resources), "")
        if selected(args, stack, stacks, stack_tags) and not any(verdicts(args)):
            report("There is no CheckSessionGate: add one, and let what goes live depend on it.", None)

    return StackValidationPolicy(
        "checkly-gate-exists",
        "Deployments of this stack are proved by Checkly's checks.",
        validate,
        enforcement_level,
        PolicyConfigSchema(SCOPE),
    )


def green_verdict(*, enforcement_level: EnforcementLevel = MANDATORY) -> StackValidationPolicy:
    """
    Require that every recorded verdict is green: after an update, and with ``pulumi policy analyze`` on an exported state.

    It speaks when the deployment is done: use it for gates with ``on_failure="record"``, and :func:`passed_before` or an ordinary
    gate to stop what comes after. In a preview, a verdict that is still to come is no violation.

    Args:
        enforcement_level: ``MANDATORY`` (the default), ``ADVISORY``, ``REMEDIATE`` or ``DISABLED``.
    """

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for verdict in verdicts(args):
            problem = _not_green(verdict) or _overtaken(verdict)
            if problem:
                report(f"{verdict.name} is not green: {problem}.", verdict.urn)

    return StackValidationPolicy(
        "checkly-green-verdict", "Checkly's checks passed for what is deployed.", validate, enforcement_level
    )


def _not_green(verdict: PolicyResource) -> str:
    passed, conclusion, reason = (get(verdict.props, key) for key in ("passed", "conclusion", "reason"))
    if UNKNOWN in (passed, conclusion) or (passed is None and runtime.is_dry_run()):
        return ""
    if passed is True and conclusion == "PASSED":
        return ""
    return reason if isinstance(reason, str) and reason else "it holds no verdict"


def _overtaken(verdict: PolicyResource) -> str:
    """Tell when a trigger has started newer sessions than those judged: the deployment was killed, or only it was targeted."""
    parts = elements(get(verdict.props, "waitFor"))
    if parts is None:
        return ""
    judged = [_ids(part) for part in parts]
    for trigger in verdict.dependencies:
        started = _ids(trigger.props) if trigger.resource_type in TRIGGERS else None
        if started is not None and None not in judged and started not in judged:
            newer = (
                "a newer test session, which was"
                if "sessionId" in trigger.props
                else "newer check sessions, which were"
            )
            return f"{trigger.name} has started {newer} not judged"
    return ""


def _ids(props: Any) -> list[str] | None:
    """Return session ids in a fixed order; None while they are not known."""
    if not isinstance(props, Mapping):
        return None
    # A TestSessionTrigger has one session, or an empty id.
    session_id = get(props, "sessionId")
    ids = [session_id] * bool(session_id) if isinstance(session_id, str) else elements(get(props, "sessionIds"))
    return None if ids is None else sorted(map(str, ids))
