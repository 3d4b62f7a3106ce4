"""
The real plugin host under faults: no piece of the key gets out, and the host lives on for the next resource.

What the engine would show is the text of the gRPC error and the host's stderr; what it would store are the outputs.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from canary import ACCOUNT, KEY, leaks
from fault_server import answer, closed_port, drop, gzipped, hang, raw, redirect, reset, truncate
from wire_data import CHECK, NO_MATCH, NO_SESSION, SESSION, session, started

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))
from plugin import SECRET, TRIGGER, VERDICT, Plugin, Refused

PATH_SECRET = "GatewayW0rdInPath"
SMOKE = {"resourceName": "smoke", "target": {"matchTags": [["smoke"]]}}
GATE = {
    "resourceName": "gate",
    "timeoutSeconds": 0.4,
    "attempts": 2.0,
    "waitFor": [
        {"sessionIds": [SESSION], "links": [""], "checkIds": [CHECK], "checkTypes": ["API"], "names": ["home"]}
    ],
}


def echo(status):
    """Answer with the request's own headers in every place where a text may stand."""

    def step(exchange):
        said = str(exchange.request.headers)
        body = {"statusCode": status, "message": said, "error": said, **started(session(name=said, status="STARTED"))}
        answer(status, body, headers={"Location": f"https://example.com/{KEY}", "X-Echo": KEY})(exchange)

    return step


STEPS = {
    "good": answer(201, started()),
    "drop": drop,
    "reset": reset,
    "hang": raw(b"HTTP/1.1 201 OK\r\nContent-Length: 99\r\n\r\n{", then_close=True),
    "truncated": truncate(201, started(), keep=30),
    "html": answer(201, body=b"<html>"),
    "bomb": gzipped(b" " * 9_000_000, status=201),
    "depth": answer(201, body=b"[" * 1_000_000),
    "redirect": redirect(302, f"https://user:{KEY}@example.com/{KEY}"),
    "no match": answer(404, NO_MATCH),
    "vanished": answer(404, NO_SESSION),
    "limited": answer(429, {"message": KEY}, headers={"Retry-After": "86400"}),
    **{
        f"echo {status}": echo(status)
        for status in (200, 201, 204, 302, 400, 401, 402, 403, 404, 408, 418, 500, 502, 503)
    },
}

FOR_GATES = ("drop", "html", "redirect", "vanished", "limited", "echo 200", "echo 401", "echo 500")
FOR_REFRESHES = ("drop", "vanished", "echo 200", "echo 401", "echo 403")
"""What a gate and a refresh meet too; each takes its time, because reads are tried again."""


@pytest.fixture
def host(tmp_path, serve):
    """Start a plugin host whose key comes from the stack's config, and whose base URL has a secret path."""
    server = serve(STEPS["good"])
    config = {
        "checkly:apiKey": {**SECRET, "value": KEY},
        "checkly:accountId": ACCOUNT,
        "checkly:apiUrl": f"{server.url}/{PATH_SECRET}",
    }
    with Plugin(tmp_path, config=config, env={"CHECKLY_API_KEY": f"{KEY}fromEnvironment"}) as plugin:
        yield plugin, server


def outcome(plugin):
    """Create a trigger and return what is stored or shown."""
    try:
        return json.dumps(plugin.create(SMOKE))
    except Refused as error:
        return str(error)


def test_no_failure_shows_the_key_and_none_ends_the_host(host):
    """
    Trigger, gate and refresh meet every kind of answer, one after the other in the same host: what is shown and what is stored
    holds no piece of the key or of the URL's path and no traceback, and after each the next resource works.
    """
    plugin, server = host
    shown = []
    for name, step in STEPS.items():
        server.script[:] = [step]
        posts = len(server.requests)
        shown.append(outcome(plugin))
        assert "Traceback" not in shown[-1], name
        assert len(server.requests) == posts + 1, f"{name}: one POST, whatever comes back"
        if name in FOR_GATES:
            shown.append(json.dumps(plugin.create(GATE, VERDICT)))
            assert '"passed": true' not in shown[-1], name
        if name in FOR_REFRESHES:
            shown.append(json.dumps(plugin.read({**SMOKE, "sessions": [session(status="STARTED")]})))
        server.script[:] = [STEPS["good"]]
        assert plugin.create(SMOKE)[1]["sessionIds"] == [SESSION], f"after {name} the host works"
    text = "\n".join([*shown, plugin.stderr])
    assert leaks(text) == []
    assert leaks(text, PATH_SECRET) == []
    assert all(request.headers["authorization"] == f"Bearer {KEY}" for request in server.requests)


@pytest.mark.parametrize("change", ["\n", " ", "\r\nX: 1", "é", "\x00", ""])
def test_2_a_malformed_key_is_refused_before_it_becomes_a_header(tmp_path, serve, change):
    """Case 2: check says what is wrong without the key, create refuses all the same, and nothing is sent."""
    server = serve(answer(201, started()))
    config = {
        "checkly:apiKey": KEY + change if change else "",
        "checkly:accountId": ACCOUNT,
        "checkly:apiUrl": server.url,
    }
    with Plugin(tmp_path, config=config) as plugin:
        (problem,) = plugin.check(SMOKE)
        with pytest.raises(Refused) as refused:
            plugin.create(SMOKE)
        assert problem in str(refused.value)
        assert leaks(problem + str(refused.value) + plugin.stderr) == []
    assert server.requests == []


def test_11_a_server_that_is_gone(tmp_path):
    """Case 11: nobody listens: one clean line, and the host lives on."""
    config = {
        "checkly:apiKey": KEY,
        "checkly:accountId": ACCOUNT,
        "checkly:apiUrl": f"http://127.0.0.1:{closed_port()}",
    }
    with Plugin(tmp_path, config=config) as plugin:
        with pytest.raises(Refused, match=r"ConnectFailed: could not connect to http://127\.0\.0\.1:"):
            plugin.create(SMOKE)
        assert plugin.check(SMOKE) == []
        assert leaks(plugin.stderr) == []


def test_22_eight_at_once_do_not_mix(tmp_path, serve):
    """Case 22: eight resources in the host's four threads send eight POSTs and each gets the answer to its own."""

    def own(exchange):
        tag = exchange.request.json["target"]["matchTags"][0][0]
        answer(201, started(session(tag, "STARTED", name=tag)), after=0.05)(exchange)

    server = serve(own)
    config = {"checkly:apiKey": KEY, "checkly:accountId": ACCOUNT, "checkly:apiUrl": server.url}
    with Plugin(tmp_path, config=config) as plugin, ThreadPoolExecutor(8) as pool:
        inputs = [{"resourceName": "same", "target": {"matchTags": [[f"tag-{n}"]]}} for n in range(8)]
        outputs = [out for _, out in pool.map(plugin.create, inputs)]
    assert [out["sessionIds"] for out in outputs] == [[f"tag-{n}"] for n in range(8)]
    assert len(server.requests) == 8


def test_a_hanging_gate_does_not_stop_the_others(tmp_path, serve):
    """While a gate waits for a server that never answers, another resource of the same host is created."""
    server = serve(lambda exchange: (hang if exchange.request.method == "GET" else STEPS["good"])(exchange))
    config = {"checkly:apiKey": KEY, "checkly:accountId": ACCOUNT, "checkly:apiUrl": server.url}
    with Plugin(tmp_path, config=config) as plugin, ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(plugin.create, {**GATE, "timeoutSeconds": 3.0}, VERDICT)
        assert plugin.create(SMOKE)[1]["sessionIds"] == [SESSION]
        assert not waiting.done()
        assert waiting.result()[1]["conclusion"] == "PENDING"


def test_18_thousands_of_sessions(host):
    """A trigger that starts three thousand sessions, some of them twice, is stored whole."""
    plugin, server = host
    ids = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(3000)]
    server.script[:] = [answer(201, started(*[session(i, "STARTED") for i in [*ids, *ids[:100]]]))]
    assert plugin.create(SMOKE)[1]["sessionIds"] == ids


def test_17_half_an_emoji_does_not_lose_the_sessions(host):
    """A name that no UTF-8 can hold would fail the whole create after the checks were started."""
    plugin, server = host
    server.script[:] = [answer(201, started(session(name="shop \ud83d", status="STARTED")))]
    _, outputs = plugin.create({**SMOKE, "resourceName": TRIGGER[:10]})
    assert outputs["sessionIds"] == [SESSION]
