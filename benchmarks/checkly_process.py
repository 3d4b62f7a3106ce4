"""
A local Checkly in its own process, with a network delay that can be set.

Reads its settings from the first line of standard input, then a command (``look`` or ``reset``) from each; answers in JSON lines.
"""

import asyncio
import json
import sys
import threading
from collections import Counter
from concurrent.futures import Future
from urllib.parse import urlsplit

from checkly_dynamic.emulator import journal
from checkly_dynamic.emulator.testing import LocalCheckly


async def forward(port: int, rtt: float, ready) -> None:
    """Forward connections to a port; all bytes are half a round trip late, and a new connection a whole one."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while data := await reader.read(65536):
            loop.call_later(rtt / 2, writer.write, data)
        loop.call_later(rtt / 2, writer.close)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(rtt)  # TCP's handshake
        server_reader, server_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, server_writer), copy(server_reader, writer), return_exceptions=True)

    async with await asyncio.start_server(accept, "127.0.0.1", 0, backlog=1_000) as server:
        ready(server.sockets[0].getsockname()[1])
        await server.serve_forever()


def far_away(url: str, rtt: float) -> str:
    """Return another URL for the same server, with a round trip of *rtt* seconds."""
    port: Future[int] = Future()
    serve = forward(urlsplit(url).port or 0, rtt, port.set_result)
    threading.Thread(target=asyncio.run, args=[serve], daemon=True).start()
    return f"http://127.0.0.1:{port.result()}"


def main() -> None:
    """Serve until standard input ends."""
    settings = json.loads(sys.stdin.readline())
    journal.WINDOW_SECONDS = settings["window"]
    with LocalCheckly(settings["scenario"], check_answers=False) as checkly:
        url = far_away(checkly.url, settings["rtt"]) if settings["rtt"] else checkly.url
        print(json.dumps({**checkly.env, "CHECKLY_API_URL": url}), flush=True)
        for line in sys.stdin:
            if line.strip() == "reset":
                checkly.reset()
            seen = {
                "stopped": [session["stoppedAt"] for session in checkly.sessions.values()],
                "answers": Counter(request["status"] for request in checkly.requests),
            }
            print(json.dumps(seen), flush=True)


if __name__ == "__main__":
    main()
