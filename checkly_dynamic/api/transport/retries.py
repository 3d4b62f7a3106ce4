"""
When a request is sent again, and how long to wait before.

Two rules (reads; requests that must not run twice) over one policy. ``stamina`` runs the tries; it is imported only when a
first one failed, because most never do.
"""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import (
    ChecklyError,
    ConnectFailed,
    ConnectionLost,
    InvalidResponse,
    RateLimited,
    ReadTimeout,
    ServerError,
    TransportError,
)

__all__ = ["Retries"]

T = TypeVar("T")

_MAY_PASS = (ConnectFailed, ConnectionLost, InvalidResponse, ReadTimeout, ServerError)

# stamina logs each retry as a warning. Without a handler Python would print that on the plugin host's stderr, which the engine
# shows to the user; with this one it goes only where the application sends its logs.
logging.getLogger("stamina").addHandler(logging.NullHandler())


class Retries(NamedTuple):
    """
    The policy for trying again.

    Attributes:
        failures: After this many failures in a row a request is given up. 429 is no failure: it is waited out until the
            deadline.
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
        """Call until it works: connection errors, unreadable answers, 429, 500, 502, 503 and 504 may pass."""
        reason: ChecklyError | None = None

        def once_more() -> T:
            nonlocal reason
            try:
                return once()
            except ChecklyError as error:
                if reason is not None and deadline.passed and isinstance(error, TransportError):
                    raise reason from None  # the deadline cut this try off, which tells less than why there had to be one
                reason = error
                raise

        return self._call(once_more, deadline, may_pass=_MAY_PASS)

    def unsent(self, once: Callable[[], T], deadline: Deadline, *, needs: float = 0.0) -> T:
        """
        Call until the request was sent: only a connection that was never established, and 429, may pass.

        Args:
            once: Sends it.

            deadline: Rules everything, also waiting between tries.

            needs: How many seconds a try must have at least; with less than that there is no other one.
        """
        return self._call(once, deadline, may_pass=(ConnectFailed,), needs=needs)

    def _call(
        self, once: Callable[[], T], deadline: Deadline, *, may_pass: tuple[type[ChecklyError], ...], needs: float = 0.0
    ) -> T:
        try:
            return once()
        except ChecklyError as error:
            last: Exception = error

        import stamina  # noqa: PLC0415 - milliseconds that a request which works at once does not pay

        failures = limited = 0
        begun = False

        def pause(error: Exception) -> bool | float:
            """Tell stamina how many seconds to wait, or False to stop."""
            nonlocal failures, limited, last
            last = error
            left = deadline.remaining() - needs
            if isinstance(error, RateLimited):
                failures, limited = 0, limited + 1
                seconds = self._when_limited(error, limited)
            elif isinstance(error, may_pass) and failures + 1 < self.failures:
                failures += 1
                seconds = self._after_failure(error, failures, left)
            else:
                return False
            return seconds < left and seconds

        for attempt in stamina.retry_context(on=pause, attempts=None, timeout=None):
            with attempt:
                # The first try has been made above. When a pause took longer than it should have, the last reason stays.
                if not begun or deadline.remaining() <= needs:
                    begun = True
                    raise last
                return once()
        msg = "stamina ended without a result or an error"
        raise AssertionError(msg)

    def _when_limited(self, error: RateLimited, number: int) -> float:
        """Wait as long as Checkly asks, and for ever when that is too long."""
        if error.retry_after is None:
            return self._backoff(number)
        if error.retry_after > self.longest_retry_after:
            return math.inf
        return self._as_asked(max(error.retry_after, self.first_wait))

    def _after_failure(self, error: Exception, number: int, left: float) -> float:
        """Wait as long as we choose, or longer where a failing server asks for it; it may well be back before it thinks."""
        asked = self._as_asked(getattr(error, "retry_after", None) or 0.0)
        return max(self._backoff(number), asked if asked < min(self.longest_retry_after, left) else 0.0)

    def _as_asked(self, seconds: float) -> float:
        """Never less, and up to a tenth more at random, so that many who were asked do not come back together."""
        return seconds * (1 + 0.1 * self.jitter())

    def _backoff(self, number: int) -> float:
        """Return our own choice of a pause: doubled each time up to the longest, times a random factor from 0.5 to 1."""
        return min(self.longest_wait, self.first_wait * 2.0 ** min(number - 1, 30)) * (1 + self.jitter()) / 2
