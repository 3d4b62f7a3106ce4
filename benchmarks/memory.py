"""The most memory that a plugin host holds with a trigger and a gate over many sessions, above an idle host."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from measuring import Row, checkly, ends, gate


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure sessions that run at the same time, as many as the rate limit allows at once."""
    sessions = 50 if quick else 500
    with checkly(ends(sessions, first=1.0, spread=2.0)) as server:
        found = [gate(server)["memory"] for _ in range(1 if quick else 3)]
    yield Row(f"memory of a gate over {sessions} sessions, above idle", statistics.median(found), "MB", 40)
