"""
Why a check failed, from its result (``CheckResult`` and ``TestSessionResultDetails`` of the API document).

Reads error messages, assertions and status codes only. Headers, bodies, environment variables and asset URLs of a result are
never looked at, because they can hold secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from checkly_dynamic.core.text import printable

__all__ = ["failure_lines"]

_MAX_LINES = 3
_MAX_LENGTH = 300

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\ufffd\[[0-9;]*m")

_SHOWN_TARGETS = {"STATUS_CODE": "status code", "RESPONSE_TIME": "response time"}
"""What assertions are about whose expected value is shown; others can compare with a secret."""

_COMPARISONS = {
    "EQUALS": "=",
    "NOT_EQUALS": "≠",
    "LESS_THAN": "<",
    "GREATER_THAN": ">",
    "HAS_KEY": "has key",
    "NOT_HAS_KEY": "has no key",
    "HAS_VALUE": "has value",
    "NOT_HAS_VALUE": "has no value",
    "IS_EMPTY": "is empty",
    "NOT_EMPTY": "is not empty",
    "CONTAINS": "contains",
    "NOT_CONTAINS": "does not contain",
    "IS_NULL": "is null",
    "NOT_NULL": "is not null",
}


def failure_lines(result: Mapping[str, Any]) -> tuple[str, ...]:
    """
    Say in words why a check failed.

    Args:
        result: A result, as ``GET /v1/check-results/{checkId}/{checkResultId}`` or the one of test sessions answers.

    Returns:
        At most three lines of at most 300 characters; empty for types of checks about which the API says nothing (TCP, DNS,
        ICMP).
    """
    found = (printable(_ANSI.sub("", line), limit=_MAX_LENGTH) for line in _lines(result))
    return tuple(islice(dict.fromkeys(line for line in found if line), _MAX_LINES))


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    yield from _api(_part(result, "apiCheckResult"))
    for key in ("browserCheckResult", "multiStepCheckResult", "playwrightCheckResult"):
        yield from _errors(_part(result, key))
    yield from _ssl(_part(result, "sslCheckResult"))
    yield from _grpc(_part(result, "grpcCheckResult"))
    yield from _traceroute(_part(result, "tracerouteCheckResult"))
    yield from _agentic(_part(result, "agenticCheckResult"))
    if isinstance(result.get("scheduleError"), str):
        yield result["scheduleError"]


def _part(value: Any, key: str) -> Mapping[str, Any]:
    part = value.get(key) if isinstance(value, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _api(part: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(part.get("requestError"), str) and part["requestError"]:
        yield part["requestError"]
        return
    status = _number(_part(part, "response").get("status"))
    yield from _assertions(part, f" (status code {status})" if status else "")


def _assertions(part: Mapping[str, Any], received: str) -> Iterator[str]:
    for assertion in _items(part.get("assertions")):
        if isinstance(assertion, Mapping) and _failed(assertion):
            yield f"assertion failed: {_assertion(assertion)}{received}"


def _failed(assertion: Mapping[str, Any]) -> bool:
    """Whether an assertion failed. The document leaves its shape open; without a word about the outcome it did not."""
    if isinstance(assertion.get("passed"), bool):
        return not assertion["passed"]
    if isinstance(assertion.get("success"), bool):
        return not assertion["success"]
    return bool(assertion.get("error"))


def _assertion(assertion: Mapping[str, Any]) -> str:
    source = str(assertion.get("source") or "")
    what = _SHOWN_TARGETS.get(source, source.lower().replace("_", " ") or "assertion")
    prop = assertion.get("property")
    about = (
        f" {prop}" if isinstance(prop, str) and prop and source not in _SHOWN_TARGETS and source != "HEADERS" else ""
    )
    comparison = str(assertion.get("comparison") or "")
    words = _COMPARISONS.get(comparison, comparison.lower().replace("_", " "))
    expected = f" {_scalar(assertion.get('target'))}" if source in _SHOWN_TARGETS else ""
    return f"{what}{about} {words}{expected}".strip()


def _scalar(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _errors(part: Mapping[str, Any]) -> Iterator[str]:
    """Yield the first line of each error of a browser, multistep or Playwright check."""
    for error in _items(part.get("errors")):
        if text := _error_text(error):
            yield next((line for line in text.splitlines() if line.strip()), "")


def _error_text(error: Any) -> str:
    if isinstance(error, str):
        return error
    if isinstance(error, Mapping):
        for key in ("message", "error", "value"):
            if text := _error_text(error.get(key)):
                return text
    return ""


def _ssl(part: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(part.get("requestError"), str) and part["requestError"]:
        yield part["requestError"]
    category, days = part.get("failureCategory"), _number(part.get("daysUntilExpiry"))
    left = f"certificate expires in {days} days" if days else ""
    words = [category.lower().replace("_", " ") if isinstance(category, str) else "", left if category else ""]
    if any(words):
        yield ", ".join(filter(None, words))
    yield from _assertions(part, f" ({left})" if left else "")


def _grpc(part: Mapping[str, Any]) -> Iterator[str]:
    response = _part(part, "response")
    for source in (part, response):
        if isinstance(source.get("requestError"), str) and source["requestError"]:
            yield source["requestError"]
            return
    code = _number(part.get("grpcStatusCode", response.get("grpcStatusCode")))
    health = response.get("healthStatusLabel")
    received = [f"gRPC status {code}" if code else "", f"health {health}" if isinstance(health, str) and health else ""]
    text = ", ".join(filter(None, received))
    lines = list(_assertions(part, f" ({text})" if text else ""))
    yield from lines or ([text] if code and code != "0" else [])


def _traceroute(part: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(part.get("requestError"), str) and part["requestError"]:
        yield part["requestError"]
        return
    if part.get("destinationReached") is False:
        hops = _number(part.get("totalHops"))
        yield "the destination was not reached" + (f" after {hops} hops" if hops else "")
    yield from _assertions(part, "")


def _agentic(part: Mapping[str, Any]) -> Iterator[str]:
    for assertion in _items(part.get("assertions")):
        condition = assertion.get("condition") if isinstance(assertion, Mapping) else None
        if isinstance(condition, str) and assertion.get("passed") is False:
            yield f"not fulfilled: {condition}"
    yield from _errors(part)


def _number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    return f"{value:g}"
