"""
A local Checkly in a process of its own, as far away as it is told to be.

Every byte takes half a round trip in each direction, and the first ones of a connection a whole one more, for TCP's handshake.
Only plain HTTP is served, so a TLS handshake (one or two more round trips for each connection) is not in it.

Reads its settings from the first line of standard input, then one command from each; answers in JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from checkly_dynamic.emulator import journal, server
from checkly_dynamic.emulator.testing import LocalCheckly

TIE = 1e-6  # seconds between two deliveries, because timers of the same moment may come in any order


class Wire:
    """One direction of a connection: what is handed over arrives in order, late."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._last = seconds, 0.0

    def carry(self, deliver, *what, more: float = 0.0) -> None:
        """Deliver after the wire's time."""
        loop = asyncio.get_running_loop()
        self._last = max(self._last + TIE, loop.time() + self._seconds + more)
        loop.call_at(self._last, deliver, *what)


class SlowTransport:
    """A connection's transport, whose bytes and end are late; everything else is the transport's own."""

    def __init__(self, transport, wire: Wire) -> None:
        self._transport, self._wire = transport, wire

    def write(self, data: bytes) -> None:
        """Send, late."""
        self._wire.carry(self._transport.write, data)

    def close(self) -> None:
        """Close, behind the last bytes."""
        self._wire.carry(self._transport.close)

    def __getattr__(self, name: str):
        return getattr(self._transport, name)


def far_away(protocol: type, rtt: float) -> type:
    """Return a protocol whose connections have a round trip of *rtt* seconds."""

    class FarAway(protocol):
        def connection_made(self, transport) -> None:
            self._in, self._new = Wire(rtt / 2), True
            super().connection_made(SlowTransport(transport, Wire(rtt / 2)))

        def data_received(self, data: bytes) -> None:
            self._in.carry(super().data_received, data, more=rtt if self._new else 0.0)
            self._new = False

    return FarAway


def look(checkly: LocalCheckly) -> dict:
    """Tell what happened so far; times are those of ``time.monotonic``, which all processes of a machine share."""
    app = checkly._app  # noqa: SLF001 - the journal that it shows to tests would be copied entry by entry
    return {
        "ends": [session.started + session.seconds for session in app.store.sessions.values()],
        "requests": dict(app.journal.requests),
        "answers": dict(app.journal.answers),
        "cpu": time.process_time(),
    }


def main() -> None:
    """Serve until standard input ends."""
    settings = json.loads(sys.stdin.readline())
    if settings["rtt"]:
        server.TransportProtocol = far_away(server.TransportProtocol, settings["rtt"])
    journal.WINDOW_SECONDS = settings["window"]
    with LocalCheckly(settings["scenario"], check_answers=False) as checkly:
        print(json.dumps(checkly.env), flush=True)
        for line in sys.stdin:
            if line.strip() == "reset":
                checkly.reset()
            seen = checkly._server.call(lambda: look(checkly))  # noqa: SLF001 - on the loop, where the state lives
            print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main()
