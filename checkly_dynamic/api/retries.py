"""When a request is sent again: a read may be repeated, a trigger request only when it certainly was not received."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ApiError, TransportError

T = TypeVar("T")

_FAILING = (500, 502, 503, 504)
_LONGEST_RETRY_AFTER = 60.0
"""In seconds. A longer one is an error after 429, and is ignored after a failure."""


@dataclass(frozen=True, kw_only=True)
class Retries:
    """
    The policy for trying again, in seconds.

    The pause after the first try is doubled each time, up to *longest_wait*, and multiplied by a random factor from 0.5 to 1.
    A request is given up after so many *failures* in a row. 429 is not one: it is retried until the deadline.
    """

    failures: int = 5
    first_wait: float = 0.5
    longest_wait: float = 15.0
    jitter: Callable[[], float] = random.random

    def run(self, once: Callable[[], T], deadline: Deadline, *, is_read: bool) -> T:
        """Call *once* until it works or must not be tried again."""
        tries = failures = 0
        while True:
            try:
                return once()
            except (ApiError, TransportError) as error:
                seconds = self._pause(tries, error)
                tries += 1
                failures = 0 if getattr(error, "status", None) == 429 else failures + 1
                given_up = failures == self.failures or seconds >= deadline.remaining()
                if given_up or not _may_retry(error, is_read=is_read):
                    raise
            deadline.clock.wait(threading.Event(), seconds)

    def _pause(self, tries: int, error: ApiError | TransportError) -> float:
        backoff = min(self.longest_wait, self.first_wait * 2.0 ** min(tries, 30)) * (1 + self.jitter()) / 2
        asked: float | None = getattr(error, "retry_after", None)
        if asked is None or asked > _LONGEST_RETRY_AFTER:
            return backoff
        # A server that limits requests knows when it will answer; one that fails may ask too early.
        least = self.first_wait if getattr(error, "status", None) == 429 else backoff
        # Never less, and up to a tenth more at random, so that many clients do not come back together.
        return max(least, asked * (1 + 0.1 * self.jitter()))


def _may_retry(error: ApiError | TransportError, *, is_read: bool) -> bool:
    """Whether another try can help, and cannot start checks twice: what is not a read must certainly not have been received."""
    if isinstance(error, ApiError):
        if error.status == 429:
            return (error.retry_after or 0) <= _LONGEST_RETRY_AFTER
        return is_read and error.status in _FAILING
    return error.retry and (is_read or error.sent == "no")
