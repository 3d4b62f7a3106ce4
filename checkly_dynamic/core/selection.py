"""
Which checks a target selects, and why not the others: pure functions on what the API lists.

The rule is the API document's (``TriggerCheckSessionTarget`` and ``CheckGroup``): the outer list of ``matchTags`` means OR,
the inner one AND, ``!tag`` means "without this tag", the tags of a check's group count as its own, with ``checkId`` both must
hold, and only activated checks of activated groups run.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkly_dynamic.errors import InvalidResponse


@dataclass(frozen=True)
class ListedCheck:
    """
    A check, together with what its group adds.

    Attributes:
        id: Its id (UUID).
        name: Its name; empty when Checkly gave none.
        check_type: Such as ``API`` or ``BROWSER``.
        tags: Its own tags, then those of its group, without duplicates.
        activated: Whether it is switched on itself.
        group: The name of its group, or None.
        group_activated: Whether its group is switched on; True without a group.
    """

    id: str
    name: str
    check_type: str
    tags: tuple[str, ...]
    activated: bool = True
    group: str | None = None
    group_activated: bool = True


@dataclass(frozen=True)
class Excluded:
    """
    A check that a target does not select.

    Attributes:
        check: The check.
        reason: Why not, as the end of the sentence "is not run because …".
    """

    check: ListedCheck
    reason: str


@dataclass(frozen=True)
class Selection:
    """
    What a target selects.

    Attributes:
        checks: The checks that would run, in the order of the list.
        excluded: All others, in the same order.
        unknown_ids: Check ids of the target that the list does not hold: deleted checks, or those of another account.
    """

    checks: tuple[ListedCheck, ...]
    excluded: tuple[Excluded, ...]
    unknown_ids: tuple[str, ...]

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the checks that would run."""
        return tuple(check.id for check in self.checks)

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in the same order."""
        return tuple(check.name for check in self.checks)


def listed(checks: Iterable[Mapping[str, Any]], groups: Iterable[Mapping[str, Any]]) -> list[ListedCheck]:
    """Combine the lists of ``GET /v1/checks`` (without group settings applied) and ``GET /v1/check-groups``, each check once."""
    by_id = {group.get("id"): group for group in groups}
    found: dict[str, ListedCheck] = {}
    for raw in checks:
        group = by_id.get(raw.get("groupId"), {}) if raw.get("groupId") is not None else {}
        check_id = raw.get("id")
        if not isinstance(check_id, str) or not check_id:
            msg = "a check in the answer from /v1/checks has no id"
            raise InvalidResponse(msg)
        tags = dict.fromkeys([*_tags(raw), *_tags(group)])
        found[check_id.lower()] = ListedCheck(
            id=check_id,
            name=str(raw.get("name") or ""),
            check_type=str(raw.get("checkType") or ""),
            tags=tuple(tags),
            activated=raw.get("activated") is not False,  # true is the document's default
            group=str(group.get("name") or group.get("id")) if group else None,
            group_activated=group.get("activated") is not False,
        )
    return list(found.values())


def select(checks: Sequence[ListedCheck], target: Mapping[str, Any], *, allow_deactivated: bool = False) -> Selection:
    """Tell which of an account's checks a target selects; a missing or empty part of it excludes nothing."""
    groups = target.get("matchTags") or []
    asked = {check_id.lower(): check_id for check_id in target.get("checkId") or []}
    selected: list[ListedCheck] = []
    excluded: list[Excluded] = []
    for check in checks:
        if reason := _why_excluded(check, groups, asked, allow_deactivated=allow_deactivated):
            excluded.append(Excluded(check, reason))
        else:
            selected.append(check)
    known = {check.id.lower() for check in checks}
    unknown = tuple(check_id for key, check_id in asked.items() if key not in known)
    return Selection(checks=tuple(selected), excluded=tuple(excluded), unknown_ids=unknown)


def _why_excluded(
    check: ListedCheck, groups: Sequence[Sequence[str]], ids: Collection[str], *, allow_deactivated: bool
) -> str | None:
    """Return why a target does not select a check: ids and tags first, then the check's state. None if it selects it."""
    if ids and check.id.lower() not in ids:
        return "its id is not among the check ids"
    misses = [_missed(group, check.tags) for group in groups]
    if groups and all(misses):
        return "; ".join(dict.fromkeys(misses))
    if not check.activated and not allow_deactivated:
        return "it is deactivated"
    if not check.group_activated and not allow_deactivated:
        return f"its group {check.group!r} is deactivated"
    if check.check_type == "HEARTBEAT":
        return "a HEARTBEAT check waits for pings and cannot be run"
    return None


def _missed(group: Sequence[str], tags: Sequence[str]) -> str:
    """Say why a check does not match a tag group; empty if it matches."""
    lacks = [repr(tag) for tag in group if not tag.startswith("!") and tag not in tags]
    has = [repr(tag[1:]) for tag in group if tag.startswith("!") and tag[1:] in tags]
    words = (f"{verb} {', '.join(listed)}" for verb, listed in (("lacks", lacks), ("has", has)) if listed)
    return " and ".join(words)


def _tags(raw: Mapping[str, Any]) -> list[str]:
    tags = raw.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        msg = "the tags of a check or group in the answer are not a list of strings"
        raise InvalidResponse(msg)
    return tags
