"""
What a gate waits for: the answers of its triggers, and which stored results still belong to them.

Pure functions of the wire form of ``waitFor``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from checkly_dynamic.core.sessions import CheckSession

__all__ = ["Awaited", "unchanged_checks"]


class Awaited(NamedTuple):
    """
    What a gate waits for: the sessions of its triggers.

    Attributes:
        sessions: The first attempts, with nothing known of their status.
        missing_check_ids: Checks that were asked for by id and got no session, from no trigger of the same deploy version.
        unanswered: How many triggers have no session although their target had to match.
    """

    sessions: tuple[CheckSession, ...]
    missing_check_ids: tuple[str, ...]
    unanswered: int

    @classmethod
    def from_state(cls, wait_for: Sequence[Mapping[str, Any]]) -> Awaited:
        """Read the wire form (``waitFor``)."""
        sessions: dict[str, CheckSession] = {}
        missing: dict[tuple[str, str | None], None] = {}
        answered: set[tuple[str, str | None]] = set()
        for part in wait_for:
            version = part.get("deployVersion")
            columns = [part.get(key) or [] for key in ("links", "checkIds", "checkTypes", "names")]
            for index, session_id in enumerate(part.get("sessionIds") or []):
                link, check_id, check_type, name = ((c[index] if index < len(c) else "") for c in columns)
                # Without a check id the session stands for itself, so that it is never mixed up with another check's.
                session = CheckSession(session_id, link, check_id or session_id, check_type, name, "STARTED")
                if sessions.setdefault(session_id, session).check_id != session.check_id:
                    missing[session.check_id.lower(), version] = None  # no other session stands for it
                elif version:  # without one nobody knows whether it ran for the same deployment
                    answered.add((session.check_id.lower(), version))
            if part.get("sessionIds") or not part.get("noMatchAllowed"):
                missing |= dict.fromkeys((check_id.lower(), version) for check_id in part.get("missingCheckIds") or [])
        return cls(
            tuple(sessions.values()),
            tuple(dict.fromkeys(check_id for check_id, version in missing if (check_id, version) not in answered)),
            sum(1 for part in wait_for if not part.get("sessionIds") and not part.get("noMatchAllowed")),
        )


def unchanged_checks(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> set[str]:
    """
    Return the ids of the checks whose stored results still count after ``waitFor`` went from *old* to *new*.

    A check counts when all triggers that started it, or that missed it, gave the same answer then and now. Otherwise a re-run for
    an old version could certify a new one.
    """
    before, after = _origins(old), _origins(new)
    return {check_id for check_id, answers in after.items() if before.get(check_id) == answers}


def _origins(wait_for: Sequence[Mapping[str, Any]]) -> dict[str, set[tuple[str, ...]]]:
    """Tell for each check which triggers' answers it comes from; an answer is known by all its session ids."""
    origins: dict[str, set[tuple[str, ...]]] = {}
    for part in wait_for:
        answer = (str(part.get("deployVersion")), *sorted(part.get("sessionIds") or []))
        names = part.get("checkIds") or []
        for index, session_id in enumerate(part.get("sessionIds") or []):
            check_id = names[index] if index < len(names) else ""
            origins.setdefault(check_id or session_id, set()).add(answer)
        for check_id in part.get("missingCheckIds") or []:
            origins.setdefault(check_id.lower(), set()).add(answer)
    return origins
