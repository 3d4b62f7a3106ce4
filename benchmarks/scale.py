"""One gate over many sessions against Checkly's rate limit."""

from __future__ import annotations

import time
from collections.abc import Iterator

from lag import client_of, ends, started
from measuring import Row, checkly

from checkly_dynamic.core.awaited import Awaited
from checkly_dynamic.core.gate import Gate, Policy
from checkly_dynamic.api.transport import Budget
from checkly_dynamic.core.polling import MOST_CONNECTIONS

SESSIONS, LIMIT = 1_000, 600


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure against 600 requests a minute; quickly, with a minute of six seconds."""
    minute = 6.0 if quick else 60.0
    budget = Budget(LIMIT, minute + 1)
    with checkly(ends(SESSIONS, first=1.0, spread=minute / 3), rate_limit=LIMIT, window=minute) as server:
        begin = time.monotonic()
        sessions = started(server, budget)
        with client_of(server, MOST_CONNECTIONS, budget) as client:
            gate = Gate(Policy(), Awaited(tuple(sessions), (), 0), client)
            verdict = gate.run().verdict
        took = time.monotonic() - begin
        seen = server.look()
    requests = sum(seen["requests"].values())
    name = f"{SESSIONS:,} sessions, {LIMIT} requests a minute"
    yield Row(f"time, {name}", took / ((requests - 1) // LIMIT * minute), "x", None if quick else 1.1, {"s": took})
    yield Row(f"requests, {name}", requests, "requests", SESSIONS + 1)
    yield Row(f"of them answered 429, {name}", seen["answers"].get("429", 0), "requests", 0)
    yield Row(f"sessions not passed, {name}", SESSIONS - verdict.counts["PASSED"], "sessions", 0)
