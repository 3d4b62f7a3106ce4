"""Helpers of the rules for resource types, stack names, and properties that may not be known yet."""

import functools
from collections.abc import Callable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeGuard, TypeVar

from pulumi_policy import ResourceValidationArgs, StackValidationArgs
from pulumi_policy.proxy import UnknownValueError

T = TypeVar("T")

_PACKAGES = ("pulumi-python:dynamic/checkly", "checkly-sessions:index")
"""The resources of Python programs, and those of the native provider."""

TRIGGERS = frozenset(f"{package}:{kind}SessionTrigger" for package in _PACKAGES for kind in ("Check", "Test"))
VERDICTS = frozenset(f"{package}:CheckSessionVerdict" for package in _PACKAGES)
"""Every ``CheckSessionGate`` contains one."""

SCOPE: dict[str, dict[str, Any]] = {
    "stacks": {"type": "array", "items": {"type": "string"}},
    "stackTags": {"type": "object", "additionalProperties": {"type": "string"}},
}
"""The settings in a pack's configuration that limit a rule to some stacks."""


def when_known(problem: Callable[[T], str | None]) -> Callable[[T], str | None]:
    """Make *problem* return None if it reads a value that a preview does not know yet, which raises."""

    @functools.wraps(problem)
    def known_problem(subject: T) -> str | None:
        try:
            return problem(subject)
        except UnknownValueError:
            return None

    return known_problem


def is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether a property is a list. A list in a proxy is not a ``list``."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def follow(props: Any, path: str) -> Any:
    """Return the value at a dotted path into objects and lists (``rules.0.enabled``); None if a part is absent."""
    value = props
    for part in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif is_list(value) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def selected(
    args: ResourceValidationArgs | StackValidationArgs,
    urn: str,
    stacks: Sequence[str],
    stack_tags: Mapping[str, str] | None,
) -> bool:
    """Whether a rule applies to the stack of a resource: its name matches a pattern, and all tags match theirs."""
    config = args.get_config()
    names, tags = config.get("stacks", stacks), config.get("stackTags", stack_tags or {})
    stack = urn.partition("::")[0].rpartition(":")[2]  # urn:pulumi:STACK::PROJECT::TYPE::NAME
    named = not names or any(fnmatchcase(stack, pattern) for pattern in names)
    return named and all(fnmatchcase(args.stack_tags.get(tag, ""), pattern) for tag, pattern in tags.items())
