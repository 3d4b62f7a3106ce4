"""
Requests and answers against the schemas of the document.

openapi-schema-validator knows OpenAPI 3.0; this module adds only the other keywords of Checkly's document:
``x-format`` (guid, uri) and ``x-constraint`` (a lone value may stand for a list of one; a number is positive).
"""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.validators import extend
from openapi_schema_validator import OAS30Validator

from checkly_dynamic.emulator.document import Operation, document
from checkly_dynamic.emulator.json_input import parse_json
from checkly_dynamic.emulator.responses import Refused

MAX_ECHO = 40
formats = FormatChecker(formats=["uuid", "date", "date-time"])


def _type(validator: Any, kind: str, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    if kind == "array" and schema.get("x-constraint", {}).get("single") and not isinstance(instance, list):
        yield from validator.descend(instance, schema["items"])
    else:
        yield from OAS30Validator.VALIDATORS["type"](validator, kind, instance, schema)


def _any_of(validator: Any, branches: list[Any], instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    # In OpenAPI, strictly, a branch with nothing but "nullable" accepts everything; Checkly means null.
    meant = [{"enum": [None]} if branch == {"nullable": True} else branch for branch in branches]
    yield from OAS30Validator.VALIDATORS["anyOf"](validator, meant, instance, schema)


def _x_format(validator: Any, wanted: dict[str, Any], instance: Any, _: Any) -> Iterator[ValidationError]:
    yield from validator.descend(instance, {"format": "uuid" if wanted.get("guid") else "uri"})


def _x_constraint(validator: Any, wanted: dict[str, Any], instance: Any, _: Any) -> Iterator[ValidationError]:
    if wanted.get("sign") == "positive" and validator.is_type(instance, "number") and instance <= 0:
        yield ValidationError(f"{instance!r} is not positive")


ChecklyValidator = extend(  # type: ignore[no-untyped-call]
    OAS30Validator, {"type": _type, "anyOf": _any_of, "x-format": _x_format, "x-constraint": _x_constraint}
)


@cache
def _document_validator() -> Any:
    """Return the validator in which references are resolved; each schema is a variant of it."""
    return ChecklyValidator(document(), format_checker=formats)


def problem(schema: dict[str, Any], value: Any, where: str) -> str | None:
    """Say in one sentence where a value breaks a schema of the document, and which rule; None when it conforms."""
    error = best_match(_document_validator().evolve(schema=schema).iter_errors(value))
    return None if error is None else describe(error, where)


def describe(error: ValidationError, root: str) -> str:
    """Describe a schema error in one line, with its place (as in ``body.target.matchTags[0]``), without long values."""
    value = repr(error.instance)
    message = error.message.replace(value, "the value") if len(value) > MAX_ECHO else error.message
    return f"{root}{error.json_path[1:]}: {message}"


def parameters(operation: Operation, where: str, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """
    Read the ``path``, ``header`` or ``query`` parameters with the document's types and defaults.

    Unknown ones are ignored, and one that breaks the document is refused. A name may end in ``[]``.
    """
    strings: dict[str, list[str]] = {}
    for key, string in given:
        strings.setdefault(key.removesuffix("[]"), []).append(string)
    values: dict[str, Any] = {}
    for parameter in operation.parameters(where):
        name, schema = parameter["name"], parameter["schema"]
        if name in strings:
            values[name] = _typed(strings[name], schema)
            found = problem(schema, values[name], f"{where}.{name}")
            if found:
                raise Refused(400, found)
        elif "default" in schema:
            values[name] = schema["default"]
    return values


def _typed(strings: list[str], schema: dict[str, Any]) -> Any:
    kind, string = schema.get("type"), strings[-1]
    if kind == "array":
        return strings
    if kind not in ("integer", "number", "boolean"):
        return string
    try:
        value = parse_json(string.encode())
    except ValueError:
        return string
    return int(value) if isinstance(value, float) and value.is_integer() else value
