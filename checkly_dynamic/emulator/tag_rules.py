"""
Which checks a target selects.

The rules are those of the API document: the outer list of ``matchTags`` means OR, the inner one AND, ``!tag`` means
"without it", tags of the check's group count, and only activated checks run, unless a test session allows others. This
is the local Checkly's own reading; clients have theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from checkly_dynamic.emulator.scenario import Check

# Heartbeats wait for a ping from outside; there is nothing to run.
NOT_RUNNABLE = frozenset({"HEARTBEAT"})


def runnable(check: Check, *, deactivated: bool = False) -> bool:
    """Tell whether a check can be triggered: of a kind that runs, and activated (also its group) unless that is waived."""
    activated = check.activated and (check.group is None or check.group.activated)
    return (activated or deactivated) and check.check_type not in NOT_RUNNABLE


def matches_group(check: Check, group: Iterable[str]) -> bool:
    """Tell whether a check fits one tag group: all its tags, and none of those with ``!``."""
    tags = check.all_tags()
    return all(tag[1:] not in tags if tag.startswith("!") else tag in tags for tag in group)


def select(checks: Iterable[Check], target: dict[str, Any]) -> list[Check]:
    """
    Return the checks that a target runs, in their own order.

    Args:
        checks: All checks of the account.
        target: ``matchTags`` and ``checkId`` as lists; where both are given, both must hold. A list that is missing or
            empty does not restrict. ``allowDeactivated`` lets deactivated checks match.
    """
    groups = target.get("matchTags") or []
    ids = {check_id.lower() for check_id in target.get("checkId") or []}
    deactivated = bool(target.get("allowDeactivated"))
    return [
        check
        for check in checks
        if runnable(check, deactivated=deactivated)
        and (not ids or check.id in ids)
        and (not groups or any(matches_group(check, group) for group in groups))
    ]
