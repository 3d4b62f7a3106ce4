"""
Convert a property bag to plain JSON values, and plain values to what can be stored.

No problem quotes a value, because it may be a secret.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from checkly_dynamic.errors import PayloadError


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""Stands for a value that a preview does not know yet."""

_MAX_DEPTH = 32
_MAX_SIZE = 20_000_000
"""Of all values together: each counts 1, a string its length as well. Thousands of sessions in ``waitFor`` fit."""

_STR_OF_OUTPUT = (
    "Calling __str__ on an Output",
    *(f"Calling [{name}] on an [Output<T>]" for name in ("toString", "ToString", "toJSON")),
    "Calling toString() on an Output<T>",
)
"""How the sentence starts that Pulumi's SDKs return for ``str(output)``, in Python, TypeScript, C# and Java."""


def to_json(bag: Any, *, is_unknown: Callable[[Any], bool], user_input: bool = True) -> tuple[Any, list[str]]:
    """
    Copy a value as plain JSON values; unknown parts become :data:`UNKNOWN`. Also return one line for each problem.

    With *user_input*, refuse strings that come from formatting a Pulumi Output into a string. They never change, so a new
    version would not run the checks again.
    """
    walk = _Walk(is_unknown, user_input=user_input)
    try:
        return walk.copy(bag, ()), walk.problems
    except PayloadError as error:  # too large or too deep: the walk has ended
        return None, list(error.problems)


def contains_unknown(value: Any) -> bool:
    """Whether :data:`UNKNOWN` is anywhere in nested dicts and lists."""
    if isinstance(value, dict):
        return any(map(contains_unknown, value.values()))
    if isinstance(value, list):
        return any(map(contains_unknown, value))
    return value is UNKNOWN


def storable(value: Any) -> Any:
    """Leave out keys whose value is None: Pulumi stores them and drops them in the next refresh, which looks like a change."""
    if isinstance(value, dict):
        return {key: storable(item) for key, item in value.items() if item is not None}
    return [storable(item) for item in value] if isinstance(value, list | tuple) else value


def field_name(path: Any) -> str:
    """
    Write the path of a field as in a Python program: ``target.match_tags[0]``, at most about 80 characters.

    Names below ``triggers`` and ``environment_variables`` are the user's own and stay as they are.
    """
    text = ""
    own_names = False
    for position, part in enumerate(path):
        if len(text) > 80:
            return text.removeprefix(".")[:80] + "…"
        if isinstance(part, int):
            text += f"[{part}]"
            continue
        name = str(part)[:81] if own_names else _python_name(str(part)[:81])
        own_names |= position == 0 and name in ("triggers", "environment_variables")
        text += f".{''.join(char if char.isprintable() else '?' for char in name)}"
    return text.removeprefix(".")


def _python_name(name: str) -> str:
    if name == "checkId":
        return "check_ids"
    return "".join(f"_{char.lower()}" if char.isascii() and char.isupper() else char for char in name)


class _Walk:
    def __init__(self, is_unknown: Callable[[Any], bool], *, user_input: bool) -> None:
        self.is_unknown = is_unknown
        self.user_input = user_input
        self.size = 0
        self.problems: list[str] = []

    def copy(self, item: Any, path: tuple[Any, ...]) -> Any:
        self.add(1, path)
        if isinstance(item, str):
            self.check_string(item, path)
            return item
        if isinstance(item, Mapping | list | tuple):
            if len(path) >= _MAX_DEPTH:
                self.stop(path, f"is nested deeper than {_MAX_DEPTH} levels")
            if not isinstance(item, Mapping):
                return [self.copy(child, (*path, index)) for index, child in enumerate(item)]
            return {key: self.copy(child, (*path, key)) for key, child in item.items() if self.is_key(key, path)}
        if self.is_unknown(item):
            return UNKNOWN
        if problem := _not_json(item):
            self.problem(path, problem)
        return item

    def is_key(self, key: Any, path: tuple[Any, ...]) -> bool:
        if not isinstance(key, str):
            self.problem(path, "the keys of an object must be strings")
            return False
        self.check_string(key, path)
        return True

    def check_string(self, text: str, path: tuple[Any, ...]) -> None:
        self.add(len(text), path)
        if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            self.problem(path, "contains half of a character (a lone surrogate)")
        if self.user_input and _is_formatted_output(text):
            self.problem(
                path,
                "an Output was formatted into a string, so the value would never change; "
                'use output.apply(lambda value: f"…{value}…") or pulumi.Output.format("…{0}…", output)',
            )

    def add(self, size: int, path: tuple[Any, ...]) -> None:
        self.size += size
        if self.size > _MAX_SIZE:
            self.stop(path, f"all arguments together hold more than {_MAX_SIZE:,} characters")

    def problem(self, path: tuple[Any, ...], problem: str) -> None:
        self.problems.append(f"{field_name(path) or 'arguments'}: {problem}")

    def stop(self, path: tuple[Any, ...], problem: str) -> None:
        raise PayloadError([f"{field_name(path) or 'arguments'}: {problem}"])


def _is_formatted_output(text: str) -> bool:
    """Whether a string holds Pulumi's sentence, or its first seven or more characters (``f"{sha}"[:7]``)."""
    if "calling" not in text.lower():
        return False
    letters = re.sub("[^a-z]", "", text.lower())  # the sentence may have been made lower case, or part of a URL
    return any(
        re.sub("[^a-z]", "", sentence.lower()) in letters
        or any(text.endswith(sentence[:size]) for size in range(10, len(sentence)))
        or (len(text) >= 7 and sentence.startswith(text))
        for sentence in _STR_OF_OUTPUT
    )


def _not_json(item: Any) -> str | None:
    if item is None or isinstance(item, bool):
        return None
    if isinstance(item, float):
        return None if math.isfinite(item) else "must be a finite number, got NaN or infinity"
    if isinstance(item, int):
        # Pulumi sends every number as a 64-bit float: beyond this, neighbours are the same number.
        return None if abs(item) <= 2**53 else "must be a number from -2**53 to 2**53; write a longer one as a string"
    name = type(item).__name__
    kind = next((word for word in ("Asset", "Archive") if name.endswith(word)), "")
    got = f"an {kind.lower()}; use a hash of its content instead" if kind else f"a value of type {name}"
    return f"must be a JSON value (string, number, true or false, list, object), got {got}"
