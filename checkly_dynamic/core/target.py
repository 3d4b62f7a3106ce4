"""
Targets: a form in which they can be compared, and the guard against running everything by accident.

Pure functions on the stored form (``{"matchTags": [["production", "!slow"]], "checkId": ["…"]}``), in which parts may be
:data:`~checkly_dynamic.core.values.UNKNOWN`. The caller has validated the shape.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.values import UNKNOWN


def normalised(target: Mapping[str, Any] | None) -> dict[str, list[Any]]:
    """Normalise a fully known target, so that equal targets compare equal: sorted, without duplicates, ids in lower case."""
    target = target or {}
    groups = {tuple(sorted(set(group))) for group in target.get("matchTags") or []}
    ids = {str(check_id).lower() for check_id in target.get("checkId") or []}
    normal: dict[str, list[Any]] = {"matchTags": [list(group) for group in sorted(groups)], "checkId": sorted(ids)}
    return {key: selected for key, selected in normal.items() if selected}


def guard(target: Any, run_all_checks: Any) -> list[str]:
    """
    Refuse a target that would run all or nearly all checks of the account, unless the program asks for that.

    An empty target runs every eligible check with real alerts (API document, ``POST /v1/check-sessions/trigger``). A part that
    is not known yet is judged before the request. Returns one line for each problem.
    """
    if target is UNKNOWN or run_all_checks is UNKNOWN:
        return []
    groups, ids = ((target or {}).get(key) or [] for key in ("matchTags", "checkId"))
    if groups is UNKNOWN or ids is UNKNOWN:
        return []
    too_wide = [i for i, group in enumerate(groups) if group is not UNKNOWN and all(map(_excludes, group))]
    if run_all_checks:
        selects = ids or (groups and not too_wide and not any(g is UNKNOWN or UNKNOWN in g for g in groups))
        return ["run_all_checks: is True, but the target selects checks; leave one of the two out"] if selects else []
    if ids:
        return []
    if not groups:
        return [f"target: is empty, which would run every check of the account; {_ADVICE}"]
    return [
        f'target.match_tags[{i}]: has only tags with "!", which selects nearly every check of the account; {_ADVICE}'
        for i in too_wide
    ]


_ADVICE = "name a tag or a check id, or set run_all_checks=True if that is what you want"


def _excludes(tag: Any) -> bool:
    return tag is not UNKNOWN and tag.startswith("!")


def missing_check_ids(target: Mapping[str, Any] | None, started: Sequence[Run]) -> list[str]:
    """
    Return the checks that were asked for by id and did not start: deleted or deactivated ones.

    Only for a target with ids alone, because tags may exclude an id. While the results of a test session are not known, or
    one names no check, nothing is missing.
    """
    target = target or {}
    known = {run.check_id.lower() for run in started if not run.whole}
    unclear = "" in known or (not known and any(run.whole for run in started))
    if target.get("matchTags") or unclear:
        return []
    return [check_id for check_id in dict.fromkeys(target.get("checkId") or []) if check_id.lower() not in known]
