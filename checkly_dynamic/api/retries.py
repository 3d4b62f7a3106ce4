"""When a request is sent again: a read may be repeated, a trigger request only when it certainly was not received."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ApiError, ChecklyError, TransportError

T = TypeVar("T")

_FAILING = (500, 502, 503, 504)
_LONGEST_RETRY_AFTER = 60.0
"""In seconds. A longer one is an error after 429, and is ignored after a failure."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """
    The policy for trying again.

    Attributes:
        failures: A request is given up after this many failures in a row. 429 is not a failure: it is retried until the deadline.
        first_wait: Seconds before the second try; doubled each time, up to *longest_wait*, times a random factor from 0.5 to 1.
        longest_wait: The longest pause without a ``Retry-After``, in seconds.
        jitter: Returns a random number from 0 to 1.
    """

    failures: int = 5
    first_wait: float = 0.5
    longest_wait: float = 15.0
    jitter: Callable[[], float] = random.random

    def read(self, once: Callable[[], T], deadline: Deadline) -> T:
        """Call until it works: connection errors, unreadable answers, 429, 500, 502, 503 and 504 are tried again."""
        return self._loop(once, deadline, _may_pass)

    def unsent(self, once: Callable[[], T], deadline: Deadline) -> T:
        """Call until the request was sent: only one that certainly was not sent, and 429, are tried again."""
        return self._loop(once, deadline, lambda error: _may_pass(error) and getattr(error, "sent", None) == "no")

    def _loop(self, once: Callable[[], T], deadline: Deadline, may_pass: Callable[[ChecklyError], bool]) -> T:
        failures = limited = 0
        while True:
            try:
                return once()
            except ChecklyError as error:
                asked = getattr(error, "retry_after", None) or 0.0
                too_long = asked > _LONGEST_RETRY_AFTER
                if isinstance(error, ApiError) and error.status == 429 and not too_long:
                    failures, limited = 0, limited + 1
                    unasked = error.retry_after is None
                    seconds = self._backoff(limited) if unasked else self._as_asked(max(asked, self.first_wait))
                elif may_pass(error) and failures + 1 < self.failures:
                    failures += 1
                    seconds = max(self._backoff(failures), 0.0 if too_long else self._as_asked(asked))
                else:
                    raise
                if seconds >= deadline.remaining():
                    raise
            deadline.clock.wait(threading.Event(), seconds)

    def _as_asked(self, seconds: float) -> float:
        """Never less, and up to a tenth more at random, so that many clients do not come back together."""
        return seconds * (1 + 0.1 * self.jitter())

    def _backoff(self, number: int) -> float:
        return min(self.longest_wait, self.first_wait * 2.0 ** min(number - 1, 30)) * (1 + self.jitter()) / 2


def _may_pass(error: ChecklyError) -> bool:
    if isinstance(error, TransportError):
        return error.retry
    return isinstance(error, ApiError) and error.status in _FAILING
