"""
When a request is sent again, and how long to wait before.

Two rules over one loop: reads may be repeated; a trigger request only when it certainly was not received.
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ApiError, ChecklyError, TransportError

__all__ = ["Retries"]

T = TypeVar("T")

_FAILING = (500, 502, 503, 504)


@dataclass(frozen=True, kw_only=True)
class Retries:
    """
    The policy for trying again.

    Attributes:
        failures: After so many failures in a row a request is given up. 429 is no failure: it is waited for until the deadline.
        first_wait: Seconds before the second try; doubled each time, up to *longest_wait*, times a random factor from 0.5 to 1.
        longest_wait: The longest pause of our own choice, in seconds.
        longest_retry_after: The longest ``Retry-After`` that is waited for, in seconds; a longer one ends the tries at once.
        jitter: Returns a random number from 0 to 1.
    """

    failures: int = 5
    first_wait: float = 0.5
    longest_wait: float = 15.0
    longest_retry_after: float = 60.0
    jitter: Callable[[], float] = random.random

    def read(self, once: Callable[[], T], deadline: Deadline) -> T:
        """Call until it works: connection errors, unreadable answers, 429, 500, 502, 503 and 504 are tried again."""
        return self._loop(once, deadline, _may_pass)

    def unsent(self, once: Callable[[], T], deadline: Deadline) -> T:
        """Call until the request was sent: only one that certainly was not sent, and 429, are tried again."""
        return self._loop(once, deadline, lambda error: _may_pass(error) and _is_unsent(error))

    def _loop(self, once: Callable[[], T], deadline: Deadline, may_pass: Callable[[ChecklyError], bool]) -> T:
        failures = limited = 0
        while True:
            try:
                return once()
            except ChecklyError as error:
                if isinstance(error, ApiError) and error.status == 429:
                    failures, limited = 0, limited + 1
                    seconds = self._when_limited(error, limited)
                elif may_pass(error) and failures + 1 < self.failures:
                    failures += 1
                    seconds = self._after_failure(error, failures)
                else:
                    raise
                if seconds >= deadline.remaining():
                    raise
            deadline.clock.wait(threading.Event(), seconds)

    def _when_limited(self, error: ApiError, number: int) -> float:
        """Wait as long as Checkly asks, and for ever when that is too long."""
        if error.retry_after is None:
            return self._backoff(number)
        if error.retry_after > self.longest_retry_after:
            return math.inf
        return self._as_asked(max(error.retry_after, self.first_wait))

    def _after_failure(self, error: ChecklyError, number: int) -> float:
        """Wait as long as we choose, or longer where a failing server asks for it within reason."""
        asked = getattr(error, "retry_after", None) or 0.0
        return max(self._backoff(number), self._as_asked(asked) if asked <= self.longest_retry_after else 0.0)

    def _as_asked(self, seconds: float) -> float:
        """Never less, and up to a tenth more at random, so that many who were asked do not come back together."""
        return seconds * (1 + 0.1 * self.jitter())

    def _backoff(self, number: int) -> float:
        return min(self.longest_wait, self.first_wait * 2.0 ** min(number - 1, 30)) * (1 + self.jitter()) / 2


def _may_pass(error: ChecklyError) -> bool:
    return (
        error.retry if isinstance(error, TransportError) else isinstance(error, ApiError) and error.status in _FAILING
    )


def _is_unsent(error: ChecklyError) -> bool:
    return isinstance(error, TransportError) and error.sent == "no"
