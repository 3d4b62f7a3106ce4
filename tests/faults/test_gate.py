"""A whole gate on real sockets: faults while it waits (cases 24 to 31)."""

from __future__ import annotations

import re
import time

import pytest
from canary import leaks
from checkly_dynamic.core.awaited import Awaited
from fault_server import answer, drip, drop, hang, reset, truncate, whole
from wire_data import NO_SESSION, STILL_RUNNING, session

from checkly_dynamic.core.gate import Gate, Policy

IDS = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(25)]


def link(session_id):
    """Return the page of a session."""
    return f"https://app.checklyhq.com/check-sessions/{session_id}"


def awaited(number):
    """Wait for so many sessions of one trigger."""
    ids = IDS[:number]
    part = {
        "sessionIds": ids,
        "links": [link(i) for i in ids],
        "checkIds": [f"check-{i}" for i in ids],
        "checkTypes": ["API"] * number,
        "names": [f"name {i}" for i in ids],
    }
    return Awaited.from_state([part])


def said(session_id, status="PASSED", **fields):
    """Make the answer about one of the sessions."""
    return session(session_id, status, checkId=f"check-{session_id}", checkSessionLink=link(session_id), **fields)


def by_session(script):
    """Answer each session by its own list of steps, the last one for ever."""
    asked = {}

    def step(exchange):
        session_id = re.search(r"check-sessions/([^/]+)", exchange.request.path)[1]
        steps = script(session_id)
        number = asked[session_id] = asked.get(session_id, 0) + 1
        steps[min(number, len(steps)) - 1](exchange)

    return step


@pytest.fixture
def run(connect, serve):
    """Return a function that runs a gate over some sessions, answered by a script, and returns record, state and server."""

    def gate(number, script, **policy):
        server = serve(by_session(script))
        client = connect(server.url, connections=25)
        policy = Policy(**{"timeout_seconds": 10.0, **policy})
        lines = []
        began = time.monotonic()
        record = Gate(policy, awaited(number), client, say=lines.append).run()
        took = time.monotonic() - began
        assert took <= policy.timeout_seconds + 1
        state = record.to_state(policy.fail_on)
        assert state["sessionIds"] == IDS[:number]
        assert state["links"] == [link(i) for i in IDS[:number]]
        assert leaks(repr(state) + repr(lines)) == []
        return state, server, took

    return gate


def test_24_408_at_once_and_for_ever(run):
    """Case 24: a server that says "not yet" at once is asked about once a second, until the deadline."""
    state, server, took = run(1, lambda _: [answer(408, STILL_RUNNING)], timeout_seconds=3.0)
    assert state["conclusion"] == "PENDING"
    assert took >= 2.9
    assert 3 <= len(server.requests) <= 5


def test_25_every_fault_once_and_then_green(run):
    """Case 25: each session meets another fault first; all recover, and nothing is started."""
    faults = [drop, reset, answer(502, {}), answer(503, {}), answer(504, {}), truncate(200, said(IDS[0]), keep=9)]
    state, server, _ = run(6, lambda i: [faults[IDS.index(i)], answer(200, said(i))])
    assert state["passed"] is True
    assert {request.method for request in server.requests} == {"GET"}
    assert len(server.requests) == 12


def test_26_a_session_that_cannot_be_read(run):
    """Case 26: after five failures it is unknown, which is not green; every id and link is there, and the others count."""
    state, server, _ = run(3, lambda i: [drop if i == IDS[1] else answer(200, said(i))])
    assert state["conclusion"] == "UNKNOWN"
    assert state["statuses"] == ["PASSED", "STARTED", "PASSED"]
    assert any("broke before the answer was complete" in line and link(IDS[1]) in line for line in state["problems"])
    assert len(server.requests) == 7


def test_27_a_vanished_session_and_a_revoked_key(run):
    """Case 27: neither is asked for ever, neither is green, both are named with their link."""
    steps = {IDS[0]: answer(404, NO_SESSION), IDS[1]: answer(401, {}), IDS[2]: answer(200, said(IDS[2]))}
    state, server, took = run(3, lambda i: [steps[i]])
    assert state["conclusion"] == "UNKNOWN"
    assert state["statuses"][0] == "NOT_FOUND"
    assert all(any(link(i) in line for line in state["problems"]) for i in IDS[:2])
    assert took < 5
    assert len(server.requests) == 3


@pytest.mark.parametrize("step", [hang, drip(whole(200, b" " * 9999), every=0.02)], ids=["silent", "drips"])
def test_28_a_slow_answer_does_not_hold_the_gate(run, step):
    """Case 28: one session that never answers ends with the deadline; what the others said is kept."""
    state, _, took = run(3, lambda i: [step if i == IDS[0] else answer(200, said(i))], timeout_seconds=1.5)
    assert state["conclusion"] == "PENDING"
    assert state["statuses"][1:] == ["PASSED", "PASSED"]
    assert took <= 2.0


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ([said(IDS[0], "PROGRESS_FAILED"), said(IDS[0])], "PASSED"),
        ([said(IDS[0], "PASSED", results=[{"resultType": "FINAL", "hasFailures": True}])], "FAILED"),
        ([said(IDS[0], "SKIPPED")], "SKIPPED"),
    ],
)
def test_29_only_a_final_status_decides(run, steps, status):
    """Case 29: trouble on the way is no result; a contradiction counts as failure; an unknown word is never green."""
    state, _, _ = run(1, lambda _: [answer(200, step) for step in steps])
    assert state["statuses"] == [status]
    assert state["passed"] is (status == "PASSED")


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_30_four_bad_among_25(run, version):
    """Case 30: each bad one is named with its link, by policy; all results are kept. A cancelled v1 session says so."""
    cancelled = {
        "v1": said(IDS[11], "TIMED_OUT", results=[{"resultType": "FINAL", "isCancelled": True}]),
        "v2": said(IDS[11], "CANCELLED"),
    }[version]
    special = {
        IDS[3]: said(IDS[3], "FAILED"),
        IDS[5]: said(IDS[5], "DEGRADED"),
        IDS[7]: said(IDS[7], "TIMED_OUT"),
        IDS[11]: cancelled,
    }
    for fail_on, bad in (
        (("FAILED", "TIMED_OUT", "CANCELLED"), [3, 7, 11]),
        (("FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED"), [3, 5, 7, 11]),
        (("FAILED",), [3]),
    ):
        state, _, _ = run(25, lambda i: [answer(200, special.get(i, said(i)))], fail_on=fail_on)
        assert state["conclusion"] == "FAILED"
        assert sorted(state["failedLinks"]) == sorted(link(IDS[n]) for n in bad)
        assert state["counts"] == {"PASSED": 21, "FAILED": 1, "DEGRADED": 1, "TIMED_OUT": 1, "CANCELLED": 1}


def test_31_some_finished_and_some_pending_at_the_deadline(run):
    """Case 31: both are complete in what is stored, and each pending one is named with its link."""
    state, _, _ = run(6, lambda i: [hang if IDS.index(i) % 2 else answer(200, said(i))], timeout_seconds=1.0)
    assert state["conclusion"] == "PENDING"
    assert "3 of 6 checks had not finished in time" in state["reason"]
    assert state["counts"] == {"PASSED": 3, "STARTED": 3}
    assert all(any(link(IDS[n]) in line for line in state["problems"]) for n in (1, 3, 5))


def test_parallel_deployments_that_share_a_budget_are_not_red(run):
    """Each session meets 429 several times, as when another deployment uses the same account: the gate is green all the same."""
    limited = answer(429, {}, headers={"Retry-After": "0"})
    state, server, _ = run(10, lambda i: [limited] * 8 + [answer(200, said(i))])
    assert state["passed"] is True
    assert len(server.requests) == 90
