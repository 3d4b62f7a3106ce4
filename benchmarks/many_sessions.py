"""Gates over many sessions: how late the verdict is known, the account's rate limit, and memory."""

import statistics
from collections.abc import Callable, Iterator
from datetime import datetime

from measuring import Checkly, Row, checkly, cli_is_there, cli_run, ends, gate

LIMIT, WINDOW = 600, 60.0


def lag(*, quick: bool) -> Iterator[Row]:
    """Measure checks that end one after the other within two seconds, and ``checkly checks run``."""
    runs = 1 if quick else 3
    cases = [(10, 0.1)] if quick else [(number, rtt) for rtt in (0.0, 0.1) for number in (10, 100, 300)]
    cli = cli_is_there()
    for number, rtt in cases:
        with checkly(ends(number, first=2.0, spread=2.0), rtt=rtt) as server:
            ours = [_after_the_last(server, lambda: gate(server)["known"]) for _ in range(runs)]
            theirs = [_after_the_last(server, lambda: cli_run(server)) for _ in range(runs if cli else 0)]
        name = f"{number} checks, round trip {rtt * 1000:.0f} ms"
        seconds = statistics.median(seconds for seconds, _ in ours)
        beside = {"CLI": statistics.median(seconds for seconds, _ in theirs)} if cli else {}
        yield Row(f"verdict lag, {name}", seconds, "s", 2 * rtt + 0.05 + 0.0005 * number, beside)
        reads = {"CLI": max(reads for _, reads in theirs)} if cli else {}
        yield Row(f"reads, {name}", max(reads for _, reads in ours), "requests", number, reads)


def _after_the_last(server: Checkly, run: Callable[[], float]) -> tuple[float, int]:
    """Return the seconds between the end of the last session and the end of *run*, and the number of completion reads."""
    server.look("reset")
    returned = run()
    seen = server.look()
    last = max(datetime.fromisoformat(stopped.replace("Z", "+00:00")) for stopped in seen["stopped"])
    return returned - last.timestamp(), seen["requests"].get("completion", 0)


def scale(*, quick: bool) -> Iterator[Row]:
    """Measure 1,000 sessions against 600 requests a minute; *quick* measures 100 sessions, below the limit."""
    sessions = 100 if quick else 1_000
    with checkly(ends(sessions, first=1.0, spread=2.0 if quick else WINDOW / 3), rate_limit=LIMIT) as server:
        found = gate(server)
        seen = server.look()
    requests = sum(seen["requests"].values())
    dictated = (requests - 1) // LIMIT * WINDOW
    name = f"{sessions:,} sessions, {LIMIT} requests a minute"
    yield Row(f"time, {name}", found["seconds"], "s", 1.1 * dictated or None, {"dictated by the limit": dictated})
    yield Row(f"requests, {name}", requests, "requests", sessions + 1)
    yield Row(f"of them answered 429, {name}", seen["answers"].get("429", 0), "requests", 0)
    yield Row(f"sessions not passed, {name}", sessions - found["counts"].get("PASSED", 0), "sessions", 0)


def memory(*, quick: bool) -> Iterator[Row]:
    """Measure the most memory that a plugin host holds, above an idle one, with sessions that run at the same time."""
    sessions = 50 if quick else 500
    with checkly(ends(sessions, first=1.0, spread=2.0)) as server:
        found = [gate(server)["memory"] for _ in range(1 if quick else 3)]
    yield Row(f"memory of a gate over {sessions} sessions, above idle", statistics.median(found), "MB", 40)
