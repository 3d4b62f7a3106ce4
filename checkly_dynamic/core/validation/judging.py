"""
What ``jsonschema`` says of a value, in lines for people.

Never quotes a value, which may be secret.
"""

from __future__ import annotations

import difflib
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jsonschema
import referencing

from checkly_dynamic.core.validation.rules import is_uuid, rules
from checkly_dynamic.core.values import UNKNOWN, written

__all__ = ["judged"]


def judged(name: str, value: Any) -> list[Callable[[], str]]:
    """
    Validate a plain value against one of the schemas in ``schemas/``.

    Args:
        name: The schema's file name without ``.json``.

        value: A JSON value, in which parts may be :data:`~checkly_dynamic.core.values.UNKNOWN`.

    Returns:
        For each problem what writes its line, in the order of the input.
    """
    errors = sorted(_validator(name).iter_errors(value), key=_place)
    return [found for error in errors for found in _found(error)]


def _place(error: Any) -> list[tuple[int, str]]:
    """Sort by path, list elements by number."""
    return [(part, "") if isinstance(part, int) else (-1, part) for part in error.absolute_path]


def _found(error: Any) -> Iterator[Callable[[], str]]:
    if error.validator != "additionalProperties":
        yield functools.partial(_broken_rule, error)
        return
    for key in sorted(set(error.instance) - set(error.schema.get("properties", {}))):
        yield functools.partial(_unknown_key, error, key)


def _broken_rule(error: Any) -> str:
    rule = _RULES.get(str(error.validator), lambda _: "is not allowed")(error)
    hint = error.schema.get("x-hint") if isinstance(error.schema, Mapping) else None
    return f"{written(error.absolute_path) or 'inputs'}: {rule}{f'; {hint}' if hint else ''}"


def _unknown_key(error: Any, key: str) -> str:
    known = error.schema.get("properties", {})
    allowed = ", ".join(sorted(known))
    meant = _meant(key, known)
    if meant and meant in error.instance:
        advice = f" beside {meant}; give only one of the two"
    elif meant:
        advice = f" (did you mean {meant}? allowed are {allowed})"
    else:
        advice = f" (allowed are {allowed})"
    return f"{written([*error.absolute_path, key])}: unknown key{advice}"


_SPELLINGS = {
    "match_tags": "matchTags",
    "check_ids": "checkId",
    "checkIds": "checkId",
    "check_id": "checkId",
    "tags": "matchTags",
    "ids": "checkId",
}
"""What people write for the wire's names. Those that only differ a little are found without a list."""


def _meant(key: str, known: Mapping[str, Any]) -> str:
    meant = _SPELLINGS.get(key, "")
    if meant in known:
        return meant
    return next(iter(difflib.get_close_matches(key[:40], list(known), n=1, cutoff=0.6)), "")


def _type(error: Any) -> str:
    kind = next((name for type_, name in _GOT if isinstance(error.instance, type_)), "something else")
    return f"must be {_NAMES[error.validator_value]}, got {kind}"


def _has_letters(tag: str) -> bool:
    return bool(tag.replace("!", "").strip())


_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}

_GOT: list[tuple[type | tuple[type, ...], str]] = [
    (bool, "true or false"),
    (str, "a text"),
    ((int, float), "a number"),
    (list, "a list"),
    (dict, "an object"),
    (type(None), "nothing"),
]

_RULES: dict[str, Callable[[Any], str]] = {
    "type": _type,
    "enum": lambda error: "must be one of " + ", ".join(json.dumps(word) for word in error.validator_value),
    "contains": lambda error: f"must contain {json.dumps(error.validator_value['const'])}",
    "format": lambda error: f"must be a {str(error.validator_value).upper()}",
    "pattern": lambda error: (
        'must have "!" only once and first' if _has_letters(error.instance) else "must not be blank"
    ),
    "minItems": lambda _: "must not be empty",
    "minimum": lambda error: f"must be at least {error.validator_value}",
    "exclusiveMinimum": lambda error: f"must be more than {error.validator_value}",
    "maximum": lambda error: f"must be at most {error.validator_value}",
    "maxLength": lambda error: f"must be at most {error.validator_value} characters long",
    "required": lambda error: "lacks " + ", ".join(key for key in error.validator_value if key not in error.instance),
}


@functools.cache
def _validator(name: str) -> Any:
    """Compile a schema once. No schema is ever fetched: the registry is empty, so a remote reference is an error."""
    return _Validator(rules(name), registry=referencing.Registry(), format_checker=_FORMATS)


_FORMATS = jsonschema.FormatChecker(formats=())
"""Our own, so that what is installed beside the library changes nothing."""


@_FORMATS.checks("uuid")
def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or is_uuid(value)


def _stepping_over(rule: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(rule)
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        return () if instance is UNKNOWN else rule(validator, value, instance, schema)

    return check


def _items(validator: Any, items: Any, instance: Any, _schema: Any) -> Iterator[Any]:
    """Do what the library's ``items`` does, but prepare the rules once and not for every element, which is most of the time."""
    if not isinstance(instance, list):
        return
    each = _PREPARED.get(id(items)) or _PREPARED.setdefault(id(items), validator.evolve(schema=items))
    for index, element in enumerate(instance):
        for error in each.iter_errors(element):
            error.path.appendleft(index)
            yield error


# By the identity of a subschema, which its validator keeps alive, so that no other object can have the same.
_PREPARED: dict[int, Any] = {}

# The other keywords look at the type first and have nothing to say about UNKNOWN.
_JUDGES_ANY_TYPE = ("type", "enum", "const")

_Validator: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
    jsonschema.Draft202012Validator,
    {
        **{word: _stepping_over(jsonschema.Draft202012Validator.VALIDATORS[word]) for word in _JUDGES_ANY_TYPE},
        "items": _items,
    },
)
