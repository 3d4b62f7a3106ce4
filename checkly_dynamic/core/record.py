"""What one update of a gate leaves behind: the recorder's outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.verdict import Verdict, current, explain, is_bad

__all__ = ["Record"]

_NOT_STARTED = "Checkly started no session (deleted or deactivated?)"


class Record(NamedTuple):
    """What an update of a gate found: the verdict, every session with its attempt, when, and why checks were not run again."""

    verdict: Verdict
    sessions: tuple[CheckSession, ...]
    started_at: str
    finished_at: str
    not_run: Mapping[str, str] = MappingProxyType({})

    def to_state(self, fail_on: Sequence[str]) -> dict[str, Any]:
        """Return the outputs of the recorder, as they are stored."""
        counting = current(self.sessions)
        return {
            "passed": self.verdict.passed,
            "conclusion": self.verdict.conclusion,
            "reason": self.verdict.reason,
            "counts": dict(self.verdict.counts),
            "sessions": [session.to_state() for session in self.sessions],
            "sessionIds": [session.id for session in self.sessions],
            "statuses": [session.status for session in self.sessions],
            "links": [session.link for session in self.sessions],
            "failedLinks": [session.link for session in counting if is_bad(session, fail_on) and session.link],
            "problems": [
                *(explain(session) for session in self.verdict.bad),
                *(
                    f"check {printable(check_id)}: asked for by id, but {self.not_run.get(check_id, _NOT_STARTED)}"
                    for check_id in self.verdict.missing_check_ids
                ),
            ],
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
        }
