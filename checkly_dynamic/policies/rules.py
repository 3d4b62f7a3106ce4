"""The rules. Reading a property that a preview does not know yet raises UnknownValueError; then nothing is reported."""

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from pulumi import runtime
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from checkly_dynamic.core.changes import stripped
from checkly_dynamic.core.summary import failed_lines
from checkly_dynamic.core.type_tokens import TRIGGERS, VERDICTS
from checkly_dynamic.policies.properties import GATES, SCOPE, follow, is_list, selected, session_ids


def no_run_all_checks(*, enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY) -> ResourceValidationPolicy:
    """Forbid ``run_all_checks=True``: it runs every check of the account, and check sessions send real alerts."""

    def problem(args: ResourceValidationArgs) -> str | None:
        line = "run_all_checks is True: select the checks with match_tags or check_ids instead."
        return line if args.props.get("runAllChecks") is True else None

    description = "A deployment runs only its own checks."
    return _rule("checkly-no-run-all-checks", description, TRIGGERS, problem, enforcement_level)


def deploy_version_set(*, enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY) -> ResourceValidationPolicy:
    """Require a deploy version on every trigger: without one, a new version does not run the checks."""

    def problem(args: ResourceValidationArgs) -> str | None:
        version = stripped(args.props.get("deployVersion"))
        return "deploy_version is not set: use the image digest or the commit." if version is None else None

    return _rule("checkly-deploy-version-set", "Every new version is checked.", TRIGGERS, problem, enforcement_level)


def longest_timeout(
    max_seconds: float = 3600, *, enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY
) -> ResourceValidationPolicy:
    """
    Limit how long a gate may wait. With the level ``REMEDIATE``, a longer timeout is lowered to the limit instead.

    Args:
        max_seconds: The highest ``timeout_seconds``. Default 3600; ``maxSeconds`` in the pack's configuration.
        enforcement_level: Default ``MANDATORY``.
    """

    def limit(args: ResourceValidationArgs) -> float:
        return float(args.get_config().get("maxSeconds", max_seconds))

    def problem(args: ResourceValidationArgs) -> str | None:
        seconds = args.props.get("timeoutSeconds")
        seconds = 900 if seconds is None else seconds  # the gate's default
        too_long = isinstance(seconds, int | float) and seconds > limit(args)
        return f"timeout_seconds may be at most {limit(args):g}." if too_long else None

    def remediate(args: ResourceValidationArgs) -> Any:
        # Changed in place: a new mapping would lose secrets, unknowns and the engine's own keys.
        args.props["timeoutSeconds"] = limit(args)  # type: ignore[index]  # the proxy is mutable, whatever its annotation
        return args.props

    name, description = "checkly-longest-timeout", "A gate's timeout has a limit."
    config = {"maxSeconds": {"type": "number", "exclusiveMinimum": 0}}
    return _rule(name, description, VERDICTS, problem, enforcement_level, config=config, remediate=remediate)


def no_record_mode(
    *,
    stacks: Sequence[str] = (),
    stack_tags: Mapping[str, str] | None = None,
    enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> ResourceValidationPolicy:
    """
    Forbid ``on_failure="record"``, which does not stop the deployment when checks fail.

    *stacks* and *stack_tags* limit where the rule applies, as in :func:`gate_exists`.
    """

    def problem(args: ResourceValidationArgs) -> str | None:
        if args.props.get("onFailure") != "record" or not selected(args, args.urn, stacks, stack_tags):
            return None
        return 'on_failure is "record": remove it, so that failed checks stop the deployment.'

    description = "Failed checks stop a deployment of this stack."
    return _rule("checkly-no-record-mode", description, VERDICTS, problem, enforcement_level, config=SCOPE)


def passed_before(
    properties: Mapping[str, str], *, enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY
) -> ResourceValidationPolicy:
    """
    Require that resources of some types receive ``gate.passed`` in a property, and that it is true.

    Unlike :func:`green_verdict`, it stops a resource before it is created or updated, also behind a gate that only records.

    Args:
        properties: Resource type → the property that receives ``gate.passed``, with dots into nested objects and lists:
            ``{"kubernetes:core/v1:Service": "metadata.annotations.checks-passed"}``. The value must be true, or the string
            ``"true"`` where only strings are allowed. ``properties`` in the pack's configuration.
        enforcement_level: Default ``MANDATORY``.
    """

    def problem(args: ResourceValidationArgs) -> str | None:
        path = args.get_config().get("properties", properties).get(args.resource_type)
        value = True if path is None else follow(args.props, str(path))
        if value is None:
            return (
                f"{path} is not set: set it to the gate's output `passed`, so that this resource waits for the checks."
            )
        if value is True or value == "true":
            return None
        return f"{path} is not true: the checks of the gate did not pass."

    config = {"properties": {"type": "object", "additionalProperties": {"type": "string"}}}
    description = "This resource changes only after its checks passed."
    return _rule("checkly-passed-before", description, None, problem, enforcement_level, config=config)


def gate_exists(
    *,
    stacks: Sequence[str] = (),
    stack_tags: Mapping[str, str] | None = None,
    enforcement_level: EnforcementLevel = EnforcementLevel.MANDATORY,
) -> StackValidationPolicy:
    """
    Require a ``CheckSessionGate``; with the native provider, a ``CheckSessionBarrier``.

    Args:
        stacks: Patterns of stack names, such as ``"prod*"``; the rule applies where any matches. By default to all stacks.
        stack_tags: Tag → pattern of its value (``pulumi stack tag set``); the rule applies where all match.
        enforcement_level: Default ``MANDATORY``.
    """

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        urn = next((resource.urn for resource in args.resources), "")
        has_gate = any(resource.resource_type in GATES for resource in args.resources)
        if selected(args, urn, stacks, stack_tags) and not has_gate:
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
            with contextlib.suppress(UnknownValueError):
                if problem := _not_green(verdict) or _not_judged(verdict):
                    report(f"{verdict.name} is not green: {problem}", verdict.urn)

    description = "Checkly checks passed for what is deployed."
    return StackValidationPolicy("checkly-green-verdict", description, validate, enforcement_level)


def _rule(
    name: str,
    description: str,
    types: Collection[str] | None,
    problem: Callable[[ResourceValidationArgs], str | None],
    enforcement_level: EnforcementLevel,
    *,
    config: dict[str, dict[str, Any]] | None = None,
    remediate: Callable[[ResourceValidationArgs], Any] | None = None,
) -> ResourceValidationPolicy:
    """Make a policy for resources of these types (None for all); *problem* says in one line what is wrong with a resource."""

    def found(args: ResourceValidationArgs) -> str | None:
        with contextlib.suppress(UnknownValueError):
            return problem(args) if types is None or args.resource_type in types else None
        return None

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if line := found(args):
            report(line, None)

    def remediate_found(args: ResourceValidationArgs) -> Any:
        return remediate(args) if remediate and found(args) else None

    schema = PolicyConfigSchema(config) if config else None
    remedy = remediate_found if remediate else None
    return ResourceValidationPolicy(name, description, validate, enforcement_level, schema, remedy)


def _verdicts(args: StackValidationArgs) -> Iterator[PolicyResource]:
    return (resource for resource in args.resources if resource.resource_type in VERDICTS)


def _not_green(verdict: PolicyResource) -> str | None:
    """Say why a verdict is not green, with one line for each failed check."""
    passed, conclusion, reason, failed = map(verdict.props.get, ("passed", "conclusion", "reason", "failed"))
    if (passed is True and conclusion == "PASSED") or (passed is None and runtime.is_dry_run()):
        return None
    rows = [row for row in failed if isinstance(row, Mapping)] if is_list(failed) else []
    return "\n".join([f"{reason or 'it has no result'}.", *failed_lines(rows)])


def _not_judged(verdict: PolicyResource) -> str | None:
    """Name a trigger with newer sessions than the verdict: the deployment was killed, or only the trigger was targeted."""
    elements = verdict.props.get("waitFor")
    judged = [session_ids(element) for element in elements] if is_list(elements) else [None]
    if None in judged:
        return None
    # Not all dependencies: with depends_on, a gate can depend on triggers that it does not wait for.
    for trigger in verdict.property_dependencies.get("waitFor", []):
        started = session_ids(trigger.props) if trigger.resource_type in TRIGGERS else None
        if started is not None and started not in judged:
            return f"{trigger.name} has started newer sessions, which were not judged."
    return None
