"""Reading what a policy is given: bags that are proxies and hold unknowns, URNs, and which stacks a rule is meant for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import EnforcementLevel, PolicyResource, ResourceValidationArgs, StackValidationArgs
from pulumi_policy.proxy import UnknownValueError

__all__ = [
    "MANDATORY",
    "SCOPE",
    "TRIGGERS",
    "UNKNOWN",
    "VERDICT",
    "elements",
    "get",
    "selected",
    "stack_of",
    "verdicts",
    "walk",
]

TRIGGERS = ("pulumi-python:dynamic/checkly:CheckSessionTrigger", "pulumi-python:dynamic/checkly:TestSessionTrigger")
"""The types of the triggers in URNs."""

VERDICT = "pulumi-python:dynamic/checkly:CheckSessionVerdict"
"""The type of the recorder inside a ``CheckSessionGate``; every gate has one."""

MANDATORY = EnforcementLevel.MANDATORY
UNKNOWN = object()
"""What a preview does not know yet. No rule holds it against a resource."""

SCOPE: dict[str, dict[str, Any]] = {
    "stacks": {"type": "array", "items": {"type": "string"}},
    "stackTags": {"type": "object", "additionalProperties": {"type": "string"}},
}
"""How a pack's configuration says which stacks a rule is meant for."""


def get(props: Any, key: Any) -> Any:
    """Read a property: None when it is absent, :data:`UNKNOWN` when it is not known yet. *props* is a proxy, not a dict."""
    try:
        return props[key]
    except (KeyError, IndexError):
        return None
    except UnknownValueError:
        return UNKNOWN


def elements(value: Any) -> list[Any] | None:
    """Return the elements of a list; None when it is none, or when a part of it is not known yet."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        return None
    try:
        return list(value)
    except UnknownValueError:
        return None


def walk(props: Any, path: str) -> Any:
    """
    Follow a path with dots into nested objects and lists (``metadata.annotations.passed``, ``rules.0.enabled``).

    Returns:
        The value; None when a part of the path is absent, :data:`UNKNOWN` when one is not known yet.
    """
    value = props
    for part in path.split("."):
        if value is None or value is UNKNOWN:
            return value
        if isinstance(value, Mapping):
            value = get(value, part)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal():
            value = get(value, int(part))
        else:
            return None
    return value


def verdicts(args: StackValidationArgs) -> list[PolicyResource]:
    """Return the recorders of all gates of a stack."""
    return [resource for resource in args.resources if resource.resource_type == VERDICT]


def stack_of(urn: str) -> str:
    """Return the stack's name, which stands first in every URN: ``urn:pulumi:STACK::PROJECT::TYPE::NAME``."""
    return urn.partition("::")[0].rpartition(":")[2]


def selected(
    args: ResourceValidationArgs | StackValidationArgs,
    stack: str,
    stacks: Sequence[str],
    stack_tags: Mapping[str, str] | None,
) -> bool:
    """Whether a rule is meant for this stack: any name pattern and all tag patterns match."""
    config = args.get_config()
    names, tags = config.get("stacks", stacks), config.get("stackTags", stack_tags or {})
    named = not names or any(fnmatchcase(stack, pattern) for pattern in names)
    return named and all(fnmatchcase(args.stack_tags.get(tag, ""), pattern) for tag, pattern in tags.items())
