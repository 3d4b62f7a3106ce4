"""Ten thousand odd requests over real connections."""

from __future__ import annotations

import http.client
import json
import random
import subprocess
import sys
from collections import Counter

import pytest

from checkly_dynamic.emulator.document import operations

COUNT = 10_000
ACCOUNT = "11111111-2222-4333-8444-555555555555"
PIECES = [
    *[
        "",
        "/",
        "//",
        "..",
        "%2e%2e",
        "%00",
        "%ff",
        "%F0%9F%90%99",
        "a" * 3000,
        "<script>",
        "v1",
        "check-sessions",
        "null",
    ],
    *["_emulator", "state", "reset", "journal", "checks", "next-outcome", "trigger", "%", "?", "'", '"', "{}", "-1"],
]
VALUES = [
    "",
    "0",
    "-1",
    "1",
    "30",
    "1e400",
    "NaN",
    "Infinity",
    "9" * 400,
    "true",
    "null",
    "é",
    "\ud800",
    "\x00",
    "[]",
    "a" * 5000,
]
# Every byte percent-encoded, lone surrogates too.
QUOTED = ["".join(f"%{byte:02x}" for byte in text.encode(errors="surrogatepass")) for text in VALUES]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"]
SCENARIO = {
    "rateLimit": None,
    "checks": [{"name": "x", "tags": ["t"], "seconds": 0}, {"name": "y", "checkType": "PLAYWRIGHT", "seconds": 0}],
}


def odd_json(chance, depth=0):
    """Make JSON that is nearly a request, or nothing like one."""
    kind = chance.randrange(9 if depth < 4 else 5)
    if kind < 5:
        return chance.choice([None, True, -1, 10**40, 1.5, "", "t", "!t", "\ud800", ACCOUNT, "x" * 200])
    if kind == 5:
        return [odd_json(chance, depth + 1) for _ in range(chance.randrange(4))]
    keys = [
        "target",
        "matchTags",
        "checkId",
        "refreshCache",
        "sequenceId",
        "status",
        "seconds",
        "route",
        "checks",
        "name",
    ]
    return {chance.choice(keys): odd_json(chance, depth + 1) for _ in range(chance.randrange(4))}


def odd_body(chance):
    """Make a body: nothing, JSON, almost JSON, bytes; now and then a huge one."""
    kind = chance.random()
    if kind < 0.002:
        return b"x" * (1024 * 1024 + chance.randrange(3))
    if kind < 0.005:
        return b"[" * 20_000
    if kind < 0.2:
        return chance.randbytes(chance.randrange(60))
    if kind < 0.5:
        return b""
    text = json.dumps(odd_json(chance)).encode()
    return text[: chance.randrange(len(text) + 1)] if kind < 0.65 else text


def odd_target(chance, session_ids):
    """Make a method, a path and a query: of an operation with odd values, or from pieces."""
    method = chance.choice(METHODS)
    if chance.random() < 0.2:
        path = "/" + "/".join(chance.choice(PIECES) for _ in range(chance.randrange(6)))
    else:
        operation = chance.choice(operations())
        method = operation.method if chance.random() < 0.9 else method
        value = chance.choice([*session_ids, chance.choice(PIECES) or "x", ACCOUNT])
        path = operation.path.replace("{checkSessionId}", value).replace("{accountId}", value)
    keys = ["limit", "page", "tag", "tag[]", "maxWaitSeconds", "search", "status", "checkType", "name", "code"]
    query = "&".join(f"{chance.choice(keys)}={chance.choice(QUOTED)}" for _ in range(chance.randrange(3)))
    return method, path + ("?" + query if query else "")


def odd_headers(chance):
    """Make headers: mostly those that Checkly asks for, sometimes not."""
    headers = {"Authorization": "Bearer x", "X-Checkly-Account": ACCOUNT, "Content-Type": "application/json"}
    for name in list(headers):
        if chance.random() < 0.08:
            headers[name] = chance.choice(
                ["", "Bearer", "a" * 4000, "\xff", "application/xml; charset=\xe9", "text/html"]
            )
    if chance.random() < 0.1:
        headers["Prefer"] = f"code={chance.choice(['200', '404', '429', '500', '999', 'x'])}"
    return headers


@pytest.fixture
def address(tmp_path):
    """Run a server in a process of its own, so that it does not share its time with the test; give host:port."""
    (tmp_path / "scenario.json").write_text(json.dumps(SCENARIO))
    arguments = ["--port", "0", "--check-answers", "--scenario", str(tmp_path / "scenario.json")]
    command = [sys.executable, "-m", "checkly_dynamic.emulator", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        yield server.stdout.readline().split()[3].removeprefix("http://")
        server.terminate()
        server.communicate(timeout=10)


def test_ten_thousand_odd_requests_cause_no_500(address):
    """Whatever is sent, no answer is a 500 (nor breaks the document, which would be one); the server still works."""
    chance = random.Random(6)
    seen = Counter()
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("POST", "/_emulator/trigger", "{}")
    session_ids = json.loads(connection.getresponse().read())["sessionIds"]
    for _ in range(COUNT):
        method, target = odd_target(chance, session_ids)
        try:
            connection.request(method, target, odd_body(chance), odd_headers(chance))
            answer = connection.getresponse()
            answer.read()
        except (http.client.HTTPException, OSError, ValueError):
            connection.close()  # our own client refuses to send it, or the server hung up on what is not HTTP
            continue
        seen[answer.status] += 1
        assert answer.status < 500 or answer.status == 501, (target, answer.status)
    connection.request("GET", "/_emulator/state")
    assert json.loads(connection.getresponse().read())["version"] > 0
    connection.close()
    assert sum(seen.values()) > COUNT * 0.9, seen
    assert {200, 201, 204, 400, 401, 404, 501} <= set(seen), seen
