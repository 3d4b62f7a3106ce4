"""A whole gate, and a refresh, on real sockets: faults while it waits, and what can change its verdict."""

import re
import threading
import time

import pytest
from fault_server import answer, drip, drop, hang, spoilt, whole
from operating import (
    KEY,
    NO_SESSION,
    STILL_RUNNING,
    TEST_SESSION,
    Lines,
    a_test_session,
    fast,
    leaks,
    operation,
    result,
    session,
    started,
    wait_for,
)

from checkly_dynamic.core.triggers import CheckSessionTriggerResource, TestSessionTriggerResource
from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource

IDS = [f"{n:08d}-0000-4000-8000-000000000000" for n in range(16)]
FAILED = [{"resultType": "FINAL", "hasFailures": True, "checkResultId": "why"}]


def said(session_id, status="PASSED", **fields):
    """Make the answer about one of the sessions."""
    return session(session_id, status, **{"checkId": f"check-{session_id}", **fields})


def link(session_id):
    """Return the page of a session."""
    return said(session_id)["checkSessionLink"]


@pytest.fixture
def run(serve):
    """Return a function that runs a gate over sessions, each with its own answers, of which the last repeats for ever."""

    def gate(*steps, seconds=10.0, clock=None, other=drop, long_ago=False, **inputs):
        left = {session_id: list(own) for session_id, own in zip(IDS, steps, strict=False)}

        def step(exchange):
            found = re.search(r"check-sessions/([^/]+)/completion", exchange.request.path)
            if found and (own := left.get(found[1])):
                (own.pop(0) if len(own) > 1 else own[0])(exchange)
            else:
                other(exchange)

        server, log = serve(step), Lines()
        more = {"triggeredAt": "2026-11-23T07:00:00Z"} if long_ago else {}
        sessions = wait_for(*(said(session_id, "STARTED") for session_id in left), **more)
        inputs = {"resourceName": "gate", "timeoutSeconds": seconds, "waitFor": sessions, **inputs}
        began = time.monotonic()
        state = CheckSessionVerdictResource().run({}, inputs, operation(server.url, log=log, clock=clock))
        assert time.monotonic() - began <= seconds + 1
        assert state["sessionIds"][: len(steps)] == [*left]
        assert leaks(repr(state) + repr(log.shown)) == []
        return state, server

    return gate


def test_every_fault_four_times_and_then_green(run):
    """Each session has another fault first; all recover at the fifth read, and nothing is started."""
    faults = spoilt(200).values()
    state, server = run(*([*[step] * 4, answer(200, said(i))] for i, step in zip(IDS, faults, strict=False)))
    assert state["passed"] is True
    assert [request.method for request in server.requests] == ["GET"] * 5 * len(faults)


def test_what_cannot_be_read_is_never_green(run):
    """Broken answers, a forgotten session, a revoked key or another check's answer; the good session is kept."""
    state, server = run(
        [drop],
        [answer(404, NO_SESSION)],
        [answer(401, {})],
        [answer(200, said(IDS[3]))],
        [answer(200, said(IDS[4], checkId="another"))],
        long_ago=True,
    )
    assert state["conclusion"] == "UNKNOWN"
    assert state["statuses"] == ["STARTED", "NOT_FOUND", "STARTED", "PASSED", "STARTED"]
    details = {row["sessionId"]: row["detail"] for row in state["failed"]}
    assert "broke before the answer was complete" in details[IDS[0]]
    assert "401" in details[IDS[2]]
    assert all(row["link"] == link(row["sessionId"]) for row in state["failed"])
    assert sum("/completion" in request.path for request in server.requests) == 5 + 1 + 1 + 1 + 1


@pytest.mark.parametrize("step", [hang, drip(whole(200, b" " * 9999), every=0.02)], ids=["silent", "drips"])
def test_a_slow_answer_does_not_hold_the_gate(run, step):
    """A session without an answer is pending at the deadline, with its link; the other results are kept."""
    state, _ = run([step], [answer(200, said(IDS[1]))], [step], seconds=1.5)
    assert state["conclusion"] == "PENDING"
    assert "2 of 3 checks had not finished in time" in state["reason"]
    assert [row["link"] for row in state["failed"]] == [link(IDS[0]), link(IDS[2])]


def test_408_at_once_and_for_ever(run):
    """A server that says "not yet" at once is asked about once a second, until the deadline."""
    state, server = run([answer(408, STILL_RUNNING)], seconds=3.0)
    assert state["conclusion"] == "PENDING"
    assert 3 <= len(server.requests) <= 5


WHY = {"apiCheckResult": {"requestError": "ECONNREFUSED 10.0.0.1:443"}}


@pytest.mark.parametrize(
    ("details", "errors"),
    [
        (hang, []),
        (answer(200, [{}]), []),
        (answer(200, WHY), ["ECONNREFUSED 10.0.0.1:443"]),
        (answer(200, {"apiCheckResult": {"requestError": f"got {KEY[:9]}\x1b[2m{KEY[9:]}"}}), ["got ***"]),
    ],
)
def test_failure_details_change_no_verdict(run, details, errors):
    """
    Whatever the request for details does, the verdict is FAILED with the link, within five seconds.

    The API key is masked, also if Checkly's colours are in the middle of it.
    """
    began = time.monotonic()
    state, server = run(
        [answer(200, said(IDS[0], "FAILED", results=FAILED))], seconds=20.0, clock=fast(8), other=details
    )
    assert time.monotonic() - began < 3
    assert server.requests[1].path == f"/v1/check-results/check-{IDS[0]}/why"
    assert (state["conclusion"], state["failedLinks"]) == ("FAILED", [link(IDS[0])])
    assert state["failed"][0]["errors"] == errors


FINE = {"resultType": "FINAL", "hasFailures": False, "hasErrors": False, "isDegraded": False, "isCancelled": False}
CONTRADICTIONS = [
    ("PASSED", [FINE, {**FINE, "hasFailures": True}], "FAILED"),
    ("PASSED", [{**FINE, "aborted": True}], "FAILED"),
    ("PASSED", [{**FINE, "isDegraded": True}], "DEGRADED"),
    ("PASSED", [{**FINE, "hasErrors": "true"}], "FAILED"),
    ("DEGRADED", [{**FINE, "isCancelled": True}, {**FINE, "hasErrors": True}], "FAILED"),
    ("CANCELLED", [{**FINE, "hasErrors": True, "aborted": True}], "CANCELLED"),
    ("TIMED_OUT", [{**FINE, "aborted": True, "isCancelled": True}], "CANCELLED"),
    ("FAILED", [FINE], "FAILED"),
    ("TIMED_OUT", [{**FINE, "hasErrors": True}, {**FINE, "isCancelled": True}], "FAILED"),
    ("DEGRADED", [{**FINE, "isDegraded": True}, {**FINE, "isCancelled": True}], "FAILED"),
    ("PASSED", [{**FINE, "isCancelled": True}], "CANCELLED"),
    ("PASSED", [{**FINE, "resultType": "ATTEMPT"}], "NO_RESULTS"),
    ("PASSED", [{**FINE, "resultType": "ATTEMPT", "hasFailures": True}, FINE], "PASSED"),
    ("PASSED", "not a list", "PASSED"),
]


def test_a_status_that_its_results_contradict_counts_as_the_worse(run):
    """A good status with bad results is never good; a cancelled v1 timeout gets v2's status."""
    answers = [
        [answer(200, said(i, status, results=results))]
        for i, (status, results, _) in zip(IDS, CONTRADICTIONS, strict=False)
    ]
    state, _ = run(*answers, failureDetails=False)
    assert state["statuses"] == [counted for _, _, counted in CONTRADICTIONS]


def test_without_a_thread_to_read_with_nothing_is_lost(run, monkeypatch):
    """A container may allow no more threads. Then the sessions are unread, and the next update reads them."""
    start = threading.Thread.start

    def refuse(thread):
        if thread.name.startswith("checkly-poll"):
            msg = "can't start new thread"
            raise RuntimeError(msg)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)
    state, server = run([answer(200, said(IDS[0]))])
    assert (state["conclusion"], state["sessionIds"], server.requests) == ("UNKNOWN", [IDS[0]], [])


def test_a_rerun_whose_answer_is_lost_is_not_sent_again(run):
    """The bad check stays bad, and its detail says that checks may have started."""
    state, server = run([answer(200, said(IDS[0], "FAILED"))], attempts=5, other=answer(500, {}))
    posts = [request.json for request in server.requests if request.method == "POST"]
    assert posts == [{"target": {"checkId": [f"check-{IDS[0]}"]}, "refreshCache": False}]
    assert state["conclusion"] == "FAILED"
    assert "Checks may have started" in state["failed"][0]["detail"]


def test_a_good_word_in_the_answer_that_started_a_rerun_is_not_its_result(run):
    """The new session is read like every other one."""
    again = said("again", checkId=f"check-{IDS[0]}")

    def other(exchange):
        post = exchange.request.method == "POST"
        answer(*(201, started(again)) if post else (200, {**again, "status": "FAILED"}))(exchange)

    state, _ = run([answer(200, said(IDS[0], "FAILED"))], attempts=2, other=other)
    assert (state["conclusion"], state["statuses"]) == ("FAILED", ["FAILED", "FAILED"])


def test_a_test_session_is_read_by_its_results(serve):
    """A result's flags count before its status, an attempt or a pending result is never good, and all variables are sent."""
    rows = [
        (result("PASSED", resultType="FINAL"), "PASSED"),
        (result("PASSED", isDegraded=True), "DEGRADED"),
        (result("PASSED", aborted=True), "FAILED"),
        (result("CANCELLED"), "CANCELLED"),
        (result("CANCELLED", hasErrors=True), "FAILED"),
        (result("SOMETHING_NEW", isDegraded=True), "SOMETHING_NEW"),
        (result("FAILED", resultType="ATTEMPT"), "NO_RESULTS"),
        (result("RUNNING", resultType="PENDING"), "NO_RESULTS"),
    ]
    results = [{**row, "testSessionResultId": f"r{n}", "checkId": f"c{n}"} for n, (row, _) in enumerate(rows)]
    running = a_test_session("RUNNING")
    server = serve(answer(201, running), answer(200, running), answer(200, a_test_session("PASSED", *results)))
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
    gate = {"waitFor": [element], "timeoutSeconds": 5.0}
    state = CheckSessionVerdictResource().run({}, gate, operation(server.url))
    assert state["conclusion"] == "FAILED"
    assert state["statuses"] == [counted for _, counted in rows]
    details = {request.path.partition("?")[0] for request in server.requests[3:]}
    assert details == {f"/v1/test-sessions/{TEST_SESSION}/results/r{n}" for n in (2, 3, 4, 5)}


@pytest.mark.parametrize(
    ("completion", "status"),
    [
        (a_test_session("PASSED", result(), "nothing"), "RUNNING"),
        ({**a_test_session("PASSED", result()), "testSessionId": TEST_SESSION.upper()}, "PASSED"),
        (a_test_session("DEGRADED", result()), "DEGRADED"),
    ],
    ids=["no object", "other case", "degraded"],
)
def test_an_odd_answer_about_a_test_session_is_never_green(serve, completion, status):
    """A check without a result stays missing; a result that cannot be read leaves the session unread."""
    server = serve(answer(200, completion))
    element = {
        "kind": "test",
        "sessionIds": [TEST_SESSION],
        "links": [""],
        "names": ["shop"],
        "askedCheckIds": ["gone"],
    }
    gate = {"waitFor": [element], "timeoutSeconds": 2.0}
    state = CheckSessionVerdictResource().run({}, gate, operation(server.url, clock=fast(30)))
    assert state["passed"] is False
    assert status in state["statuses"]


def test_a_refresh_forgets_no_check_that_a_test_session_has_named(serve):
    """Checkly may leave the results out while the session runs; the gate still requires one for each check."""
    server = serve(answer(201, a_test_session("RUNNING", result("RUNNING"))), answer(200, a_test_session("RUNNING")))
    trigger = TestSessionTriggerResource()
    inputs = {"resourceName": "shop", "target": {"matchTags": [["smoke"]]}}
    outputs = trigger.run({}, inputs, operation(server.url))
    assert trigger.read(outputs, operation(server.url))["results"] == outputs["results"] != []


def refresh(serve, step, *sessions):
    """Read a trigger's sessions again; return server, statuses and lines."""
    server, log = serve(step), Lines()
    stored = {"resourceName": "smoke", **started(*sessions)}
    began = time.monotonic()
    found = CheckSessionTriggerResource().read(stored, operation(server.url, clock=fast(30), log=log))
    assert time.monotonic() - began < 3
    return server, found.get("statuses"), log.shown


def test_a_refresh_ends_at_its_deadline(serve):
    """If an answer is too slow, the stored status stays, and one line says why; other good answers count."""

    def step(exchange):
        slow = IDS[0] in exchange.request.path
        (drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 999) if slow else answer(200, said(IDS[1])))(exchange)

    _, statuses, shown = refresh(serve, step, said(IDS[0], "STARTED"), said(IDS[1], "STARTED"))
    assert statuses == ["STARTED", "PASSED"]
    assert shown == [("info", "1 of 2 statuses were not refreshed: no time left")]


def test_a_failure_that_meets_all_stops_the_refresh(serve):
    """A wrong key is noticed early, not once for each of a thousand sessions."""
    many = [said(f"s{number}", "STARTED") for number in range(1000)]
    server, _, [(_, line)] = refresh(serve, answer(401, {}), *many)
    assert line.startswith("1000 of 1000 statuses were not refreshed: 401: ")
    assert len(server.requests) < 100


def test_a_refresh_does_not_believe_the_status_of_another_check(serve):
    """An answer about another check changes nothing."""
    _, statuses, _ = refresh(serve, answer(200, said(IDS[0], checkId="another")), said(IDS[0], "STARTED"))
    assert statuses == ["STARTED"]
