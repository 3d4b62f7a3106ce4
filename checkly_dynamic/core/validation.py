"""Validate with jsonschema and the schemas in ``schemas/``. No problem quotes a value, because it may be a secret."""

import difflib
import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from checkly_dynamic.core.text import printable
from checkly_dynamic.core.values import UNKNOWN, contains_unknown, field_name
from checkly_dynamic.errors import PayloadError

_FOLDER = Path(__file__).parent.parent / "schemas"
_MAX_SHOWN = 20


def problems(schema: str, value: Any) -> list[str]:
    """
    Validate a value with the schema of this name; parts that are UNKNOWN are never an error.

    Returns one line for each problem (``target.match_tags[0]: must be a list, got a string; …``), in the order of the fields, at
    most twenty and then a count.
    """
    errors = sorted((e for e in _validator(schema).iter_errors(value) if _is_certain(e)), key=_position)
    lines = list(dict.fromkeys(line for error in errors for line in _lines(error)))
    more = len(lines) - _MAX_SHOWN
    return [*lines[:_MAX_SHOWN], f"and {more} more problems"] if more > 0 else lines


def refuse(found: list[str], inputs: Any) -> None:
    """Raise PayloadError when there are problems, or when a value is still unknown so that nothing can be started."""
    if not found and contains_unknown(inputs):
        found = ["arguments: a value is not known, so nothing is started"]
    if found:
        raise PayloadError(found)


@functools.cache
def _validator(name: str) -> Any:
    # A Pulumi program imports this module but never validates: only the plugin host loads jsonschema.
    import jsonschema  # noqa: PLC0415 - see above
    import referencing  # noqa: PLC0415 - see above

    # The schemas refer to each other by file name. Nothing is fetched: another reference is an error.
    resources = [
        (path.name, referencing.Resource.from_contents(json.loads(path.read_text(encoding="utf-8"))))
        for path in _FOLDER.glob("*-*-*.json")
    ]
    registry: Any = referencing.Registry().with_resources(resources)
    return jsonschema.Draft202012Validator(registry.contents(f"{name}.json"), registry=registry)


def _is_certain(error: Any) -> bool:
    """Whether an error does not depend on the unknown values."""
    if error.validator in ("anyOf", "oneOf"):
        branches: dict[Any, list[Any]] = {}
        for inner in error.context:
            branches.setdefault(inner.relative_schema_path[0], []).append(inner)
        return all(any(map(_is_certain, inner)) for inner in branches.values())
    if error.validator == "contains":
        return not contains_unknown(error.instance)
    return error.instance is not UNKNOWN


def _position(error: Any) -> list[tuple[int, str]]:
    """Sort by path, list elements by number."""
    return [(part, "") if isinstance(part, int) else (-1, str(part)) for part in error.absolute_path]


def _lines(error: Any) -> Iterator[str]:
    path = list(error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        yield from _unknown_keys(path, error.instance, error.schema.get("properties", {}))
    elif error.validator == "anyOf":
        yield f"{field_name(path) or 'arguments'}: is not allowed"
    else:
        rule = error.schema.get("x-rule") or _RULES.get(str(error.validator), lambda _: "is not allowed")(error)
        hint = error.schema.get("x-hint")
        yield f"{field_name(path) or 'arguments'}: {rule}{f'; {hint}' if hint else ''}"


def _unknown_keys(path: list[Any], instance: Mapping[str, Any], known: Iterable[str]) -> Iterator[str]:
    known = sorted(known)
    allowed = ", ".join(field_name([*path, key]).rpartition(".")[2] for key in known if key not in _INTERNAL)
    for key in sorted(set(instance) - set(known)):
        meant = _meant(key, known)
        name = field_name([*path, meant]).rpartition(".")[2] if meant else ""
        # The key is shown as the user wrote it.
        shown = f"{field_name(path)}.{printable(key, limit=80)}".removeprefix(".")
        if meant and meant in instance:
            yield f"{shown}: unknown key beside {name}; give only one of the two"
        elif meant:
            yield f"{shown}: unknown key (did you mean {name}? allowed are {allowed})"
        else:
            yield f"{shown}: unknown key (allowed are {allowed})"


_INTERNAL = ("resourceName", "gateUrn", "triggerCount", "expectedDeployVersions", "rerun", "secretEnvironmentVariables")

_SPELLINGS = {"checkIds": "checkId", "check_id": "checkId", "ids": "checkId", "tags": "matchTags"}
"""What people write for a key, where it is not similar to it."""


def _meant(key: str, known: list[str]) -> str:
    camel = _SPELLINGS.get(key, key.partition("_")[0] + key.partition("_")[2].title().replace("_", ""))
    close = difflib.get_close_matches(camel[:40], known, n=1, cutoff=0.6)
    return close[0] if close else ""


def _type(error: Any) -> str:
    kind = next((name for type_, name in _GOT if isinstance(error.instance, type_)), "something else")
    return f"must be {_NAMES.get(str(error.validator_value), 'something else')}, got {kind}"


_NAMES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
}

_GOT: list[tuple[type | tuple[type, ...], str]] = [
    (bool, "true or false"),
    (str, "a string"),
    ((int, float), "a number"),
    (list, "a list"),
    (dict, "an object"),
    (type(None), "nothing"),
]

_RULES: dict[str, Callable[[Any], str]] = {
    "type": _type,
    "enum": lambda error: "must be one of " + ", ".join(json.dumps(word) for word in error.validator_value),
    "contains": lambda error: f"must contain {json.dumps(error.validator_value['const'])}",
    "minItems": lambda _: "must not be empty",
    "minLength": lambda _: "must not be empty",
    "minimum": lambda error: f"must be at least {error.validator_value}",
    "exclusiveMinimum": lambda error: f"must be more than {error.validator_value}",
    "maximum": lambda error: f"must be at most {error.validator_value}",
    "maxLength": lambda error: f"must be at most {error.validator_value} characters long",
    "maxProperties": lambda error: f"must have at most {error.validator_value} entries, got {len(error.instance)}",
    "required": lambda error: "lacks " + ", ".join(key for key in error.validator_value if key not in error.instance),
}
