"""
The journal of API requests, counters, and the rate limit.

Keys never get in: of an Authorization header only its scheme and length are kept.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from checkly_dynamic.emulator.json_input import parse_json

MAX_ENTRIES = 10_000
MAX_BODY = 64 * 1024
WINDOW_SECONDS = 60.0
SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})


def mask(value: str) -> str:
    """Replace a secret header by its scheme and the secret's length."""
    scheme, space, secret = value.partition(" ")
    if not space or not secret or not scheme.isalpha():
        return f"***({len(value)} characters)"
    return f"{scheme} ***({len(secret)} characters)"


def masked_headers(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers with small names, secrets masked; of a repeated header the last one stays."""
    return {name.lower(): mask(value) if name.lower() in SECRET_HEADERS else value for name, value in headers}


def parse_body(body: bytes) -> Any:
    """Return the parsed JSON of a body, a string when it is not JSON, None when there is none."""
    if not body:
        return None
    if len(body) > MAX_BODY:
        return f"({len(body)} bytes, not kept)"
    try:
        return parse_json(body)
    except ValueError:
        return body.decode(errors="replace")


@dataclass
class Journal:
    """The last requests, oldest first, and counters since the last reset."""

    entries: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=MAX_ENTRIES))
    requests: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    triggers: int = 0
    sessions_started: int = 0
    number: int = 0

    def open(self, entry: dict[str, Any]) -> dict[str, Any]:
        """Write down a request; its status is filled in by :meth:`close`."""
        self.number += 1
        entry = {"number": self.number, **entry, "status": None, "sessionIds": [], "fault": None}
        self.entries.append(entry)
        self.requests[entry["route"] or "not emulated"] += 1
        return entry

    def close(self, entry: dict[str, Any], status: int | None) -> None:
        """Write down how a request ended; None when the connection was dropped."""
        entry["status"] = status
        self.answers[str(status) if status else "dropped"] += 1

    def started(self, entry: dict[str, Any], session_ids: list[str]) -> None:
        """Write down that a request started sessions."""
        entry["sessionIds"] = session_ids
        self.triggers += 1
        self.sessions_started += len(session_ids)

    def counters(self) -> dict[str, Any]:
        """Return the counters for the admin route."""
        return {
            "requests": dict(self.requests),
            "answers": dict(self.answers),
            "triggers": self.triggers,
            "sessionsStarted": self.sessions_started,
        }


@dataclass
class RateLimit:
    """A sliding window: at most *limit* requests in 60 seconds, for the account as a whole."""

    limit: int | None
    times: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float | None:
        """
        Count a request.

        Returns:
            None when it is within the limit, else the seconds until the next one is; a refused request is not counted.
        """
        if self.limit is None:
            return None
        while self.times and now - self.times[0] >= WINDOW_SECONDS:
            self.times.popleft()
        if len(self.times) >= self.limit:
            return WINDOW_SECONDS - (now - self.times[0]) if self.times else WINDOW_SECONDS
        self.times.append(now)
        return None
