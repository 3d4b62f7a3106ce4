"""Convert between property bags, plain JSON values and what can be stored. No problem quotes a value: it may be a secret."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from checkly_dynamic.errors import PayloadError


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
"""Stands for a value that a preview does not know yet."""

_MAX_DEPTH = 32
_BAD_KEY = "the keys of an object must be strings"

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
    problems: list[str] = []

    def note(path: tuple[Any, ...], found: Iterable[str]) -> None:
        problems.extend(f"{field_name(path) or 'arguments'}: {problem}" for problem in found)

    def copy(item: Any, path: tuple[Any, ...]) -> Any:
        if isinstance(item, Mapping | list | tuple):
            if len(path) >= _MAX_DEPTH:
                raise PayloadError([f"{field_name(path) or 'arguments'}: is nested deeper than {_MAX_DEPTH} levels"])
            if not isinstance(item, Mapping):
                return [copy(child, (*path, index)) for index, child in enumerate(item)]
            for key in item:
                note(path, _problems(key, user_input=user_input) if isinstance(key, str) else [_BAD_KEY])
            return {key: copy(child, (*path, key)) for key, child in item.items() if isinstance(key, str)}
        if is_unknown(item):
            return UNKNOWN
        note(path, _problems(item, user_input=user_input))
        return item

    try:
        return copy(bag, ()), problems
    except PayloadError as error:  # the walk has ended: a value that contains itself would take for ever
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


def _problems(item: Any, *, user_input: bool) -> Iterator[str]:
    """Yield what is wrong with a value that is neither a list nor an object."""
    if isinstance(item, str):
        if not item.isascii() and any("\ud800" <= char <= "\udfff" for char in item):
            yield "contains half of a character (a lone surrogate)"
        if user_input and _is_formatted_output(item):
            yield (
                "an Output was formatted into a string, so the value would never change; "
                'use output.apply(lambda value: f"…{value}…") or pulumi.Output.format("…{0}…", output)'
            )
    elif isinstance(item, float):
        if not math.isfinite(item):
            yield "must be a finite number, got NaN or infinity"
    elif isinstance(item, int):
        # Pulumi sends every number as a 64-bit float: beyond this, neighbours are the same number.
        if abs(item) > 2**53:
            yield "must be a number from -2**53 to 2**53; write a longer one as a string"
    elif item is not None:
        name = type(item).__name__
        kind = next((word for word in ("Asset", "Archive") if name.endswith(word)), "")
        got = f"an {kind.lower()}; use a hash of its content instead" if kind else f"a value of type {name}"
        yield f"must be a JSON value (string, number, true or false, list, object), got {got}"
