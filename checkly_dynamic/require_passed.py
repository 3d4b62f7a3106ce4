"""For other stacks: continue only when another stack's gate passed. Reads what that stack exported, without request or key."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pulumi

from checkly_dynamic.core.changes import stripped
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import NotPassed
from checkly_dynamic.resources.inputs import as_run_error, must_be_sendable, seconds

_CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of this machine's clock a verdict may be, because the clocks of two machines are never quite alike."""


@dataclass(frozen=True, kw_only=True)
class PassedSummary:
    """
    A good verdict of another stack.

    Attributes:
        deploy_version: The version that was checked: the one that was required.
        reason: One sentence, such as ``"5 checks passed"``.
        counts: Status → number of checks.
        checks: Name of each check → its status, at most 50.
        finished_at: When the last check ended, ISO 8601 in UTC.
        passed: Always True.
        conclusion: Always ``"PASSED"``.
    """

    deploy_version: str
    reason: str
    counts: Mapping[str, int]
    checks: Mapping[str, str]
    finished_at: str
    passed: bool = True
    conclusion: str = "PASSED"


def require_passed(
    stack_reference: pulumi.StackReference | str,
    output: str,
    *,
    deploy_version: pulumi.Input[str],
    max_age: float | timedelta | None = None,
) -> pulumi.Output[PassedSummary]:
    """
    Require that another stack's gate passed, for exactly this version.

    A resource that uses the result, or a part of it (``proof.deploy_version``), as an input cannot start without a good verdict.
    In a preview the verdict is judged when everything is known; what is not known stays unknown.

    Args:
        stack_reference: The other stack: a reference, or its name as the backend spells it (``organization/service/prod`` for
            file, S3 and similar backends, ``acme/service/prod`` in Pulumi Cloud).
        output: The name under which that stack exports ``gate.summary``.
        deploy_version: The version that is about to be used. Required, because a deployment whose program crashed leaves the
            outputs of the last good one behind. Every trigger of the gate must have had this version. Whitespace at both ends is
            dropped.
        max_age: How old the verdict may be, in seconds or as a timedelta; None for any age.

    Returns:
        The verdict. It is secret when the other stack's output is.

    Raises:
        TypeError: *stack_reference* is something else.
        ValueError: *max_age* is something else, or not more than 0.
        PayloadError: *deploy_version* was made by formatting an Output into a string.
        NotPassed: In ``pulumi preview`` and ``pulumi up``, as one line that says what to do: the output is missing, not green,
            too old, about another version, or not a summary that this library exports.
    """
    must_be_sendable("require_passed", {"deployVersion": deploy_version, "output": output})
    if isinstance(stack_reference, str):
        # A name of its own, so that a program may have other references to the same stack.
        stack_reference = pulumi.StackReference(f"{stack_reference}/{output}", stack_name=stack_reference)
    if not isinstance(stack_reference, pulumi.StackReference):
        msg = "stack_reference must be a pulumi.StackReference or the name of a stack"
        raise as_run_error(TypeError(msg), "require_passed")
    limit = seconds(max_age)
    if limit is not None and (type(limit) not in (int, float) or not 0 < limit < math.inf):
        raise as_run_error(ValueError("max_age must be a number of seconds above 0, or a timedelta"), "require_passed")
    summary, version = stack_reference.get_output(output), pulumi.Output.from_input(deploy_version)

    async def judge(values: Sequence[Any]) -> PassedSummary:
        name, exported, given = values
        required = stripped(given)
        must_be_sendable("require_passed", {"deployVersion": required})
        # A secret may take part in the judgement, but not in the message.
        quote = not (await summary.is_secret() or await version.is_secret())
        problem = _problem(exported, required, limit, quote=quote)
        if problem is not None:
            raise as_run_error(NotPassed(f"output {output!r} of stack {name} {problem}"))
        return PassedSummary(
            deploy_version=required,
            reason=exported["reason"],
            counts={status: int(number) for status, number in exported["counts"].items()},
            checks=dict(exported["checks"]),
            finished_at=exported["finishedAt"],
        )

    return pulumi.Output.all(stack_reference.name, summary, version).apply(judge)


_TYPES: dict[str, Any] = {
    "passed": bool,
    "conclusion": str,
    "reason": str,
    "deployVersions": (list, tuple),
    "finishedAt": str,
    "counts": Mapping,
    "checks": Mapping,
    "failed": (list, tuple),
}
"""What ``gate.summary`` exports, and of which types."""


def _problem(summary: Any, required: Any, limit: float | None, *, quote: bool) -> str | None:
    """Say why a summary does not allow the deployment, and what to do; None when it does."""
    if not isinstance(required, str):
        return "cannot be judged without the deploy version that is about to be used; set deploy_version"
    if summary is None:
        return "does not exist; export gate.summary under this name there, deploy that stack, and then this one"
    if wrong := _wrong_keys(summary):
        return (
            f"is not the summary of a gate (missing or of another type: {', '.join(wrong)}); "
            "export gate.summary there, with this version of checkly-dynamic, and deploy that stack again"
        )
    if summary["passed"] is not True or summary["conclusion"] != "PASSED":
        why = f"{summary['conclusion']}: {summary['reason']}" if quote else "its verdict is secret"
        return f"is not green ({printable(why)}); run pulumi up there until its checks pass"
    return _version_problem(summary, required, quote=quote) or _age_problem(summary["finishedAt"], limit)


def _wrong_keys(summary: Any) -> list[str]:
    if not isinstance(summary, Mapping):
        return list(_TYPES)
    wrong = [key for key, kind in _TYPES.items() if not isinstance(summary.get(key), kind)]
    if not wrong and not all(isinstance(n, int | float) and math.isfinite(n) for n in summary["counts"].values()):
        return ["counts"]
    return wrong


def _version_problem(summary: Mapping[str, Any], required: str, *, quote: bool) -> str | None:
    versions = [*map(stripped, summary["deployVersions"]), *([None] if summary.get("withoutDeployVersion") else [])]
    others = [version for version in versions if version != required]
    if not any(versions):
        return "belongs to no deploy version; set deploy_version on its triggers, and deploy that stack again"
    if not others:
        return None
    found = ", ".join(sorted({printable(str(version or "")) or "none" for version in others}))
    which = f"{found} instead of {printable(required)}" if quote else "not the required one"
    return f"belongs to another deploy version ({which}); deploy there with the required version on every trigger"


def _age_problem(finished_at: str, limit: float | None) -> str | None:
    if limit is None:
        return None
    try:
        age = datetime.now(timezone.utc) - datetime.fromisoformat(finished_at.strip().replace("Z", "+00:00"))
    except (ValueError, TypeError):  # not a time, or one without a time zone
        return "does not say in a readable way when its checks finished; deploy that stack again"
    if age < -_CLOCKS_DIFFER:
        return "finished in the future, so its age is not known; set the clocks right, and deploy that stack again"
    if age.total_seconds() > limit:
        return (
            f"is older than allowed ({age.total_seconds():.0f} s, max_age is {limit:.0f} s); "
            "run the checks there again, for example with another value in triggers of its trigger"
        )
    return None
