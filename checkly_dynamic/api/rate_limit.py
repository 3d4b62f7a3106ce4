"""The account's rate limit (API reference, rate limiting), shared by all requests of this process."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable


class RateLimit:
    """
    Allows at most *number* requests in any window of *seconds*, in the order in which they are asked for. Threads may share it.

    Checkly allows 600 in 60 seconds for an account. The window is a little longer, because requests take different times to
    arrive. Other processes use the same limit without telling this one, so a 429 can still come.
    """

    def __init__(
        self, number: int = 600, seconds: float = 61.0, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._turns: deque[float] = deque(maxlen=number)
        self._seconds = seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()

    @classmethod
    def shared(cls, api_url: str, account_id: str) -> RateLimit:
        """Return the rate limit that this process shares for an account at a base URL."""
        return _SHARED.setdefault((api_url, account_id), cls())

    def turn(self, longest: float) -> float:
        """Take the next turn and return the seconds to wait before sending; if that is more than *longest*, no turn was taken."""
        with self._lock:
            now = self._monotonic()
            full = len(self._turns) == self._turns.maxlen
            start = max(now, self._turns[0] + self._seconds) if full else now
            if start - now <= longest:
                self._turns.append(start)
            return start - now


_SHARED: dict[tuple[str, str], RateLimit] = {}
