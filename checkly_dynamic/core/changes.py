"""
What counts as a change: pure comparisons of what is stored with what is wanted.

Every function takes any bag of properties, also one that an older version stored, and never raises.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.target import canonical, normalised
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, current

__all__ = ["TRIGGER_DECIDERS", "awaited_key", "policy_key", "settled", "trigger_key"]


TRIGGER_DECIDERS = ("target", "deployVersion", "triggers", "refreshCache", "runAllChecks")
"""The inputs of a trigger of which any change runs the checks again."""


def trigger_key(bag: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what decides whether checks run again; two bags with the same key ask for the same."""
    target = bag.get("target")
    with contextlib.suppress(TypeError, AttributeError):  # what is not a target is compared as it is
        target = normalised(target)
    return (
        canonical(target),
        canonical(bag.get("deployVersion") or None),
        canonical(bag.get("triggers") or []),
        canonical(bool(bag.get("refreshCache"))),
        canonical(bool(bag.get("runAllChecks"))),
    )


def awaited_key(bag: Mapping[str, Any]) -> str:
    """What a gate waits for: the ids and deploy version of each trigger's answer, and the checks it missed."""
    parts = [
        [_sorted(part.get("sessionIds")), part.get("deployVersion"), _sorted(part.get("missingCheckIds"))]
        for part in _list(bag.get("waitFor"))
        if isinstance(part, Mapping)
    ]
    return canonical(_sorted(parts))


def policy_key(bag: Mapping[str, Any]) -> tuple[str, str]:
    """How sessions are judged."""
    words = {canonical(word) for word in _list(bag.get("failOn")) or DEFAULT_FAIL_ON}
    return canonical(sorted(words)), canonical(bag.get("onFailure") or "fail")


def settled(outputs: Mapping[str, Any]) -> bool:
    """
    Whether a stored verdict needs no further look.

    It is good; or it is bad, was only to be recorded, and every check has ended, unless the gate was not to wait for that.
    """
    conclusion = outputs.get("conclusion")
    if conclusion != "FAILED" or outputs.get("onFailure") != "record":
        return conclusion == "PASSED"
    sessions = [CheckSession.from_state(raw) for raw in _list(outputs.get("sessions")) if isinstance(raw, Mapping)]
    return bool(outputs.get("failFast")) or all(session.finished for session in current(sessions))


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _sorted(value: Any) -> list[Any]:
    return sorted(_list(value), key=canonical)
