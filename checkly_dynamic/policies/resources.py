"""Rules for single resources: triggers, gates, and what goes live behind a gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from checkly_dynamic.policies.reading import (
    MANDATORY,
    SCOPE,
    TRIGGERS,
    UNKNOWN,
    VERDICT,
    get,
    selected,
    stack_of,
    walk,
)

__all__ = ["deploy_version_set", "longest_timeout", "no_record_mode", "no_run_all_checks", "passed_before"]

_DEFAULT_TIMEOUT = 900.0
"""The gate's own default, in seconds: what holds when timeout_seconds is not set."""


def no_run_all_checks(*, enforcement_level: EnforcementLevel = MANDATORY) -> ResourceValidationPolicy:
    """
    Forbid ``run_all_checks=True``: it runs every check of the account, with real alerts.

    Args:
        enforcement_level: ``MANDATORY`` (the default), ``ADVISORY``, ``REMEDIATE`` or ``DISABLED``.
    """

    def broken(props: Any, _args: ResourceValidationArgs) -> str | None:
        wrong = get(props, "runAllChecks") is True
        return "run_all_checks is True: name the checks with match_tags or check_ids instead." if wrong else None

    return _resource_rule(
        "checkly-no-run-all-checks", "A deployment runs its own checks only.", TRIGGERS, broken, enforcement_level
    )


def deploy_version_set(*, enforcement_level: EnforcementLevel = MANDATORY) -> ResourceValidationPolicy:
    """
    Require a deploy version on every trigger: without one a new version is not checked, and no other stack can compare.

    Args:
        enforcement_level: ``MANDATORY`` (the default), ``ADVISORY``, ``REMEDIATE`` or ``DISABLED``.
    """

    def broken(props: Any, _args: ResourceValidationArgs) -> str | None:
        version = get(props, "deployVersion")
        known_and_blank = version is None or (isinstance(version, str) and not version.strip())
        return "deploy_version is not set: give the image digest or the commit." if known_and_blank else None

    return _resource_rule(
        "checkly-deploy-version-set", "Every new version is checked.", TRIGGERS, broken, enforcement_level
    )


def longest_timeout(
    max_seconds: float = 3600, *, enforcement_level: EnforcementLevel = MANDATORY
) -> ResourceValidationPolicy:
    """
    Limit how long a gate may wait. With the level ``remediate``, a longer wait is cut instead of refused.

    Args:
        max_seconds: The longest ``timeout_seconds``, by default 3600; ``maxSeconds`` in the pack's configuration.

        enforcement_level: ``MANDATORY`` (the default), ``ADVISORY``, ``REMEDIATE`` or ``DISABLED``.
    """

    def limit(args: ResourceValidationArgs) -> float:
        return float(args.get_config().get("maxSeconds", max_seconds))

    def too_long(props: Any, args: ResourceValidationArgs) -> bool:
        seconds = get(props, "timeoutSeconds")
        seconds = _DEFAULT_TIMEOUT if seconds is None else seconds
        return isinstance(seconds, int | float) and seconds > limit(args)

    def broken(props: Any, args: ResourceValidationArgs) -> str | None:
        return f"timeout_seconds may be at most {limit(args):g}." if too_long(props, args) else None

    def remediate(args: ResourceValidationArgs) -> Any:
        if args.resource_type != VERDICT or not too_long(args.props, args):
            return None
        # Changed in place: a new mapping would lose what the engine keeps among the inputs, secrets and unknowns.
        args.props["timeoutSeconds"] = limit(args)  # type: ignore[index]  # the bag is a mapping that takes new values
        return args.props

    return _resource_rule(
        "checkly-longest-timeout",
        "A gate does not wait for ever.",
        (VERDICT,),
        broken,
        enforcement_level,
        config={"maxSeconds": {"type": "number", "exclusiveMinimum": 0}},
        remediate=remediate,
    )


def no_record_mode(
    *,
    stacks: Sequence[str] = (),
    stack_tags: Mapping[str, str] | None = None,
    enforcement_level: EnforcementLevel = MANDATORY,
) -> ResourceValidationPolicy:
    """
    Forbid ``on_failure="record"``, where a red verdict stops nothing, in every stack that the patterns select.

    Args:
        stacks: As in :func:`gate_exists`.

        stack_tags: As in :func:`gate_exists`.

        enforcement_level: ``MANDATORY`` (the default), ``ADVISORY``, ``REMEDIATE`` or ``DISABLED``.
    """

    def broken(props: Any, args: ResourceValidationArgs) -> str | None:
        if get(props, "onFailure") != "record" or not selected(args, stack_of(args.urn), stacks, stack_tags):
            return None
        return 'on_failure is "record": leave it out, so that a red verdict stops the deployment.'

    return _resource_rule(
        "checkly-no-record-mode",
        "A red verdict stops a deployment of this stack.",
        (VERDICT,),
        broken,
        enforcement_level,
        config=SCOPE,
    )


def passed_before(
    properties: Mapping[str, str], *, enforcement_level: EnforcementLevel = MANDATORY
) -> ResourceValidationPolicy:
    """
    Require that resources of some types take ``gate.passed``, and that it is true when they are created or updated.

    Unlike :func:`green_verdict` it stops a resource before anything happens to it, also behind a gate that only records.

    Args:
        properties: Resource type → the property that takes ``gate.passed``, with dots into nested objects and lists:
            ``{"kubernetes:core/v1:Service": "metadata.annotations.checks-passed"}``. The value must be true, or the text
            ``"true"`` where only text fits. ``properties`` in the pack's configuration.

        enforcement_level: ``MANDATORY`` (the default), ``ADVISORY``, ``REMEDIATE`` or ``DISABLED``.
    """

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        path = args.get_config().get("properties", properties).get(args.resource_type)
        if path is None:
            return
        value = walk(args.props, str(path))
        if value is None:
            report(f"{path} is not set: pass the gate's output `passed`, so that it waits for the verdict.", None)
        elif value is not True and value is not UNKNOWN and value != "true":
            report(f"{path} is not true: the checks before it did not pass.", None)

    return ResourceValidationPolicy(
        "checkly-passed-before",
        "This resource changes only behind a green verdict.",
        validate,
        enforcement_level,
        PolicyConfigSchema({"properties": {"type": "object", "additionalProperties": {"type": "string"}}}),
    )


def _resource_rule(
    name: str,
    description: str,
    resource_types: Sequence[str],
    broken: Callable[[Any, ResourceValidationArgs], str | None],
    enforcement_level: EnforcementLevel,
    *,
    config: dict[str, dict[str, Any]] | None = None,
    remediate: Callable[[ResourceValidationArgs], Any] | None = None,
) -> ResourceValidationPolicy:
    """Make a policy of a rule that says in one line how a resource of these types breaks it."""

    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        line = broken(args.props, args) if args.resource_type in resource_types else None
        if line is not None:
            report(line, None)

    schema = PolicyConfigSchema(config) if config else None
    return ResourceValidationPolicy(name, description, validate, enforcement_level, schema, remediate)
