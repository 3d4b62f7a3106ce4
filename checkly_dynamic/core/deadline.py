"""A clock that tests can replace, one deadline for a whole operation, and a wait that ends at it."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TypeVar

from checkly_dynamic.core.timestamps import utc

T = TypeVar("T")

_TICK = 0.2


@dataclass(frozen=True, kw_only=True)
class Clock:
    """
    Where time comes from.

    Attributes:
        monotonic: Seconds that never jump, for deadlines.
        now: The wall clock as ISO 8601 in UTC, for what is stored.
        wait: Waits for an event for at most this many seconds.
    """

    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], str] = lambda: utc(datetime.now(timezone.utc))
    wait: Callable[[threading.Event, float], object] = threading.Event.wait


class Deadline:
    """A point in monotonic time, *seconds* from now, at which everything that uses it stops."""

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


class DeadlinePassed(Exception):
    """The work had not ended at the deadline."""


def leave_at(
    deadline: Deadline,
    work: Callable[[], T],
    *,
    stop: threading.Event | None = None,
    grace: Callable[[], float] = lambda: 0.0,
) -> T:
    """
    Run *work* in a daemon thread; raise DeadlinePassed if it has not ended at the deadline, whatever a server does.

    The abandoned thread ends by itself, at the latest at its read timeout, and its result is dropped. When *stop* is set, wait
    at most *grace* seconds longer.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            outcome.set_exception(error)

    threading.Thread(target=run, name="checkly-request", daemon=True).start()
    while not outcome.done() and not deadline.passed:
        wait([outcome], min(deadline.remaining(), _TICK))
        if stop and stop.is_set():
            wait([outcome], grace())
            break
    if not outcome.done():
        raise DeadlinePassed
    return outcome.result()
