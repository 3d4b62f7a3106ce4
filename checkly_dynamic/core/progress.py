"""
The lines that people see while a gate waits.

Decides when a line is worth showing; a log shows it. No line contains anything but statuses, names, links and times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.verdict import current

__all__ = ["Log", "Progress", "describe"]

_INTERVAL = 5.0
_QUIET = 60.0


class Log(Protocol):
    """Shows one line to the user. Never raises."""

    def progress(self, line: str) -> None:
        """Show a line while the operation runs; it is not kept."""

    def info(self, line: str) -> None:
        """Show a line that stays after the operation."""

    def warning(self, line: str) -> None:
        """Show a warning that stays after the operation."""


class Progress:
    """
    What was shown so far.

    Args:
        log: Shows a line.
        deadline: The deadline of the gate, for the time left.
    """

    def __init__(self, log: Log, deadline: Deadline) -> None:
        self._log = log
        self._deadline = deadline
        self._shown = ""
        self._shown_at = -_INTERVAL

    def update(self, runs: Iterable[CheckSession]) -> None:
        """
        Show how many checks have ended: when that changed, or after a quiet minute, so that a long check does not look stuck.

        Args:
            runs: All runs with all attempts; only the latest attempt of each check counts.
        """
        now = self._deadline.seconds - self._deadline.remaining()
        if now - self._shown_at < _INTERVAL:
            return
        counting = current(runs)  # only now, because this is called often
        running = [run for run in counting if not run.finished]
        ended = Counter(run.status for run in counting if run.finished)
        words = ", ".join(f"{number} {printable(status)}" for status, number in sorted(ended.items()))
        text = f"{len(counting) - len(running)} of {len(counting)} checks finished" + (f" ({words})" if words else "")
        if not running or (text == self._shown and now - self._shown_at < _QUIET):
            return
        self._shown, self._shown_at = text, now
        slowest = min(running, key=lambda run: run.started_at or "")
        left = self._deadline.remaining()
        self._log.progress(f"{text}; waiting for {printable(slowest.label)}, {left:.0f} s left")


def describe(run: CheckSession) -> str:
    """Describe a run in one line that is safe to print: name, status, locations, link."""
    locations = f" in {printable(', '.join(run.run_locations))}" if run.run_locations else ""
    attempt = f", attempt {run.attempt}" if run.attempt > 1 else ""
    detail = f" ({printable(run.detail)})" if run.detail else ""
    link = f" {printable(run.link)}" if run.link else f" session {printable(run.id)}"
    return f"{printable(run.label)}: {printable(run.status)}{attempt}{locations}{detail}{link}"
