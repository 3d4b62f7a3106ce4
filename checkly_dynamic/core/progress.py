"""
The few lines that people see while a gate waits.

Decides when a line is worth printing; a *say* function prints it. No line holds anything but statuses, names, links and times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.verdict import current, explain, is_bad

__all__ = ["Progress"]

_INTERVAL = 15.0
_QUIET = 60.0


class Progress:
    """
    What was said so far.

    Args:
        say: Prints one line.
        deadline: The deadline of the gate, for the time left.
        fail_on: Which statuses are bad: such a session is named at once.
        seconds: The shortest time between two lines of counts.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        deadline: Deadline,
        fail_on: Collection[str],
        seconds: float = _INTERVAL,
    ) -> None:
        self.say = say
        self.deadline = deadline
        self.fail_on = fail_on
        self.seconds = seconds
        self._said = ""
        self._said_at = -_INTERVAL

    def ended(self, session: CheckSession) -> None:
        """Name a session that ended bad."""
        if is_bad(session, self.fail_on):
            self.say(explain(session))

    def counts(self, sessions: Iterable[CheckSession]) -> None:
        """
        Print how many have ended: when that changed, or after a quiet minute, so that a long check is not taken for a hang.

        Args:
            sessions: All sessions with all attempts; only the latest attempt of each check counts.
        """
        now = self.deadline.seconds - self.deadline.remaining()
        if now - self._said_at < self.seconds:
            return
        sessions = current(sessions)  # only now, because this is called for every session that ends
        running = [session for session in sessions if not session.finished]
        ended = Counter(session.status for session in sessions if session.finished)
        words = ", ".join(f"{number} {printable(status)}" for status, number in sorted(ended.items()))
        text = f"{len(sessions) - len(running)} of {len(sessions)} checks ended" + (f" ({words})" if words else "")
        if not running or (text == self._said and now - self._said_at < _QUIET):
            return
        self._said, self._said_at = text, now
        slowest = min(running, key=lambda session: session.started_at or "")
        self.say(
            f"{text}; waiting for {printable(slowest.name) or slowest.check_id}, {self.deadline.remaining():.0f} s left"
        )
