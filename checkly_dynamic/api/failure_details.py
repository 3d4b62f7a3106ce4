"""Why a check failed: error messages, assertions and status codes. What else a result has is not read: it can hold secrets."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from checkly_dynamic.core.text import printable

_MAX_LINES = 3
_MAX_LENGTH = 300

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\ufffd\[[0-9;]*m")

_RECEIVED = {
    "status": "status code {}",
    "grpcStatusCode": "gRPC status {}",
    "healthStatusLabel": "health {}",
    "daysUntilExpiry": "certificate expires in {} days",
}
"""What was received, shown with a failed assertion: field of the part or of its response → words."""

_SHOWN_TARGETS = ("STATUS_CODE", "RESPONSE_TIME")
"""The assertion sources whose expected value is shown; others can compare with a secret."""

_COMPARISONS = {
    "EQUALS": "=",
    "NOT_EQUALS": "≠",
    "LESS_THAN": "<",
    "GREATER_THAN": ">",
    "NOT_HAS_KEY": "has no key",
    "NOT_HAS_VALUE": "has no value",
    "NOT_EMPTY": "is not empty",
    "NOT_CONTAINS": "does not contain",
    "NOT_NULL": "is not null",
}
"""Comparisons whose names are not the usual words."""


def failure_lines(result: Mapping[str, Any]) -> tuple[str, ...]:
    """Say why a check failed, in at most three short lines; empty if the API gives no details for the type of check."""
    found = [printable(_ANSI.sub("", line), limit=_MAX_LENGTH) for line in _lines(result)]
    return tuple(dict.fromkeys(filter(None, found)))[:_MAX_LINES]


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    for name, part in result.items():
        if name.endswith("CheckResult"):  # one for each type of check
            yield from _part_lines(_object(part))
    yield _text(result.get("scheduleError"))


def _part_lines(part: Mapping[str, Any]) -> Iterator[str]:
    fields = {**_object(part.get("response")), **part}
    values = {key: _text(fields.get(key)) for key in _RECEIVED}
    received = ", ".join(words.format(values[key]) for key, words in _RECEIVED.items() if values[key])
    if category := _text(part.get("failureCategory")):
        yield f"{_words(category)}, {received}" if received else _words(category)
    if part.get("destinationReached") is False:
        hops = _text(part.get("totalHops"))
        yield "the destination was not reached" + (f" after {hops} hops" if hops else "")
    if error := _text(part.get("requestError")):
        yield error
        return
    assertions = map(_object, _list(part.get("assertions")))
    failed = [_assertion(assertion, received) for assertion in assertions if _failed(assertion)]
    yield from failed
    if not failed and values["grpcStatusCode"] not in ("", "0"):
        yield received
    for error in _list(part.get("errors")):
        yield next((line for line in _error_text(error).splitlines() if line.strip()), "")


def _failed(assertion: Mapping[str, Any]) -> bool:
    """Whether an assertion failed. The document leaves its shape open; without an outcome it did not fail."""
    for key in ("passed", "success"):
        if isinstance(assertion.get(key), bool):
            return not assertion[key]
    return bool(assertion.get("error"))


def _assertion(assertion: Mapping[str, Any], received: str) -> str:
    source, condition = _text(assertion.get("source")), _text(assertion.get("condition"))
    if condition and not source:  # from an agentic check
        return f"not fulfilled: {condition}"
    comparison = _text(assertion.get("comparison"))
    words = [
        _words(source) or "assertion",
        "" if source == "HEADERS" else _text(assertion.get("property")),
        _COMPARISONS.get(comparison, _words(comparison)),
        _text(assertion.get("target")) if source in _SHOWN_TARGETS else "",
    ]
    return f"assertion failed: {' '.join(filter(None, words))}" + (f" ({received})" if received else "")


def _error_text(error: Any) -> str:
    """Return the message of an error from a browser, multistep or Playwright check: a string, or an object around one."""
    while isinstance(error, Mapping):
        error = error.get("message") or error.get("value") or error.get("error")
    return _text(error)


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(constant: str) -> str:
    return constant.lower().replace("_", " ")


def _text(value: Any) -> str:
    """Return a string or number as a string; anything else can hold what must not be shown."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
