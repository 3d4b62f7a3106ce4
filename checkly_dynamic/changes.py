"""
What counts as a change: pure comparisons of what is stored with what is wanted.

Every function takes any bag of properties, also one that an older version stored, and never raises.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from checkly_dynamic.target import canonical, normalised
from checkly_dynamic.verdict import DEFAULT_FAIL_ON

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
        [sorted(part.get("sessionIds") or []), part.get("deployVersion"), sorted(part.get("missingCheckIds") or [])]
        for part in bag.get("waitFor") or []
    ]
    return canonical(sorted(parts, key=canonical))


def policy_key(bag: Mapping[str, Any]) -> tuple[list[str], str]:
    """How sessions are judged."""
    return sorted(set(bag.get("failOn") or DEFAULT_FAIL_ON)), bag.get("onFailure") or "fail"


def settled(outputs: Mapping[str, Any]) -> bool:
    """Whether a stored verdict needs no further look: it is good, or it is bad and was only to be recorded."""
    conclusion = outputs.get("conclusion")
    return conclusion == "PASSED" or (conclusion == "FAILED" and outputs.get("onFailure") == "record")
