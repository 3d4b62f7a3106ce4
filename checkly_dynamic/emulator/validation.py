"""
Requests and answers against the vendored document.

The document is OpenAPI 3.0, whose schemas are not quite JSON Schema: they are translated once, when the document is
loaded, and then checked with jsonschema.
"""

from __future__ import annotations

import math
import re
import uuid
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from checkly_dynamic.emulator.document import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema.exceptions import ValidationError

    from checkly_dynamic.emulator.document import Operation

DOCUMENT_URI = "urn:checkly-openapi"
MAX_ECHO = 40
# Numbers in a query, as JSON writes them; longer ones are taken for text.
NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
MAX_NUMBER = 40
formats = FormatChecker(formats=())


@formats.checks("uuid")
def is_uuid(value: object) -> bool:
    """Tell whether a text is a uuid with its dashes; other types are not this format's business."""
    if not isinstance(value, str):
        return True
    try:
        return str(uuid.UUID(value)) == value.lower()
    except ValueError:
        return False


@formats.checks("uri")
def is_uri(value: object) -> bool:
    """Tell whether a text is an absolute URL."""
    return not isinstance(value, str) or bool(urlsplit(value).scheme and urlsplit(value).netloc)


@formats.checks("date-time")
def is_date_time(value: object) -> bool:
    """Tell whether a text is an RFC 3339 time with a zone."""
    if not isinstance(value, str):
        return True
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value):
        return False
    try:
        datetime.fromisoformat(re.sub(r"\.\d+", "", value).replace("Z", "+00:00"))
    except ValueError:
        return False
    return True


def translate(node: Any) -> Any:
    """
    Translate OpenAPI 3.0 schema words into JSON Schema 2020-12.

    ``nullable`` becomes the type ``null``; a boolean ``exclusiveMinimum`` becomes a number; Checkly's own ``x-format``
    (guid, uri) becomes ``format``; its ``x-constraint`` says that a lone value may stand for a list of one, and that a
    number is positive.
    """
    if isinstance(node, list):
        return [translate(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {key: translate(value) for key, value in node.items() if key not in ("nullable", "example")}
    if schema.get("exclusiveMinimum") is True:
        schema["exclusiveMinimum"] = schema.pop("minimum")
    extra_format, constraint = node.get("x-format"), node.get("x-constraint")
    if isinstance(extra_format, dict):
        schema["format"] = "uuid" if extra_format.get("guid") else "uri"
    if isinstance(constraint, dict) and constraint.get("sign") == "positive":
        schema["exclusiveMinimum"] = 0
    if node.get("nullable") is True and isinstance(node.get("type"), str):
        schema["type"] = [node["type"], "null"]
        if "enum" in node:
            schema["enum"] = [*(value for value in node["enum"] if value is not None), None]
    if isinstance(constraint, dict) and constraint.get("single") and node.get("type") == "array":
        return {"anyOf": [schema, schema["items"]]}
    return schema


@cache
def registry() -> Registry[Any]:
    """Return the translated document as the only resource that schemas may refer to; nothing is ever fetched."""
    translated = {"components": {"schemas": translate(document()["components"]["schemas"])}}
    found: Registry[Any] = Registry().with_resource(DOCUMENT_URI, DRAFT202012.create_resource(translated))
    return found


_validators: dict[int, tuple[Any, Draft202012Validator]] = {}


def validator(schema: dict[str, Any]) -> Draft202012Validator:
    """Return a (kept) validator for a schema of the document."""
    kept = _validators.get(id(schema))
    if kept is None:
        absolute = _absolute(translate(schema))
        kept = (schema, Draft202012Validator(absolute, registry=registry(), format_checker=formats))
        _validators[id(schema)] = kept
    return kept[1]


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(item) for item in node]
    if isinstance(node, dict):
        return {
            key: DOCUMENT_URI + value if key == "$ref" and isinstance(value, str) else _absolute(value)
            for key, value in node.items()
        }
    return node


def problem(schema: dict[str, Any], value: Any, where: str) -> str | None:
    """
    Describe what is wrong with a value, in one line.

    Args:
        schema: A schema of the document.
        value: Parsed JSON.
        where: What the value is, for the message: ``body``, ``query.limit``, …

    Returns:
        One sentence that names the place and the rule, None when the value fits.
    """
    error = best_match(validator(schema).iter_errors(value))
    return None if error is None else describe(error, where)


def describe(error: ValidationError, where: str) -> str:
    """Put one schema error into one line; long values are cut."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
    message = error.message
    if len(repr(error.instance)) > MAX_ECHO:
        message = f"the value breaks the rule {error.validator!s}"
    return f"{where}{path}: {message}"


def parse_query(operation: Operation, pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, Any], str | None]:
    """
    Read the query string as the document types it.

    Returns:
        The parameters with defaults filled in, and the first problem or None. Unknown parameters are ignored, as the
        document does not forbid them.
    """
    texts: dict[str, list[str]] = {}
    for key, text in pairs:
        texts.setdefault(key.removesuffix("[]"), []).append(text)
    values: dict[str, Any] = {}
    for parameter in operation.parameters("query"):
        name, schema = parameter["name"], parameter["schema"]
        if name not in texts:
            if "default" in schema:
                values[name] = schema["default"]
            continue
        value = _typed(texts[name], schema)
        found = problem(schema, value, f"query.{name}")
        if found:
            return values, found
        values[name] = value
    return values, None


def _typed(texts: list[str], schema: dict[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "array":
        return texts
    text = texts[-1]
    if kind in ("integer", "number") and len(text) <= MAX_NUMBER and NUMBER.fullmatch(text):
        number = float(text)
        if math.isfinite(number):
            return int(number) if number.is_integer() else number
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


def check_parameters(operation: Operation, where: str, values: Mapping[str, str]) -> str | None:
    """
    Check path parameters or headers against the document.

    Args:
        operation: The operation that was asked for.
        where: ``path`` or ``header``.
        values: Their texts, header names in small letters.

    Returns:
        The first problem, or None.
    """
    for parameter in operation.parameters(where):
        text = values.get(parameter["name"])
        if text is None:
            continue
        schema = parameter["schema"]
        found = problem(schema, _typed([text], schema), f"{where}.{parameter['name']}")
        if found:
            return found
    return None
