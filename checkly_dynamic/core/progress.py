"""The lines that users see while a gate waits: only statuses, names and times."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.verdict import current, is_bad

_INTERVAL = 5.0
_QUIET = 60.0
_MAX_NAMES = 3


class Log(Protocol):
    """Shows one line to the user. Never raises."""

    def progress(self, line: str) -> None:
        """Show a line while the operation runs; it is not kept."""

    def info(self, line: str) -> None:
        """Show a line that stays after the operation."""

    def warning(self, line: str) -> None:
        """Show a warning that stays after the operation."""


class Progress:
    """Shows how far a gate is."""

    def __init__(self, log: Log, deadline: Deadline, fail_on: Collection[str]) -> None:
        self._log = log
        self._deadline = deadline
        self._fail_on = fail_on
        self._shown = ""
        self._shown_at = -_INTERVAL

    def update(self, runs: Iterable[Run]) -> None:
        """
        Show how many checks have finished and which ended bad: when that changed, but not more often than every five seconds,
        or after a quiet minute, so that a long check does not look stuck.
        """
        now = self._deadline.seconds - self._deadline.remaining()
        if now - self._shown_at < _INTERVAL:
            return
        counting = current(runs)  # only now, because this is called often
        running = [run for run in counting if not run.finished]
        ended = Counter(run.status for run in counting if run.finished)
        words = ", ".join(f"{number} {printable(status)}" for status, number in sorted(ended.items()))
        text = f"{len(counting) - len(running)} of {len(counting)} checks finished" + (f" ({words})" if words else "")
        if bad := names([run for run in counting if is_bad(run, self._fail_on)]):
            text += f"; not passed: {bad}"
        if not running or (text == self._shown and now - self._shown_at < _QUIET):
            return
        self._shown, self._shown_at = text, now
        slowest = min(running, key=lambda run: run.started_at or "")
        left = self._deadline.remaining()
        self._log.progress(f'{text}; waiting for "{printable(slowest.label)}", {left:.0f} s left')


def names(runs: Sequence[Run]) -> str:
    """Name checks, safe to print: at most three, then a count."""
    shown = [printable(run.label, limit=80) for run in runs[:_MAX_NAMES]]
    return ", ".join(shown) + (f" and {len(runs) - _MAX_NAMES} more" if len(runs) > _MAX_NAMES else "")
