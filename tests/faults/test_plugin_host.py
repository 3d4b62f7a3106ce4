"""
The real plugin host under faults: one POST, no piece of the key gets out, and the host lives on for the next resource.

What the engine would show is the text of the gRPC error, the log and the host's stderr; what it would store are the outputs.
"""

from __future__ import annotations

import json

import pytest
from engine import Engine
from fault_server import answer, closed_port, drop, gzipped, redirect, reset, truncate
from operating import wait_for
from plugin import SECRET, TEST_TRIGGER, TRIGGER, VERDICT, Plugin, Refused
from wire_data import ACCOUNT, KEY, NO_MATCH, NO_SESSION, SESSION, TEST_SESSION, a_test_session, leaks, session, started

PATH_SECRET = "GatewayW0rdInPath"
VARIABLE = "t0kQz7LmPw"
SMOKE = {"resourceName": "smoke", "target": {"matchTags": [["smoke"]]}}
TEST = {**SMOKE, "environmentVariables": {"TOKEN": VARIABLE}, "secretEnvironmentVariables": ["TOKEN"]}
GATE = {"resourceName": "gate", "timeoutSeconds": 0.4, "waitFor": wait_for([session()])}


def echo(status):
    """Answer with the request's own headers and body in every place where text is allowed."""

    def step(exchange):
        text = f"{exchange.request.headers} {exchange.request.body.decode()}"
        body = {"statusCode": status, "message": text, "error": text, **started(session(name=text, status="STARTED"))}
        tests = a_test_session("RUNNING", name=text)
        answer(status, {**tests, **body}, headers={"Location": f"https://example.com/{KEY}", "X-Echo": KEY})(exchange)

    return step


STEPS = {
    "drop": drop,
    "reset": reset,
    "truncated": truncate(201, started(), keep=30),
    "html": answer(201, body=b"<html>"),
    "bomb": gzipped(b" " * 34_000_000, status=201),
    "depth": answer(201, body=b"[" * 1_000_000),
    "redirect": redirect(302, f"https://user:{KEY}@example.com/{KEY}"),
    "no match": answer(404, NO_MATCH),
    "vanished": answer(404, NO_SESSION),
    "limited": answer(429, {"message": KEY}, headers={"Retry-After": "86400"}),
    **{f"echo {status}": echo(status) for status in (200, 201, 401, 408, 503)},
}


@pytest.fixture
def engine():
    """Run an engine that keeps what is logged."""
    with Engine() as listening:
        yield listening


@pytest.fixture
def host(tmp_path, serve, engine):
    """Start a plugin host whose key comes from the stack's config, and whose base URL has a secret path."""
    server = serve(drop)
    config = {
        "checkly:apiKey": {**SECRET, "value": KEY},
        "checkly:accountId": ACCOUNT,
        "checkly:apiUrl": f"{server.url}/{PATH_SECRET}",
    }
    env = {"CHECKLY_API_KEY": f"{KEY}fromEnvironment"}
    with Plugin(tmp_path, config=config, env=env, engine=engine.address) as plugin:
        yield plugin, server


def outcome(call, *args):
    """Return what is stored or shown."""
    try:
        return json.dumps(call(*args))
    except Refused as error:
        return str(error)


def test_no_failure_shows_a_secret_and_none_ends_the_host(host, engine):
    """
    Both triggers, gate and refresh meet every kind of answer, one after the other in the same host.

    Each create sends one POST. What is shown and what is stored holds no piece of the key, of the URL's path or of a secret
    variable (its input aside), and no traceback; nothing is green; and after each the next resource works.
    """
    plugin, server = host
    shown = []
    for name, step in STEPS.items():
        for inputs, provider in ((SMOKE, TRIGGER), (TEST, TEST_TRIGGER)):
            server.script[:] = [step]
            posts = len(server.requests)
            # Another resource each time: a request of unknown outcome is not sent again by this host.
            shown.append(outcome(plugin.create, {**inputs, "resourceName": f"smoke {name}"}, provider))
            shown[-1] = shown[-1].replace(json.dumps(VARIABLE), "")
            assert "Traceback" not in shown[-1], name
            assert len(server.requests) == posts + 1, f"{name}: one POST, whatever comes back"
        if name in ("drop", "html", "redirect", "vanished", "echo 200", "echo 401"):
            shown.append(json.dumps(plugin.create(GATE, VERDICT)))
            assert '"passed": true' not in shown[-1], name
        if name in ("vanished", "echo 200", "echo 401"):
            shown.append(json.dumps(plugin.read({**SMOKE, "sessions": [session(status="STARTED")]})))
    server.script[:] = [answer(201, started())]
    assert plugin.create({**SMOKE, "resourceName": "next"})[1]["sessionIds"] == [SESSION], "the host lives on"
    text = "\n".join([*shown, plugin.stderr, repr(engine.lines)])
    assert leaks(text) == leaks(text, PATH_SECRET) == leaks(text, VARIABLE) == []
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.parametrize(("inputs", "provider"), [(SMOKE, TRIGGER), (TEST, TEST_TRIGGER)], ids=["check", "test"])
def test_a_retry_that_the_engine_asks_for_sends_no_second_post(host, inputs, provider):
    """A resource hook may have a failed create run again: after an unknown outcome it fails with the same words, unsent."""
    plugin, server = host
    first, *again = [outcome(plugin.create, inputs, provider), outcome(plugin.create, inputs, provider)]
    again.append(outcome(plugin.update, {}, inputs, provider))
    assert "Checks may have started, so the request is not sent again" in first
    assert all("Checks may have started, so the request is not sent again" in text for text in again)
    assert len(server.requests) == 1
    server.script[:] = [answer(201, {**a_test_session("RUNNING"), **started()})]
    plugin.create({**inputs, "target": {"matchTags": [["another"]]}}, provider)
    assert len(server.requests) == 2


def test_a_retry_after_a_certainly_unsent_request_is_sent(tmp_path, serve):
    """Nobody listened: one clean line, and when the server is there the next create posts."""
    port = closed_port()
    config = {"checkly:apiKey": KEY, "checkly:accountId": ACCOUNT, "checkly:apiUrl": f"http://127.0.0.1:{port}"}
    with Plugin(tmp_path, config=config) as plugin:
        with pytest.raises(
            Refused, match=rf"\ATransportError: could not connect to http://127\.0\.0\.1:{port}: [^\n]*\s*\Z"
        ):
            plugin.create(SMOKE)
        server = serve(answer(201, started()), port=port)
        assert plugin.create(SMOKE)[1]["sessionIds"] == [SESSION]
        assert leaks(plugin.stderr) == []
    assert len(server.requests) == 1


def test_a_malformed_key_is_refused_before_it_becomes_a_header(tmp_path, serve):
    """Check says what is wrong without the key, create refuses all the same, and nothing is sent."""
    server = serve(answer(201, started()))
    config = {"checkly:apiKey": f"{KEY}\r\nX: 1", "checkly:accountId": ACCOUNT, "checkly:apiUrl": server.url}
    with Plugin(tmp_path, config=config) as plugin:
        (problem,) = plugin.check(SMOKE)
        with pytest.raises(Refused) as refused:
            plugin.create(SMOKE)
        assert problem in str(refused.value)
        assert leaks(problem + str(refused.value) + plugin.stderr) == []
    assert server.requests == []


def test_thousands_of_sessions_and_half_an_emoji_are_stored(host):
    """A trigger that starts three thousand sessions, some listed twice, is stored whole; what no UTF-8 can hold is replaced."""
    plugin, server = host
    ids = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(3000)]
    listed = [session(i, "STARTED", name="shop \ud83d") for i in [*ids, *ids[:100]]]
    server.script[:] = [answer(201, started(*listed))]
    assert plugin.create(SMOKE)[1]["sessionIds"] == ids
    server.script[:] = [answer(201, a_test_session("RUNNING", name="shop \ud83d"))]
    assert plugin.create(TEST, TEST_TRIGGER)[1]["sessionId"] == TEST_SESSION
