"""
From a property bag, as deep or large as a user can make it, to plain JSON values within limits, and back to what can be stored.

One walk copies, replaces what is not known yet, and refuses what is not JSON, so that the rooms above see only plain values.
Never quotes a value, which may be secret.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

__all__ = ["LIMITS", "UNKNOWN", "Limits", "holds", "plain", "storable", "written"]


class _Unknown:
    """The type of :data:`UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""Stands for a value that is not known in a preview. It satisfies every rule; the element or key itself still counts."""

_LONGEST_PATH = 80


class Limits(NamedTuple):
    """
    Our own limits on what may be put into one resource.

    Attributes:
        depth: Levels of nesting.
        values: Number of values, keys not counted, of all inputs together.
        characters: Length of all text, keys counted, of all inputs together.
    """

    depth: int
    values: int
    characters: int


LIMITS = {
    "check-session-trigger": Limits(depth=32, values=5_000, characters=1_000_000),
    # A gate's inputs are Checkly's answers to its triggers: thousands of sessions with six values each.
    "check-session-verdict": Limits(depth=32, values=200_000, characters=20_000_000),
}
"""The limits of each kind of resource, by the name of its schema."""


def plain(bag: Any, *, unknown: type, limits: Limits) -> tuple[Any, list[str]]:
    """
    Copy a value as plain JSON values: dict, list, str, bool, int, float, None.

    Args:
        bag: Any value.

        unknown: The type of what is not known yet; it becomes :data:`UNKNOWN`.

        limits: Where to stop.

    Returns:
        The copy, and one line for each value that is not JSON; the copy is complete only when there are no lines. Beyond a limit
        the walk stops and the one line names the limit.
    """
    walk = _Walk(unknown, limits)
    try:
        copied = walk.copy(bag, (), 0)
    except _BeyondLimitError as beyond:
        return None, [str(beyond)]
    return copied, walk.problems


def holds(value: Any, kind: type) -> bool:
    """Whether a value of some type stands anywhere in nested dicts and lists."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, kind):
            return True
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, list | tuple):
            stack.extend(item)
    return False


def storable(value: Any) -> Any:
    """Leave out keys whose value is None: Pulumi stores them and drops them in the next refresh, which looks like a change."""
    if isinstance(value, dict):
        return {key: storable(item) for key, item in value.items() if item is not None}
    return [storable(item) for item in value] if isinstance(value, list | tuple) else value


def written(path: Any) -> str:
    """Write a path as ``target.matchTags[0]``, safe to show; empty for the bag itself."""
    text = ""
    for part in path:
        if len(text) > _LONGEST_PATH:
            break
        text += f"[{part}]" if isinstance(part, int) else f".{part[:_LONGEST_PATH]}"
    text = text.removeprefix(".")
    shown = "".join(char if char.isprintable() else "?" for char in text[:_LONGEST_PATH])
    return f"{shown}…" if len(text) > _LONGEST_PATH else shown


class _BeyondLimitError(Exception):
    """Ends the walk; its text is the line for the user."""


_Path = tuple[Any, ...]
"""The way from the bag to a value, last step first: ``(0, ("matchTags", ("target", ())))``. Written out only for a message."""


class _Walk:
    def __init__(self, unknown: type, limits: Limits) -> None:
        self.unknown = unknown
        self.limits = limits
        self.values = 0
        self.characters = 0
        self.problems: list[str] = []

    def copy(self, item: Any, path: _Path, depth: int) -> Any:
        self.values += 1
        if self.values > self.limits.values:
            self.stop(path, f"more than {self.limits.values} values in all inputs together")
        if isinstance(item, str):
            self.count(item, path)
        elif isinstance(item, list | tuple | Mapping):
            if depth >= self.limits.depth:
                self.stop(path, f"nested deeper than {self.limits.depth} levels")
            return self.members(item, path, depth + 1)
        elif isinstance(item, self.unknown):
            return UNKNOWN
        elif problem := _not_json(item):
            self.refuse(path, problem)
        return item

    def members(self, item: Any, path: _Path, depth: int) -> Any:
        if not isinstance(item, Mapping):
            return [self.copy(child, (index, path), depth) for index, child in enumerate(item)]
        for key in item:
            if not isinstance(key, str):
                self.refuse(path, "the keys of an object must be text")
                return {}
            self.count(key, path)
        return {key: self.copy(child, (key, path), depth) for key, child in item.items()}

    def count(self, text: str, path: _Path) -> None:
        self.characters += len(text)
        if self.characters > self.limits.characters:
            self.stop(path, f"more than {self.limits.characters} characters in all inputs together")
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            self.refuse(path, "has half of a character (a lone surrogate), which no text can be made of")

    def refuse(self, path: _Path, problem: str) -> None:
        self.problems.append(f"{_written_from_the_end(path)}: {problem}")

    def stop(self, path: _Path, problem: str) -> None:
        msg = f"{_written_from_the_end(path)}: {problem}, which is the limit"
        raise _BeyondLimitError(msg)


def _written_from_the_end(path: _Path) -> str:
    parts: list[Any] = []
    while path:
        part, path = path
        parts.append(part)
    return written(reversed(parts)) or "inputs"


def _not_json(item: Any) -> str | None:
    if item is None or isinstance(item, bool):
        return None
    if isinstance(item, float):
        return None if math.isfinite(item) else "must be a finite number, got NaN or infinity"
    if isinstance(item, int):
        # Pulumi sends every number as a 64-bit float: beyond this, neighbours are the same number.
        return None if abs(item) <= 2**53 else "must be a number from -2**53 to 2**53; write a longer one as a text"
    name = type(item).__name__
    kind = next((word for word in ("Asset", "Archive") if name.endswith(word)), "")
    got = f"an {kind.lower()}; use a hash of its content instead" if kind else f"something of type {name}"
    return f"must be a JSON value (text, number, true or false, list, object), got {got}"
