"""
Whether a value plainly fits a schema, without ``jsonschema``.

Knows the few keywords that ``schemas/*.json`` use. It only ever says yes: a value that does not fit, and a keyword that is not
known here, are for :mod:`~checkly_dynamic.core.validation.judging`, which also finds the words for people. So whether something is allowed
is decided there; this room saves the time of loading it, which is a third of what a small deployment pays for this library.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from checkly_dynamic.core.validation.rules import is_uuid
from checkly_dynamic.core.values import UNKNOWN

__all__ = ["fits"]


def fits(schema: Mapping[str, Any], value: Any) -> bool:
    """
    Tell whether a value plainly fits.

    Args:
        schema: A schema of ``schemas/``, or a part of one.

        value: A JSON value; :data:`~checkly_dynamic.core.values.UNKNOWN` satisfies every rule.

    Returns:
        True when it does; False when it does not, or when that is not for this function to say.
    """
    if value is UNKNOWN:
        return True
    return all(
        _KEYWORDS[word](expected, value, schema) if word in _KEYWORDS else word in _NOTES
        for word, expected in schema.items()
    )


_NOTES = frozenset({"$schema", "$comment", "title", "default", "x-hint"})
"""Keywords that forbid nothing."""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "number": _is_number,
    # 3.0 is a whole number: the engine turns every number into a float.
    "integer": lambda value: _is_number(value) and value == value // 1,
}


def _only_known(expected: Any, value: Any, schema: Mapping[str, Any]) -> bool:
    return not isinstance(value, dict) or (expected is False and value.keys() <= schema.get("properties", {}).keys())


def _properties(expected: Mapping[str, Any], value: Any) -> bool:
    return not isinstance(value, dict) or all(fits(expected[key], value[key]) for key in expected.keys() & value.keys())


def _text_is(allowed: Callable[[str], bool], value: Any) -> bool:
    return not isinstance(value, str) or allowed(value)


def _number_is(allowed: Callable[[float], bool], value: Any) -> bool:
    return not _is_number(value) or allowed(value)


_compiled = functools.cache(re.compile)

# What a keyword expects, the value, and the schema that it stands in.
_KEYWORDS: dict[str, Callable[[Any, Any, Mapping[str, Any]], bool]] = {
    "type": lambda expected, value, _: str(expected) in _TYPES and _TYPES[expected](value),
    # Of other types Python and JSON disagree on what is equal (1 and true).
    "enum": lambda expected, value, _: isinstance(value, str) and value in expected,
    "const": lambda expected, value, _: isinstance(value, str) and value == expected,
    "properties": lambda expected, value, _: _properties(expected, value),
    "additionalProperties": _only_known,
    "required": lambda expected, value, _: not isinstance(value, dict) or value.keys() >= set(expected),
    "items": lambda expected, value, _: not isinstance(value, list) or all(fits(expected, each) for each in value),
    "contains": lambda expected, value, _: not isinstance(value, list) or any(fits(expected, each) for each in value),
    "minItems": lambda expected, value, _: not isinstance(value, list) or len(value) >= expected,
    "pattern": lambda expected, value, _: _text_is(lambda text: _compiled(expected).search(text) is not None, value),
    "maxLength": lambda expected, value, _: _text_is(lambda text: len(text) <= expected, value),
    "format": lambda expected, value, _: _text_is(lambda text: expected == "uuid" and is_uuid(text), value),
    "minimum": lambda expected, value, _: _number_is(lambda number: number >= expected, value),
    "exclusiveMinimum": lambda expected, value, _: _number_is(lambda number: number > expected, value),
    "maximum": lambda expected, value, _: _number_is(lambda number: number <= expected, value),
}
