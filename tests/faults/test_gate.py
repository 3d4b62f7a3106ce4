"""A whole gate, and a refresh, on real sockets: faults while it waits, and what can change its verdict."""

from __future__ import annotations

import re
import time

import pytest
from fault_server import answer, drip, drop, hang, reset, truncate, whole
from operating import Lines, operation, wait_for
from wire_data import NO_SESSION, STILL_RUNNING, TEST_SESSION, a_test_session, fast, leaks, result, session, started

from checkly_dynamic.core.triggers import CheckSessionTriggerResource, TestSessionTriggerResource
from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource

IDS = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(25)]
FAILED = [{"resultType": "FINAL", "hasFailures": True, "checkResultId": "why"}]


def link(session_id):
    """Return the page of a session."""
    return f"https://app.checklyhq.com/check-sessions/{session_id}"


def said(session_id, status="PASSED", **fields):
    """Make the answer about one of the sessions."""
    return session(session_id, status, checkId=f"check-{session_id}", checkSessionLink=link(session_id), **fields)


def by_session(script):
    """Answer the reads of each session by its own list of steps, the last one for ever; anything else is 404."""
    asked = {}

    def step(exchange):
        found = re.search(r"check-sessions/([^/]+)/completion", exchange.request.path)
        if not found:
            answer(404, {})(exchange)
            return
        steps = script(found[1])
        number = asked[found[1]] = asked.get(found[1], 0) + 1
        steps[min(number, len(steps)) - 1](exchange)

    return step


@pytest.fixture
def run(serve):
    """Return a function that runs a gate over some sessions, answered by a script, and returns state and server."""

    def gate(number, script, *, seconds=10.0, triggered_at="2026-11-23T07:00:00Z", **inputs):
        server = serve(by_session(script))
        log = Lines()
        sessions = [said(session_id, "STARTED") for session_id in IDS[:number]]
        inputs = {
            "resourceName": "gate",
            "timeoutSeconds": seconds,
            "waitFor": wait_for(sessions, triggeredAt=triggered_at),
            **inputs,
        }
        began = time.monotonic()
        state = CheckSessionVerdictResource().run({}, inputs, operation(server.url, log=log))
        assert time.monotonic() - began <= seconds + 1
        assert [row["checkSessionId"] for row in state["sessions"]][:number] == IDS[:number]
        assert leaks(repr(state) + repr(log.shown)) == []
        return state, server

    return gate


def reads(server):
    """Return the completion requests."""
    return [request for request in server.requests if "/completion" in request.path]


def test_one_read_for_each_session(run):
    """A green gate reads each session once, and sends nothing else."""
    state, server = run(25, lambda i: [answer(200, said(i), after=0.3)])
    assert state["passed"] is True
    assert len(server.requests) == 25


def test_408_at_once_and_for_ever(run):
    """A server that says "not yet" at once is asked about once a second, until the deadline."""
    state, server = run(1, lambda _: [answer(408, STILL_RUNNING)], seconds=3.0)
    assert state["conclusion"] == "PENDING"
    assert 3 <= len(server.requests) <= 5


def test_every_fault_once_and_then_green(run):
    """Each session meets another fault first; all recover, and nothing is started."""
    faults = [drop, reset, answer(502, {}), answer(503, {}), answer(504, {}), truncate(200, said(IDS[0]), keep=9)]
    state, server = run(6, lambda i: [faults[IDS.index(i)], answer(200, said(i))])
    assert state["passed"] is True
    assert [request.method for request in server.requests] == ["GET"] * 12


def test_what_cannot_be_read_is_never_green(run):
    """A broken server, a forgotten session and a revoked key are told apart, and the session that ended well is kept."""
    steps = [drop, answer(404, NO_SESSION), answer(401, {}), None]
    state, server = run(4, lambda i: [steps[IDS.index(i)] or answer(200, said(i))])
    assert state["conclusion"] == "UNKNOWN"
    assert state["statuses"] == ["STARTED", "NOT_FOUND", "STARTED", "PASSED"]
    details = {row["sessionId"]: row["detail"] for row in state["failed"]}
    assert "broke before the answer was complete" in details[IDS[0]]
    assert "401" in details[IDS[2]]
    assert all(row["link"] == link(row["sessionId"]) for row in state["failed"])
    assert len(reads(server)) == 5 + 1 + 1 + 1


@pytest.mark.parametrize("step", [hang, drip(whole(200, b" " * 9999), every=0.02)], ids=["silent", "drips"])
def test_a_slow_answer_does_not_hold_the_gate(run, step):
    """What never answers is pending at the deadline, each with its link; what the others said is kept."""
    state, _ = run(4, lambda i: [step if IDS.index(i) % 2 else answer(200, said(i))], seconds=1.5)
    assert state["conclusion"] == "PENDING"
    assert "2 of 4 checks had not finished in time" in state["reason"]
    assert state["counts"] == {"PASSED": 2, "STARTED": 2}
    assert [row["link"] for row in state["failed"]] == [link(IDS[1]), link(IDS[3])]


DETAILS = {
    "fails": answer(500, {}),
    "hangs": hang,
    "is a list": answer(200, [{}]),
    "says more": answer(200, {"apiCheckResult": {"requestError": "ECONNREFUSED 10.0.0.1:443"}}),
}


@pytest.mark.parametrize("details", DETAILS.values(), ids=DETAILS.keys())
def test_failure_details_change_no_verdict(serve, details):
    """Whatever their read does, the verdict is FAILED with the link, within five seconds; they are read once."""

    def step(exchange):
        if "/v1/check-results/" in exchange.request.path:
            details(exchange)
        else:
            answer(200, said(IDS[0], "FAILED", results=FAILED))(exchange)

    server = serve(step)
    inputs = {"waitFor": wait_for([said(IDS[0], "STARTED")]), "timeoutSeconds": 20.0}
    began = time.monotonic()
    state = CheckSessionVerdictResource().run({}, inputs, operation(server.url, clock=fast(8)))
    assert time.monotonic() - began < 3
    assert (state["conclusion"], state["failedLinks"]) == ("FAILED", [link(IDS[0])])
    said_more = details is DETAILS["says more"]
    assert state["failed"][0]["errors"] == (["ECONNREFUSED 10.0.0.1:443"] if said_more else [])


def test_a_test_session_is_read_by_its_results(serve):
    """Green only when every final result is good; the trigger's variables are sent exactly, the secret ones marked."""
    bodies = iter([a_test_session("RUNNING"), a_test_session("PASSED", result("PASSED"), result("FAILED", name="b"))])

    def step(exchange):
        post = exchange.request.method == "POST"
        body = a_test_session("RUNNING") if post else next(bodies)
        for number, row in enumerate(body["results"]):
            row["testSessionResultId"] = f"result-{number}"
        answer(201 if post else 200, body)(exchange)

    server = serve(step)
    inputs = {
        "resourceName": "shop",
        "target": {"matchTags": [["smoke", "!slow"]]},
        "environmentVariables": {"BASE_URL": "https://green.example.com", "TOKEN": "t0psecret"},
        "secretEnvironmentVariables": ["TOKEN"],
        "retryStrategy": {"type": "FIXED", "maxRetries": 2.0},
    }
    outputs = TestSessionTriggerResource().run({}, inputs, operation(server.url))
    assert (outputs["sessionId"], outputs["status"]) == (TEST_SESSION, "RUNNING")
    assert server.requests[0].json == {
        "name": "shop",
        "runLocation": "eu-central-1",
        "target": {"matchTags": [["smoke", "!slow"]]},
        "environmentVariables": [
            {"key": "BASE_URL", "value": "https://green.example.com"},
            {"key": "TOKEN", "value": "t0psecret", "secret": True},
        ],
        "retryStrategy": {"type": "FIXED", "maxRetries": 2},
        "refreshCache": False,
    }
    element = {"kind": "test", "sessionIds": [TEST_SESSION], "links": [""], "names": ["shop"]}
    gate = {"waitFor": [element], "timeoutSeconds": 5.0, "failureDetails": False}
    state = CheckSessionVerdictResource().run({}, gate, operation(server.url))
    assert (state["conclusion"], state["statuses"]) == ("FAILED", ["PASSED", "FAILED"])
    assert {request.path.split("?")[0] for request in server.requests[1:]} == {
        f"/v1/test-sessions/{TEST_SESSION}/completion"
    }


def test_a_rerun_whose_answer_is_lost_is_not_sent_again(run, serve):
    """The bad check stays bad, and its detail says that checks may have started."""
    posts = []

    def step(exchange):
        if exchange.request.method == "POST":
            posts.append(exchange.request.json)
            drop(exchange)
        answer(200, said(IDS[0], "FAILED"))(exchange)

    server = serve(step)
    inputs = {"waitFor": wait_for([said(IDS[0], "STARTED")]), "timeoutSeconds": 10.0, "attempts": 5}
    state = CheckSessionVerdictResource().run({}, inputs, operation(server.url))
    assert posts == [{"target": {"checkId": [f"check-{IDS[0]}"]}, "refreshCache": False}]
    assert state["conclusion"] == "FAILED"
    assert "Checks may have started" in state["failed"][0]["detail"]


def test_a_refresh_ends_at_its_deadline(serve):
    """A server that drips keeps what is stored, and one line says why; a good answer beside it counts."""

    def step(exchange):
        slow = IDS[0] in exchange.request.path
        (drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 999) if slow else answer(200, said(IDS[1])))(exchange)

    log = Lines()
    stored = {"resourceName": "smoke", **started(said(IDS[0], "STARTED"), said(IDS[1], "STARTED"))}
    began = time.monotonic()
    found = CheckSessionTriggerResource().read(stored, operation(serve(step).url, clock=fast(30), log=log))
    assert time.monotonic() - began < 3
    assert found["statuses"] == ["STARTED", "PASSED"]
    assert log.shown == [("info", "1 of 2 statuses were not refreshed: no time left")]


def test_an_open_poll_costs_one_request_in_30_seconds(serve):
    """Two sessions that run for 89 seconds are read three times each: completion is a long poll."""

    def step(exchange):
        exchange.hang(int(exchange.request.path.rpartition("=")[2]) / 30)
        answer(408, STILL_RUNNING)(exchange)

    server = serve(step)
    inputs = {"waitFor": wait_for([said(i, "STARTED") for i in IDS[:2]]), "timeoutSeconds": 89.0}
    state = CheckSessionVerdictResource().run({}, inputs, operation(server.url, clock=fast(30)))
    assert state["conclusion"] == "PENDING"
    assert len(server.requests) <= 2 * 3
