"""
The real plugin host under faults: one POST, no piece of the key leaks, and the host keeps working for the next resource.

What the engine would show is the text of the gRPC error, the log and the host's stderr; what it would store are the outputs.
"""

import json

import pytest
from fault_server import answer, closed_port, drop, spoilt
from operating import ACCOUNT, KEY, NO_MATCH, NO_SESSION, SESSION, a_test_session, leaks, session, started, wait_for
from plugin import TEST_TRIGGER, TRIGGER, VERDICT, Engine, Plugin, Refused, secret

PATH_SECRET = "GatewayW0rdInPath"
VARIABLE = "t0kQz7LmPw"
SMOKE = {"resourceName": "smoke", "target": {"matchTags": [["smoke"]]}}
TEST = {**SMOKE, "environmentVariables": {"TOKEN": VARIABLE}, "secretEnvironmentVariables": ["TOKEN"]}
GATE = {"resourceName": "gate", "timeoutSeconds": 0.4, "waitFor": wait_for(session())}
BOTH = pytest.mark.parametrize(("kind", "inputs"), [(TRIGGER, SMOKE), (TEST_TRIGGER, TEST)], ids=["check", "test"])


def echo(status):
    """Answer with the request's own headers and body in every place where text is allowed."""

    def step(exchange):
        text = f"{exchange.request.headers} {exchange.request.body.decode()}"
        body = {"statusCode": status, "message": text, "error": text, **started(session(name=text, status="STARTED"))}
        tests = a_test_session("RUNNING", name=text)
        answer(status, {**tests, **body}, headers={"Location": f"https://example.com/{KEY}", "X-Echo": KEY})(exchange)

    return step


STEPS = {
    **spoilt(201),
    "redirect": answer(302, {}, headers={"Location": f"https://user:{KEY}@example.com/{KEY}"}),
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
def server(serve):
    """Run a server that closes every connection."""
    return serve(drop)


@pytest.fixture
def plugin(server, engine):
    """Start a plugin host whose key comes from the stack's config, and whose base URL has a secret path."""
    url = f"{server.url}/{PATH_SECRET}"
    config = {"checkly:apiKey": secret(KEY), "checkly:accountId": ACCOUNT, "checkly:apiUrl": url}
    env = {"CHECKLY_API_KEY": f"{KEY}fromEnvironment"}
    with Plugin(config=config, env=env, engine=engine.address) as host:
        yield host


def outcome(call, *args):
    """Return what is stored or shown."""
    try:
        return json.dumps(call(*args))
    except Refused as error:
        return str(error)


def test_no_failure_shows_a_secret_and_none_ends_the_host(plugin, server, engine):
    """Each kind of answer meets one POST of a trigger, gate or refresh; nothing is green or secret, and the host lives on."""
    shown = []
    for name, step in STEPS.items():
        for kind, inputs in ((TRIGGER, SMOKE), (TEST_TRIGGER, TEST)):
            server.script[:] = [step]
            posts = len(server.requests)
            # Another resource each time: a request of unknown outcome is not sent again by this host.
            shown.append(outcome(plugin.create, kind, {**inputs, "resourceName": f"smoke {name}"}))
            shown[-1] = shown[-1].replace(json.dumps(VARIABLE), "")
            assert "Traceback" not in shown[-1], name
            assert len(server.requests) == posts + 1, f"{name}: one POST, whatever comes back"
        if name in ("closed", "not JSON", "redirect", "vanished", "echo 200", "echo 401"):
            shown.append(json.dumps(plugin.create(VERDICT, GATE)))
            assert '"passed": true' not in shown[-1], name
        if name in ("vanished", "echo 200", "echo 401"):
            shown.append(json.dumps(plugin.read(TRIGGER, {**SMOKE, "sessions": [session(status="STARTED")]})))
    server.script[:] = [answer(201, started())]
    assert plugin.create(TRIGGER, {**SMOKE, "resourceName": "next"})["sessionIds"] == [SESSION], "the host lives on"
    text = "\n".join([*shown, plugin.stderr, repr(engine.lines)])
    assert leaks(text) == leaks(text, PATH_SECRET) == leaks(text, VARIABLE) == []
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


@BOTH
def test_a_retry_that_the_engine_asks_for_sends_no_second_post(plugin, server, kind, inputs):
    """A resource hook may have a failed create run again: after an unknown outcome it fails with the same words, unsent."""
    create, update = (lambda: plugin.create(kind, inputs)), (lambda: plugin.update(kind, {}, inputs))
    for call in (create, create, update):
        with pytest.raises(Refused, match="Checks may have started, so the request is not sent again"):
            call()
    assert len(server.requests) == 1
    server.script[:] = [answer(201, {**a_test_session("RUNNING"), **started()})]
    plugin.create(kind, {**inputs, "target": {"matchTags": [["another"]]}})
    assert len(server.requests) == 2


def test_a_retry_after_a_certainly_unsent_request_is_sent(serve):
    """Without a server there is one clean line; when the server runs, the next create posts."""
    port = closed_port()
    config = {"checkly:apiKey": KEY, "checkly:accountId": ACCOUNT, "checkly:apiUrl": f"http://127.0.0.1:{port}"}
    with Plugin(config=config) as plugin:
        line = rf"\ATransportError: could not connect to http://127\.0\.0\.1:{port}: [^\n]*\s*\Z"
        with pytest.raises(Refused, match=line):
            plugin.create(TRIGGER, SMOKE)
        server = serve(answer(201, started()), port=port)
        assert plugin.create(TRIGGER, SMOKE)["sessionIds"] == [SESSION]
    assert len(server.requests) == 1
