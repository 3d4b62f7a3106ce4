"""Decide what counts as a change. The comparisons accept any properties, also those of an older version, and never raise."""

import contextlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from checkly_dynamic.core.payload import DEFAULT_LOCATION
from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.target import normalised
from checkly_dynamic.core.values import contains_unknown
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, current


def canonical(value: Any) -> str:
    """
    Write a JSON value so that equal values have equal text, whatever the engine did to them.

    Numbers are compared as floats, because that is how they arrive; a key whose value is None is the same as no key, because
    the engine drops it; true is not 1. A value that is not JSON is compared by its type; check refuses it anyway.
    """
    return json.dumps(_plain(value), sort_keys=True, default=lambda item: type(item).__name__)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < sys.float_info.max:
        return value + 0.0  # -0.0 becomes 0.0
    return value


def stripped(version: Any) -> Any:
    """Drop whitespace at both ends of a deploy version; return None for an empty one."""
    return version.strip() or None if isinstance(version, str) else version or None


def differ(one: Any, other: Any) -> bool:
    """Whether two lists of deploy versions or session ids, or objects of such lists, are different."""
    return canonical(_normalised(one)) != canonical(_normalised(other))


def _normalised(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [stripped(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _normalised(item) for key, item in value.items()}
    return value


def _target(value: Any) -> Any:
    with contextlib.suppress(TypeError, AttributeError):  # what is not a target is compared as it is
        return normalised(value)
    return value


_TRIGGER: dict[str, Callable[[Any], Any]] = {
    "target": _target,
    "deployVersion": stripped,
    "triggers": lambda value: value or [],
    "refreshCache": bool,
    "runAllChecks": bool,
    # For test sessions only; a check session trigger never has them.
    "allowDeactivated": bool,
    "runLocation": lambda value: value or DEFAULT_LOCATION,
    "environmentVariables": lambda value: value or {},
    "retryStrategy": lambda value: value or {},
}
"""The trigger inputs whose change runs the checks again, and the form in which they are compared."""


def trigger_changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """Return the names of the inputs whose change runs the checks again; an unknown value counts as changed."""
    changed = _changed(_TRIGGER, olds, news)
    no_sessions = not olds.get("sessions") and not olds.get("sessionId")
    if no_sessions and (olds.get("onNoMatch") or "fail") != (news.get("onNoMatch") or "fail"):
        changed.append("onNoMatch")
    return changed


def _wait_for(value: Any) -> list[Any]:
    """Return each trigger's session ids, deploy version and missing checks, in order."""
    return [
        [
            sorted(map(str, _items(element.get("sessionIds")))),
            stripped(element.get("deployVersion")),
            sorted(map(str, _items(element.get("missingCheckIds")))),
            bool(element.get("sessionIds") or element.get("noMatchAllowed")),
        ]
        for element in _items(value)
        if isinstance(element, Mapping)
    ]


_VERDICT: dict[str, Callable[[Any], Any]] = {
    "waitFor": _wait_for,
    "failOn": lambda value: sorted({str(word) for word in _items(value) or DEFAULT_FAIL_ON}),
    "nonBlocking": lambda value: sorted({str(word) for word in _items(value)}),
    "onFailure": lambda value: value or "fail",
}


def verdict_changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """Return the names of the inputs of a verdict whose change judges again."""
    return _changed(_VERDICT, olds, news)


def _changed(inputs: Mapping[str, Callable[[Any], Any]], olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    return [
        name
        for name, form in inputs.items()
        if contains_unknown(news.get(name)) or canonical(form(olds.get(name))) != canonical(form(news.get(name)))
    ]


def is_settled(outputs: Mapping[str, Any]) -> bool:
    """Whether a stored verdict is good; or bad but only recorded, and every check has ended or the gate is to fail fast."""
    conclusion = outputs.get("conclusion")
    if conclusion != "FAILED" or outputs.get("onFailure") != "record":
        return bool(conclusion == "PASSED")
    runs = [Run.from_state(raw) for raw in _items(outputs.get("sessions")) if isinstance(raw, Mapping)]
    return bool(outputs.get("failFast")) or all(run.finished for run in current(runs))


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else []
