"""The door of the room: a value goes in, lines for people come out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checkly_dynamic.core.validation.fitting import fits
from checkly_dynamic.core.validation.rules import rules
from checkly_dynamic.core.values import LIMITS, plain

__all__ = ["problems", "read"]

_SHOWN_PROBLEMS = 20


def read(name: str, bag: Any, *, unknown: type) -> tuple[Any, list[str]]:
    """
    Turn inputs of any shape into plain JSON values and validate them against one of the schemas in ``schemas/``.

    Args:
        name: The schema's file name without ``.json``; one that has limits in :data:`~checkly_dynamic.core.values.LIMITS`.

        bag: The inputs.

        unknown: The type of values that are not known yet.

    Returns:
        The inputs as plain values with :data:`~checkly_dynamic.core.values.UNKNOWN`, and the problems as :func:`problems` lists them;
        the first is to be used only when there are none.
    """
    inputs, found = plain(bag, unknown=unknown, limits=LIMITS[name])
    return inputs, _shown(found, str) if found else problems(name, inputs)


def problems(name: str, value: Any) -> list[str]:
    """
    Validate a plain value against one of the schemas in ``schemas/``.

    Args:
        name: The schema's file name without ``.json``.

        value: A JSON value, in which parts may be :data:`~checkly_dynamic.core.values.UNKNOWN`.

    Returns:
        One line for each problem (``target.matchTags[0]: must be a list, got a text; …``), at most twenty and then a count;
        empty when there is none.
    """
    if fits(rules(name), value):
        return []
    from checkly_dynamic.core.validation.judging import judged  # noqa: PLC0415 - only now, because it loads jsonschema

    return _shown(judged(name, value), lambda line: line())


def _shown(found: list[Any], line: Callable[[Any], str]) -> list[str]:
    """Write out only the lines that are shown: there may be thousands of problems."""
    lines = [line(item) for item in found[:_SHOWN_PROBLEMS]]
    more = len(found) - _SHOWN_PROBLEMS
    return [*lines, f"and {more} more problems"] if more > 0 else lines
