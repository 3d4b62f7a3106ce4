"""
The verdict: what a set of finished and unfinished check sessions means.

Pure functions of sessions. Unknown is never good, and nothing here can turn a bad result into a good one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from checkly_dynamic.core.sessions import FINAL_STATUSES, NOT_FOUND, CheckSession
from checkly_dynamic.core.text import printable

__all__ = ["DEFAULT_FAIL_ON", "Verdict", "current", "explain", "is_bad", "judge"]

DEFAULT_FAIL_ON = ("FAILED", "TIMED_OUT", "CANCELLED")
"""The final statuses that make a verdict bad unless the gate says otherwise: those of Checkly's own ``checks run``."""

_ALWAYS_GOOD = frozenset({"PASSED"})


class Verdict(NamedTuple):
    """
    What a gate concludes.

    Attributes:
        conclusion: ``PASSED``, ``FAILED`` (a check ended bad, or has no session), ``UNKNOWN`` (Checkly could not be read or has
            forgotten a session) or ``PENDING`` (not finished in time); the first of FAILED, UNKNOWN, PENDING, PASSED that holds.
        reason: One sentence.
        counts: Status → number of checks; ``flaky``: checks that ended bad first and passed in a re-run; ``missing``: checks
            without a session (both only when there are any).
        bad: The sessions that keep the verdict from being good, worst first.
        missing_check_ids: Checks that were asked for and got no session.
    """

    conclusion: str
    reason: str
    counts: dict[str, int]
    bad: tuple[CheckSession, ...]
    missing_check_ids: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the conclusion is ``PASSED``."""
        return self.conclusion == "PASSED"


def current(sessions: Iterable[CheckSession]) -> list[CheckSession]:
    """Return the sessions that count: for each check those of its latest attempt, in the given order."""
    sessions = list(sessions)
    latest: dict[str, int] = {}
    for session in sessions:
        latest[session.check_id] = max(session.attempt, latest.get(session.check_id, 0))
    return [session for session in sessions if session.attempt == latest[session.check_id]]


def is_bad(session: CheckSession, fail_on: Collection[str]) -> bool:
    """Whether a session has ended in a way that makes the verdict bad; an unknown final status always does."""
    if not session.finished:
        return False
    if session.status in FINAL_STATUSES:
        return session.status in fail_on and session.status not in _ALWAYS_GOOD
    return True


def judge(
    sessions: Sequence[CheckSession],
    *,
    fail_on: Collection[str] = DEFAULT_FAIL_ON,
    missing_check_ids: Sequence[str] = (),
    unanswered: int = 0,
    unread: Collection[str] = (),
) -> Verdict:
    """
    Judge the sessions of a gate.

    Args:
        sessions: All sessions with all attempts; only the latest attempt of each check counts.

        fail_on: Final statuses that make the verdict bad.

        missing_check_ids: Checks that were asked for by id and have no session at all.

        unanswered: How many triggers have no session although their target had to match. Without sessions the verdict is good
            only when this is 0: every trigger allowed to match nothing.

        unread: Ids of sessions that could not be read.

    Returns:
        The verdict.
    """
    counting = current(sessions)
    unfinished = [s for s in counting if not s.finished]
    found = _Found(
        counting=tuple(counting),
        ended_bad=tuple(s for s in counting if is_bad(s, fail_on) and s.status != NOT_FOUND),
        forgotten=tuple(s for s in counting if s.status == NOT_FOUND),
        lost=tuple(s for s in unfinished if s.id in unread),
        running=tuple(s for s in unfinished if s.id not in unread),
        missing=len(missing_check_ids),
        unanswered=unanswered,
        flaky=_flaky(sessions, counting, fail_on),
    )
    return Verdict(
        conclusion=found.conclusion(),
        reason="; ".join(found.bad_parts()) or found.good_reason(),
        counts=found.counts(),
        bad=(*found.ended_bad, *found.forgotten, *found.lost, *found.running),
        missing_check_ids=tuple(missing_check_ids),
    )


def _flaky(sessions: Sequence[CheckSession], counting: Sequence[CheckSession], fail_on: Collection[str]) -> int:
    """Count the checks that ended bad first and passed in a re-run."""
    bad_before = {s.check_id for s in sessions if is_bad(s, fail_on) and s.status != NOT_FOUND}
    return sum(1 for s in counting if s.finished and not is_bad(s, fail_on) and s.check_id in bad_before)


class _Found(NamedTuple):
    """The sessions that count, sorted by what they mean for the verdict; the numbers of what has no session."""

    counting: tuple[CheckSession, ...]
    ended_bad: tuple[CheckSession, ...]
    forgotten: tuple[CheckSession, ...]
    lost: tuple[CheckSession, ...]
    running: tuple[CheckSession, ...]
    missing: int
    unanswered: int
    flaky: int

    def conclusion(self) -> str:
        if self.ended_bad or self.missing or self.unanswered:
            return "FAILED"
        if self.forgotten or self.lost:
            return "UNKNOWN"
        return "PENDING" if self.running else "PASSED"

    def counts(self) -> dict[str, int]:
        more = {"flaky": self.flaky, "missing": self.missing}
        return {**Counter(s.status for s in self.counting), **{word: number for word, number in more.items() if number}}

    def bad_parts(self) -> Iterator[str]:
        """Say what keeps the verdict from being good, one part of a sentence for each kind."""
        total = _checks(len(self.counting) + self.missing)
        if self.unanswered:
            yield f"no check session at all from {self.unanswered} of the triggers"
        words = [f"{number} {status}" for status, number in _numbers(self.ended_bad)]
        words += [f"{self.missing} without a check session"] if self.missing else []
        if words:
            yield f"{len(self.ended_bad) + self.missing} of {total} did not pass ({', '.join(words)})"
        if self.forgotten:
            yield f"{len(self.forgotten)} of {total} unknown: Checkly has forgotten the session"
        if self.lost:
            yield f"{len(self.lost)} of {total} unknown: Checkly could not be read"
        if self.running:
            yield f"{len(self.running)} of {total} had not finished" + (
                " in time" if self.conclusion() == "PENDING" else ""
            )

    def good_reason(self) -> str:
        if not self.counting:
            return "no check matched, as allowed"
        tolerated = _numbers(s for s in self.counting if s.status != "PASSED")
        words = [f"{number} {status}, as allowed" for status, number in tolerated]
        words += [f"{self.flaky} flaky: passed only when run again"] if self.flaky else []
        return f"{_checks(len(self.counting))} passed" + (f" ({'; '.join(words)})" if words else "")


def explain(session: CheckSession) -> str:
    """Describe a session in one line that is safe to print: name, status, locations, link."""
    name = printable(session.name) or session.check_id
    locations = f" in {printable(', '.join(session.run_locations))}" if session.run_locations else ""
    detail = f" ({printable(session.detail)})" if session.detail else ""
    attempt = f", attempt {session.attempt}" if session.attempt > 1 else ""
    link = f" {printable(session.link)}" if session.link else f" session {printable(session.id)}"
    return f"{name}: {printable(session.status)}{attempt}{locations}{detail}{link}"


def _checks(number: int) -> str:
    return "1 check" if number == 1 else f"{number} checks"


def _numbers(sessions: Iterable[CheckSession]) -> list[tuple[str, int]]:
    return sorted(Counter(printable(session.status) for session in sessions).items())
