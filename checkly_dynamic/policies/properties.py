"""What the rules know about resources: their types, their stack, and properties that may be lists or absent."""

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeGuard

from pulumi_policy import ResourceValidationArgs, StackValidationArgs

from checkly_dynamic.core.type_tokens import PACKAGES

GATES = frozenset({f"{PACKAGES[0]}:CheckSessionVerdict", f"{PACKAGES[1]}:CheckSessionBarrier"})
"""What shows that a stack has a gate. In the native provider a verdict alone stops nothing."""

SCOPE: dict[str, dict[str, Any]] = {
    "stacks": {"type": "array", "items": {"type": "string"}},
    "stackTags": {"type": "object", "additionalProperties": {"type": "string"}},
}
"""The settings in a pack's configuration that limit a rule to some stacks."""


def session_ids(props: Any) -> list[str] | None:
    """Return the sorted session ids of a trigger or of an element of ``waitFor``; None when there are none."""
    if not isinstance(props, Mapping):
        return None
    session_id, session_ids = props.get("sessionId"), props.get("sessionIds")
    if isinstance(session_id, str):  # a TestSessionTrigger; empty when nothing matched
        return [session_id] if session_id else []
    return sorted(map(str, session_ids)) if is_list(session_ids) else None


def is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether a property is a list. A list in a proxy is not a ``list``."""
    return isinstance(value, Sequence) and not isinstance(value, str)


def follow(props: Any, path: str) -> Any:
    """Return the value at a dotted path into objects and lists (``rules.0.enabled``); None if a part is absent."""
    value = props
    for part in path.split("."):
        try:
            value = value[int(part) if is_list(value) and part.isdecimal() else part]
        except (LookupError, TypeError, ValueError):
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
