"""
How long after the last session's end the verdict is there, and how many reads it takes.

Three ways in the same run: our gate, a bare asyncio client that only sends the requests and reads the answers (the least that
this server and machine allow), and Checkly's own command line.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator

import rival
from measuring import TAG, Checkly, Row, checkly

from checkly_dynamic.core.awaited import Awaited
from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.gate import Gate, Policy
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.api.transport import Budget, Transport
from checkly_dynamic.core.polling import MOST_CONNECTIONS

BODY = {"target": {"matchTags": [[TAG]]}, "refreshCache": False}
UNLIMITED = Budget(1_000_000)


def client_of(server: Checkly, connections: int = 1, budget: Budget = UNLIMITED) -> Client:
    """Return our client for that server."""
    settings = Settings.load(lambda _: None, server.env)
    return Client(settings, Transport(settings, connections=connections, budget=budget))


def started(server: Checkly, budget: Budget = UNLIMITED) -> list[CheckSession]:
    """Trigger all checks."""
    with client_of(server, budget=budget) as client:
        return client.trigger(BODY, deadline=Deadline(60))


def gate(server: Checkly) -> float:
    """Trigger, wait with our gate, and return when its verdict was there."""
    sessions = started(server)
    with client_of(server, min(MOST_CONNECTIONS, len(sessions))) as client:
        record = Gate(Policy(), Awaited(tuple(sessions), (), 0), client).run()
    assert record.verdict.passed, record.verdict.reason
    return time.monotonic()


def bare(server: Checkly) -> float:
    """Trigger, then read all completions over a connection each, with as little as possible around."""
    asyncio.run(_bare(server, [session.id for session in started(server)]))
    return time.monotonic()


async def _bare(server: Checkly, ids: list[str]) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    headers = f"Host: {host}:{port}\r\nAuthorization: Bearer {server.env['CHECKLY_API_KEY']}\r\n"
    headers += f"X-Checkly-Account: {server.env['CHECKLY_ACCOUNT_ID']}\r\nConnection: close\r\n\r\n"

    async def one(session_id: str) -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /v1/check-sessions/{session_id}/completion?maxWaitSeconds=30 HTTP/1.1\r\n{headers}".encode())
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 200"), answer[:100]
        writer.close()

    await asyncio.gather(*map(one, ids))


def lag(server: Checkly, way: Callable[[Checkly], float]) -> tuple[float, int]:
    """Return the seconds between the end of the last session and *way*'s return, and the number of completion requests."""
    server.reset()
    returned = way(server)
    seen = server.look()
    return returned - max(seen["ends"]), seen["requests"].get("completion", 0)


def ends(number: int, *, first: float, spread: float) -> list[float]:
    """Let the checks end one after the other, the first after *first* seconds, the last *spread* seconds later."""
    return [first + spread * n / max(1, number - 1) for n in range(number)]


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure: checks that end one after the other within two seconds, and all in the same moment."""
    runs = 1 if quick else 3
    cases = (
        [(10, 0.1, 2.0)] if quick else [(n, rtt, 2.0) for rtt in (0.0, 0.1) for n in (10, 100, 300)] + [(300, 0.1, 0.0)]
    )
    cli = rival.command()
    for number, rtt, spread in cases:
        ways = {"ours": gate, "bare": bare, **({"CLI": lambda server: rival.run(cli, server)} if cli else {})}
        with checkly(ends(number, first=2.0, spread=spread), rtt=rtt) as server:
            found = {name: [lag(server, way) for _ in range(runs)] for name, way in ways.items()}
        median = {name: statistics.median(seconds for seconds, _ in each) for name, each in found.items()}
        how = "" if spread else ", all at once"
        name = f"N={number}, RTT {rtt * 1000:.0f} ms{how}"
        reach = 2 * rtt + 0.05 if spread else None
        yield Row(f"verdict lag, {name}", median.pop("ours"), "s", reach, median)
        reads = {name: max(reads for _, reads in each) for name, each in found.items() if name != "bare"}
        yield Row(f"reads, {name}", reads.pop("ours"), "requests", number, reads)
