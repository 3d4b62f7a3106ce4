"""
Verdict lag: from the end of the last session to the moment when the gate knows its verdict, and the reads that it takes.

Beside it, ``checkly checks run`` of Checkly's own command line, up to the end of its process.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from datetime import datetime

import rival
from measuring import Checkly, Row, checkly, ends, gate


def lag(server: Checkly, run: Callable[[], float]) -> tuple[float, int]:
    """Return the seconds between the end of the last session and the end of *run*, and the number of completion reads."""
    server.reset()
    returned = run()
    seen = server.look()
    last = max(datetime.fromisoformat(stopped.replace("Z", "+00:00")) for stopped in seen["stopped"])
    return returned - last.timestamp(), seen["requests"].get("completion", 0)


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure checks that end one after the other within two seconds."""
    runs = 1 if quick else 3
    cases = [(10, 0.1)] if quick else [(number, rtt) for rtt in (0.0, 0.1) for number in (10, 100, 300)]
    cli = rival.command()
    for number, rtt in cases:
        with checkly(ends(number, first=2.0, spread=2.0), rtt=rtt) as server:
            ours = [lag(server, lambda: gate(server)["known"]) for _ in range(runs)]
            theirs = [lag(server, lambda: rival.run(cli, server)) for _ in range(runs if cli else 0)]
        name = f"{number} checks, round trip {rtt * 1000:.0f} ms"
        seconds = statistics.median(seconds for seconds, _ in ours)
        beside = {"CLI": statistics.median(seconds for seconds, _ in theirs)} if cli else {}
        yield Row(f"verdict lag, {name}", seconds, "s", 2 * rtt + 0.05 + 0.0005 * number, beside)
        reads = {"CLI": max(reads for _, reads in theirs)} if cli else {}
        yield Row(f"reads, {name}", max(reads for _, reads in ours), "requests", number, reads)
