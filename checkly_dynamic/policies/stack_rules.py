"""Rules for a whole stack: a gate must exist, and its verdict must be green."""

from collections.abc import Iterator, Mapping, Sequence
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

from checkly_dynamic.core.barrier import failed_lines
from checkly_dynamic.policies.properties import SCOPE, TRIGGERS, VERDICTS, is_list, selected, when_known


def gate_exists(
    *,
    stacks: Sequence[str] = (),
    stack_tags: Mapping[str, str] | None = None,
    enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> StackValidationPolicy:
    """
    Require a ``CheckSessionGate``.

    Args:
        stacks: Patterns of stack names, such as ``"prod*"``; the rule applies where any matches. By default to all stacks.

        stack_tags: Tag → pattern of its value (``pulumi stack tag set``); the rule applies where all match.

        enforcement_level: Default ``MANDATORY``.
    """

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        urn = next((resource.urn for resource in args.resources), "")
        if selected(args, urn, stacks, stack_tags) and not any(_verdicts(args)):
            report("There is no CheckSessionGate: add one, and let what goes live depend on it.", None)

    description = "Checkly checks guard deployments of this stack."
    config = PolicyConfigSchema(SCOPE)
    return StackValidationPolicy("checkly-gate-exists", description, validate, enforcement_level, config)


def green_verdict(*, enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY) -> StackValidationPolicy:
    """
    Require that every stored verdict is green, after an update and in ``pulumi policy analyze``.

    It reports when the deployment is already done. Use it for gates with ``on_failure="record"``; to stop what comes after the
    checks, use :func:`passed_before` or an ordinary gate. In a preview, a verdict that does not exist yet is no violation.
    """

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        for verdict in _verdicts(args):
            if problem := _not_green(verdict) or _not_judged(verdict):
                report(f"{verdict.name} is not green: {problem}", verdict.urn)

    description = "Checkly checks passed for what is deployed."
    return StackValidationPolicy("checkly-green-verdict", description, validate, enforcement_level)


def _verdicts(args: StackValidationArgs) -> Iterator[PolicyResource]:
    return (resource for resource in args.resources if resource.resource_type in VERDICTS)


@when_known
def _not_green(verdict: PolicyResource) -> str | None:
    """Say why a verdict is not green, with one line for each failed check."""
    passed, reason, failed = (verdict.props.get(key) for key in ("passed", "reason", "failed"))
    if passed is True and verdict.props.get("conclusion") == "PASSED":
        return None
    if passed is None and runtime.is_dry_run():
        return None
    problem = reason if isinstance(reason, str) and reason else "it has no result"
    rows = [row for row in failed if isinstance(row, Mapping)] if is_list(failed) else []
    return "\n".join([f"{problem}.", *failed_lines(rows)])


@when_known
def _not_judged(verdict: PolicyResource) -> str | None:
    """Name a trigger with newer sessions than the verdict: the deployment was killed, or only the trigger was targeted."""
    elements = verdict.props.get("waitFor")
    judged = [_session_ids(element) for element in elements] if is_list(elements) else [None]
    if None in judged:
        return None
    # Not all dependencies: with depends_on, a gate can depend on triggers that it does not wait for.
    for trigger in verdict.property_dependencies.get("waitFor", []):
        started = _session_ids(trigger.props) if trigger.resource_type in TRIGGERS else None
        if started is not None and started not in judged:
            return f"{trigger.name} has started newer sessions, which were not judged."
    return None


def _session_ids(props: Any) -> list[str] | None:
    """Return the sorted session ids of a trigger or of an element of ``waitFor``; None when there are none."""
    if not isinstance(props, Mapping):
        return None
    session_id, session_ids = props.get("sessionId"), props.get("sessionIds")
    if isinstance(session_id, str):  # a TestSessionTrigger; empty when nothing matched
        return [session_id] if session_id else []
    return sorted(map(str, session_ids)) if is_list(session_ids) else None
