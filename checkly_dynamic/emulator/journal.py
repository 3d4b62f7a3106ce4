"""
The journal of API requests, and the rate limit.

It holds no keys: of an Authorization header, only scheme and length are kept.
"""

import math
import time
from collections import deque
from typing import Any

from starlette.requests import Request

from checkly_dynamic.emulator.json_input import parse_json
from checkly_dynamic.emulator.responses import Refused
from checkly_dynamic.emulator.views import timestamp

MAX_ENTRIES = 10_000
WINDOW_SECONDS = 60.0
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


class Journal:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque(maxlen=MAX_ENTRIES)
        self._number = 0

    def open(self, request: Request, body: bytes, route: str | None) -> dict[str, Any]:
        """Record a request and return its entry; the answer is filled in later."""
        self._number += 1
        entry = {
            "number": self._number,
            "at": timestamp(time.time()),
            "method": request.method,
            "path": request.scope["path"],
            "query": dict(request.query_params),
            "headers": {
                name: _mask(value) if name in SECRET_HEADERS else value for name, value in request.headers.items()
            },
            "body": _parsed(body),
            "route": route,
            "status": None,
            "sessionIds": [],
            "fault": None,
        }
        self.entries.append(entry)
        return entry


def _mask(value: str) -> str:
    """Replace a secret with its length."""
    scheme = "Bearer " if value.startswith("Bearer ") else ""
    return f"{scheme}***({len(value) - len(scheme)} characters)"


def _parsed(body: bytes) -> Any:
    """Return the parsed JSON of a body, a string when it is not JSON, None when there is none."""
    if not body:
        return None
    try:
        return parse_json(body)
    except ValueError:
        return body.decode(errors="replace")


class RateLimit:
    """A sliding window: at most *limit* requests in 60 seconds, for the account as a whole."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._times: deque[float] = deque()

    def admit(self, now: float) -> None:
        """Count a request, or refuse it above the limit."""
        if self._limit is None:
            return
        while self._times and now - self._times[0] >= WINDOW_SECONDS:
            self._times.popleft()
        if len(self._times) >= self._limit:
            oldest = self._times[0] if self._times else now
            refused = Refused(429)
            refused.answer.headers["Retry-After"] = str(math.ceil(oldest + WINDOW_SECONDS - now))
            raise refused
        self._times.append(now)
