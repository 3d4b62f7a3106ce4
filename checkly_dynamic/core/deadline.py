"""
Time that tests can replace: a clock, and one deadline for a whole operation.

Everything that waits takes a :class:`Clock`, so that a unit test of a fifteen-minute wait takes no time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import NamedTuple

from checkly_dynamic.core.timestamps import utc

__all__ = ["Clock", "Deadline"]


def _utc_now() -> str:
    return utc(datetime.now(timezone.utc))


class Clock(NamedTuple):
    """
    Where time comes from.

    Attributes:
        monotonic: Seconds that never jump, for deadlines.
        now: The wall clock as ISO 8601 in UTC, for records.
        wait: Waits for an event, at most so many seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], str] = _utc_now
    wait: Callable[[threading.Event, float], object] = threading.Event.wait


class Deadline:
    """
    A point in monotonic time that rules everything started under it.

    Args:
        seconds: How long it is, from now on.

        clock: Where time comes from.
    """

    def __init__(self, seconds: float, clock: Clock | None = None) -> None:
        self.seconds = seconds
        self.clock = clock or Clock()
        self._end = self.clock.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds left, never less than 0."""
        return max(0.0, self._end - self.clock.monotonic())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0
