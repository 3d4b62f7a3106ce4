"""
A target: its normal form, the guard against running everything by accident, and the request that it becomes.

Pure functions on the wire form (``{"matchTags": [["production", "!slow"]], "checkId": ["…"]}``), in which parts may be
:data:`~checkly_dynamic.core.values.UNKNOWN`. The caller has validated the shape.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from checkly_dynamic.core.values import UNKNOWN

__all__ = ["canonical", "guard", "missing_check_ids", "normalised", "request_body"]


def normalised(target: Mapping[str, Any] | None) -> dict[str, list[Any]]:
    """
    Bring a target into the form in which two targets that select the same checks are equal.

    Args:
        target: The wire form, fully known, or None.

    Returns:
        Tag groups and check ids without duplicates and in a fixed order; ids in lower case; empty lists left out.
    """
    target = target or {}
    groups = {tuple(sorted(set(group))) for group in target.get("matchTags") or []}
    ids = {str(check_id).lower() for check_id in target.get("checkId") or []}
    normal: dict[str, list[Any]] = {}
    if groups:
        normal["matchTags"] = [list(group) for group in sorted(groups)]
    if ids:
        normal["checkId"] = sorted(ids)
    return normal


def canonical(value: Any) -> str:
    """
    Write a JSON value so that equal values have equal text, whatever the engine did to them on the way.

    Numbers are compared as floats, because that is how they arrive; a key whose value is None is the same as no key, because
    the engine drops it; true is not 1. Total: what is not JSON counts by its type, which check refuses anyway.
    """
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=True, default=lambda item: type(item).__name__)


def _plain(value: Any) -> Any:
    if isinstance(value, str | bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, int | float):
        with contextlib.suppress(OverflowError):  # an integer that no engine can carry stays as it is
            return value + 0.0  # -0.0 becomes 0.0
    return value


def guard(target: Any, run_all_checks: Any) -> list[str]:
    """
    Refuse a target that would run every check of the account, or nearly every one, unless that was asked for.

    An empty target runs every eligible check with real alerts (API document, ``POST /v1/check-sessions/trigger``).

    Args:
        target: The wire form; None, ``{}`` and empty lists are all empty.

        run_all_checks: The flag. What hangs on a part that is not known yet passes for now and is judged before the request.

    Returns:
        One line for each problem.
    """
    if target is UNKNOWN or run_all_checks is UNKNOWN:
        return []
    groups, ids = ((target or {}).get(key) or [] for key in ("matchTags", "checkId"))
    if groups is UNKNOWN or ids is UNKNOWN:
        return []
    too_wide = [i for i, group in enumerate(groups) if group is not UNKNOWN and all(map(_excludes, group))]
    if run_all_checks:
        selects = ids or (groups and not too_wide and not _has_unknown(groups))
        return [_BOTH] if selects else []
    if ids:
        return []
    if not groups:
        return [_EMPTY]
    return [f"target.matchTags[{i}]: {_ONLY_NEGATIONS}" for i in too_wide]


_BOTH = "runAllChecks: is true beside a target that selects checks; leave one of the two out"
_EMPTY = (
    "target: is empty, which would run every check of the account, with real alerts; "
    "name tags or check ids, or set run_all_checks=True if that is what you want"
)
_ONLY_NEGATIONS = (
    "has only negations, which selects nearly every check of the account, with real alerts; "
    "add a tag that the checks must have, or set run_all_checks=True if that is what you want"
)


def _excludes(tag: Any) -> bool:
    return tag is not UNKNOWN and tag.startswith("!")


def _has_unknown(groups: list[Any]) -> bool:
    return any(group is UNKNOWN or UNKNOWN in group for group in groups)


def request_body(target: Mapping[str, Any] | None, *, refresh_cache: bool) -> dict[str, Any]:
    """
    Build the body of the trigger request, for version 1 and 2 of the API alike.

    The user's order is kept; empty lists are left out, and with them an empty target.
    """
    kept = {key: [*value] for key, value in (target or {}).items() if value}
    return {**({"target": kept} if kept else {}), "refreshCache": refresh_cache}


def missing_check_ids(target: Mapping[str, Any] | None, answered: set[str]) -> list[str]:
    """
    Tell which checks were asked for by id and got no session: deleted or deactivated ones.

    Only when ids alone select: beside tags, an id that the tags exclude is no hole.
    """
    if (target or {}).get("matchTags"):
        return []
    known = {check_id.lower() for check_id in answered}
    return [
        check_id for check_id in dict.fromkeys((target or {}).get("checkId") or []) if check_id.lower() not in known
    ]
