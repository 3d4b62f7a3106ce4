"""
For other stacks: :func:`require_passed` lets a program go on only behind a good verdict of another stack.

Reads what that stack exported (``pulumi.export("smoke", gate.summary)``) and nothing else: no request, no key.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pulumi

from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import NotPassed

__all__ = ["PassedSummary", "require_passed"]

_CLOCKS_DIFFER = timedelta(minutes=5)
"""How far ahead of this machine's clock a verdict may be, because the clocks of two machines are never quite alike."""


@dataclass(frozen=True)
class PassedSummary:
    """
    A good verdict of another stack.

    Attributes:
        deploy_version: The version that was checked: the one that was required.
        reason: One sentence, such as ``"5 checks passed"``.
        counts: Status → number of checks.
        session_ids: The ids of the check sessions.
        statuses: Their statuses, in the same order.
        links: Their pages in Checkly, in the same order.
        failed_links: Always empty: a good verdict has nothing that keeps it from being good.
        finished_at: When the verdict was reached, ISO 8601 in UTC.
        passed: Always True.
        conclusion: Always ``"PASSED"``.
    """

    deploy_version: str
    reason: str
    counts: Mapping[str, int]
    session_ids: Sequence[str]
    statuses: Sequence[str]
    links: Sequence[str]
    failed_links: Sequence[str]
    finished_at: str
    passed: bool = True
    conclusion: str = "PASSED"


class _NotPassed(NotPassed, pulumi.RunError):
    """The same, as an error that Pulumi shows as one line, without a traceback of the program."""


_NotPassed.__name__ = _NotPassed.__qualname__ = NotPassed.__name__


def require_passed(
    stack_reference: pulumi.StackReference | str,
    output: str,
    *,
    deploy_version: pulumi.Input[str],
    max_age: float | timedelta | None = None,
) -> pulumi.Output[PassedSummary]:
    """
    Require that another stack's gate passed, for exactly this version.

    What takes the result, or a part of it (``proof.deploy_version``), as an input cannot start without a good verdict. In a
    preview the verdict is judged when everything is known; what is not known stays unknown.

    Args:
        stack_reference: The other stack: a reference, or its name as the backend spells it (``organization/service/prod`` for
            file, S3 and similar backends, ``acme/service/prod`` in Pulumi Cloud).

        output: The name under which that stack exports ``gate.summary``.

        deploy_version: The version that is about to be used. Required, because a deployment whose program crashed leaves the
            outputs of the last good one behind. Every trigger of the gate must have had this version; None never matches.

        max_age: How old the verdict may be, in seconds or as a timedelta; None for any age.

    Returns:
        The verdict. It is secret when the other stack's output is.

    Raises:
        TypeError: *stack_reference* or *max_age* is something else.
        ValueError: *max_age* is not more than 0.
        NotPassed: In ``pulumi preview`` and ``pulumi up``, as one line that says what to do: the output is missing, not green,
            too old, of another version, or not a summary that this library exports.
    """
    if isinstance(stack_reference, str):
        # A name of its own, so that a program may have other references to the same stack.
        stack_reference = pulumi.StackReference(f"{stack_reference}/{output}", stack_name=stack_reference)
    if not isinstance(stack_reference, pulumi.StackReference):
        msg = "stack_reference must be a pulumi.StackReference or the name of a stack"
        raise TypeError(msg)
    limit = _limit(max_age)
    summary, version = stack_reference.get_output(output), pulumi.Output.from_input(deploy_version)

    async def judge(values: Sequence[Any]) -> PassedSummary:
        name, exported, required = values
        # A secret may take part in the judgement, but not in the message.
        quote = not (await summary.is_secret() or await version.is_secret())
        problem = _problem(exported, required, limit, datetime.now(timezone.utc), quote=quote)
        if problem is not None:
            raise _NotPassed(f"output {output!r} of stack {name} {problem}")
        return _summary(exported, required)

    return pulumi.Output.all(stack_reference.name, summary, version).apply(judge)


def _limit(max_age: float | timedelta | None) -> timedelta | None:
    if max_age is None:
        return None
    if isinstance(max_age, bool) or not isinstance(max_age, int | float | timedelta):
        msg = "max_age must be a number of seconds or a timedelta"
        raise TypeError(msg)
    seconds = max_age.total_seconds() if isinstance(max_age, timedelta) else max_age
    if not (math.isfinite(seconds) and seconds > 0):
        msg = "max_age must be more than 0 seconds"
        raise ValueError(msg)
    return timedelta(seconds=min(seconds, timedelta.max.total_seconds() / 2))


_SHAPE: Mapping[str, type | tuple[type, ...]] = {
    "passed": bool,
    "conclusion": str,
    "reason": str,
    "deployVersions": (list, tuple),
    "counts": Mapping,
    "sessionIds": (list, tuple),
    "statuses": (list, tuple),
    "links": (list, tuple),
    "failedLinks": (list, tuple),
    "finishedAt": str,
}
"""What ``gate.summary`` has been exporting since the first release, and of which types."""


def _problem(summary: Any, required: Any, limit: timedelta | None, now: datetime, *, quote: bool) -> str | None:
    """Say why a summary does not allow to go on, and what to do; None when it does."""
    if not isinstance(required, str) or not required.strip():
        return "cannot be judged without the deploy version that is about to be used; set deploy_version"
    if summary is None:
        return "does not exist; export gate.summary under this name there, deploy that stack, and then this one"
    if wrong := _wrong_keys(summary):
        return (
            f"is not the summary of a gate ({wrong}); export gate.summary there, with this version of checkly-dynamic, "
            "and deploy that stack again"
        )
    if summary["passed"] is not True or summary["conclusion"] != "PASSED":
        why = f"{summary['conclusion']}: {summary['reason']}" if quote else "its verdict is secret"
        return f"is not green ({printable(why)}); run pulumi up there until its checks pass"
    if problem := _version_problem(summary["deployVersions"], required, quote=quote):
        return problem
    return _age_problem(summary["finishedAt"], limit, now)


def _wrong_keys(summary: Any) -> str:
    if not isinstance(summary, Mapping):
        return f"it is a {type(summary).__name__}, not an object"
    missing = [key for key in _SHAPE if summary.get(key) is None]
    if missing:
        return f"it lacks {', '.join(missing)}"
    wrong = [key for key, kind in _SHAPE.items() if not isinstance(summary[key], kind)]
    if not wrong and not all(
        isinstance(number, int | float) and math.isfinite(number) for number in summary["counts"].values()
    ):
        wrong = ["counts"]
    return f"{', '.join(wrong)} of an unexpected type" if wrong else ""


def _version_problem(versions: Sequence[Any], required: str, *, quote: bool) -> str | None:
    others = [version for version in versions if version != required]
    if versions and not others:
        return None
    if not any(versions):
        return "belongs to no deploy version; set deploy_version on its triggers, and deploy that stack again"
    found = ", ".join(sorted({printable(str(version)) if version else "none" for version in others}))
    which = f"{found} instead of {printable(required)}" if quote else "not the required one"
    return (
        f"belongs to another deploy version ({which}, in {len(others)} of {len(versions)} triggers); "
        "deploy the required version there first"
    )


def _age_problem(finished_at: str, limit: timedelta | None, now: datetime) -> str | None:
    if limit is None:
        return None
    try:
        finished = datetime.fromisoformat(finished_at.strip().replace("Z", "+00:00"))
    except ValueError:
        finished = datetime.min  # noqa: DTZ901 - without a time zone, so refused below
    if finished.tzinfo is None:
        return "does not say in a readable way when its checks finished; deploy that stack again"
    age = now - finished
    if age < -_CLOCKS_DIFFER:
        return "finished in the future, so its age is not known; set the clocks right, and deploy that stack again"
    if age > limit:
        return (
            f"is older than allowed ({age.total_seconds():.0f} s, max_age is {limit.total_seconds():.0f} s); "
            "run the checks there again, for example with another value in the trigger's triggers"
        )
    return None


def _summary(exported: Mapping[str, Any], version: str) -> PassedSummary:
    return PassedSummary(
        deploy_version=version,
        reason=exported["reason"],
        counts={status: int(number) for status, number in exported["counts"].items()},
        session_ids=tuple(exported["sessionIds"]),
        statuses=tuple(exported["statuses"]),
        links=tuple(exported["links"]),
        failed_links=tuple(exported["failedLinks"]),
        finished_at=exported["finishedAt"],
    )
