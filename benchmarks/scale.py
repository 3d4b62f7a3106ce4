"""One gate over many sessions against Checkly's rate limit."""

from __future__ import annotations

from collections.abc import Iterator

from measuring import Row, checkly, ends, gate

LIMIT, WINDOW = 600, 60.0


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure 1,000 sessions against 600 requests a minute; quickly, 100 sessions, for which the limit is no limit."""
    sessions = 100 if quick else 1_000
    with checkly(ends(sessions, first=1.0, spread=2.0 if quick else WINDOW / 3), rate_limit=LIMIT) as server:
        found = gate(server)
        seen = server.look()
    requests = sum(seen["requests"].values())
    dictated = (requests - 1) // LIMIT * WINDOW
    name = f"{sessions:,} sessions, {LIMIT} requests a minute"
    reach = 1.1 * dictated or None
    yield Row(f"time, {name}", found["seconds"], "s", reach, {"dictated by the limit": dictated})
    yield Row(f"requests, {name}", requests, "requests", sessions + 1)
    yield Row(f"of them answered 429, {name}", seen["answers"].get("429", 0), "requests", 0)
    yield Row(f"sessions not passed, {name}", sessions - found["counts"].get("PASSED", 0), "sessions", 0)
