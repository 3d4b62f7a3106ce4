"""
Time that tests can replace: a clock, and one deadline for a whole operation.

Everything that waits takes a :class:`Clock`, so that a unit test of a fifteen-minute wait takes no time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from checkly_dynamic.instants import utc

__all__ = ["Clock", "Deadline"]


def _utc_now() -> str:
    return utc(datetime.now(timezone.utc))


@dataclass(frozen=True)
class Clock:
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


@dataclass(frozen=True)
class Deadline:
    """
    A point in monotonic time that rules everything started under it.

    Attributes:
        seconds: How long it was when it started.
    """

    seconds: float
    clock: Clock = field(default_factory=Clock)
    _end: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_end", self.clock.monotonic() + self.seconds)

    def remaining(self) -> float:
        """Return the seconds left, never less than 0."""
        return max(0.0, self._end - self.clock.monotonic())

    @property
    def passed(self) -> bool:
        """Whether no time is left."""
        return self.remaining() <= 0
