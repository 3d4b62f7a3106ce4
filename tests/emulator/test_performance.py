"""Many sessions and many who wait for them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

SESSIONS, POLLS = 1000, 500
MEGABYTES = 150
CHECKS, SECONDS = 100, 8
HEADERS = (
    "Host: local\r\nAuthorization: Bearer x\r\nX-Checkly-Account: 11111111-2222-4333-8444-555555555555\r\n"
    "Content-Type: application/json\r\n"
)


@pytest.fixture
def server(tmp_path):
    """Run a server in a process of its own; give the process and its port."""
    checks = [{"name": f"check {number}", "tags": ["t"], "seconds": SECONDS} for number in range(CHECKS)]
    (tmp_path / "scenario.json").write_text(json.dumps({"rateLimit": None, "checks": checks}))
    arguments = ["--port", "0", "--scenario", str(tmp_path / "scenario.json")]
    command = [sys.executable, "-m", "checkly_dynamic.emulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        yield running, int(running.stdout.readline().split()[3].rsplit(":", 1)[1])
        running.terminate()
        running.communicate(timeout=10)


async def ask(port, method, path, body=""):
    """Send one request on a connection of its own and return status and parsed body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\r\n{HEADERS}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write((head + body).encode())
    answer = await reader.read()
    writer.close()
    top, _, payload = answer.partition(b"\r\n\r\n")
    return int(top.split()[1]), json.loads(payload or b"null")


def resident_megabytes(pid):
    """Return the memory of a process, as Linux counts it."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


async def crowd(process, port):
    """Start the sessions, hold the polls open, and return statuses, counters and memory while all wait."""
    ids = []
    while len(ids) < SESSIONS:
        _, started = await ask(port, "POST", "/v2/check-sessions/trigger", '{"target": {"matchTags": [["t"]]}}')
        ids += [session["checkSessionId"] for session in started["sessions"]]
    polls = [
        asyncio.create_task(ask(port, "GET", f"/v2/check-sessions/{session_id}/completion?maxWaitSeconds=30"))
        for session_id in ids[-POLLS:]
    ]
    counters = {"openPolls": 0}
    while counters["openPolls"] < POLLS and not all(poll.done() for poll in polls):
        _, counters = await ask(port, "GET", "/_emulator/counters")
    memory = resident_megabytes(process.pid)
    return await asyncio.gather(*polls), counters, max(memory, resident_megabytes(process.pid))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux's /proc")
def test_a_thousand_sessions_and_five_hundred_polls(server):
    """1,000 sessions in flight and 500 open polls fit into 150 MB, and every poll is told of its session's end."""
    answers, counters, memory = asyncio.run(crowd(*server))
    assert (counters["openPolls"], counters["inFlight"]) == (POLLS, SESSIONS)
    assert [(status, body["status"]) for status, body in answers] == [(200, "PASSED")] * POLLS
    assert memory < MEGABYTES
