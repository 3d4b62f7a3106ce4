"""Helpers for rules: resource types, stack names, and properties that are proxies and may not be known yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from pulumi_policy import ResourceValidationArgs, StackValidationArgs
from pulumi_policy.proxy import UnknownValueError

__all__ = ["SCOPE", "TRIGGERS", "UNKNOWN", "VERDICTS", "get", "known_list", "selected", "stack_of", "walk"]

_PACKAGES = ("pulumi-python:dynamic/checkly", "checkly-sessions:index")
"""The resources of Python programs, and those of the native provider."""

TRIGGERS = frozenset(f"{package}:{kind}SessionTrigger" for package in _PACKAGES for kind in ("Check", "Test"))
"""The types of both kinds of trigger."""

VERDICTS = frozenset(f"{package}:CheckSessionVerdict" for package in _PACKAGES)
"""The types of the verdict. Every ``CheckSessionGate`` contains one."""

UNKNOWN = object()
"""Stands for a value that a preview does not know yet. It breaks no rule."""

SCOPE: dict[str, dict[str, Any]] = {
    "stacks": {"type": "array", "items": {"type": "string"}},
    "stackTags": {"type": "object", "additionalProperties": {"type": "string"}},
}
"""The settings in a pack's configuration that limit a rule to some stacks."""


def get(props: Any, key: Any) -> Any:
    """Return a property: None when it is absent, :data:`UNKNOWN` when it is not known yet. *props* is a proxy, not a dict."""
    try:
        return props[key]
    except (KeyError, IndexError):
        return None
    except UnknownValueError:
        return UNKNOWN


def known_list(value: Any) -> list[Any] | None:
    """Return a list's elements; None when *value* is no list, or an element is not known yet."""
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
        if isinstance(value, Mapping):
            value = get(value, part)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isdecimal():
            value = get(value, int(part))
        else:
            return UNKNOWN if value is UNKNOWN else None
    return value


def stack_of(urn: str) -> str:
    """Return the stack's name from a URN: ``urn:pulumi:STACK::PROJECT::TYPE::NAME``."""
    return urn.partition("::")[0].rpartition(":")[2]


def selected(
    args: ResourceValidationArgs | StackValidationArgs,
    stack: str,
    stacks: Sequence[str],
    stack_tags: Mapping[str, str] | None,
) -> bool:
    """Whether a rule applies to this stack: its name matches any pattern, and all tags match theirs."""
    config = args.get_config()
    names, tags = config.get("stacks", stacks), config.get("stackTags", stack_tags or {})
    named = not names or any(fnmatchcase(stack, pattern) for pattern in names)
    return named and all(fnmatchcase(args.stack_tags.get(tag, ""), pattern) for tag, pattern in tags.items())
