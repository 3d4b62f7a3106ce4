"""The one request that costs money and alerts people: sent once, and again only when it certainly was not received."""

import contextlib
import json
import time

import pytest
from fault_server import SLOW, answer, closed_port, drop, head, raw, spoilt
from hypothesis import HealthCheck, example, given, settings, strategies as st
from operating import (
    ACCOUNT,
    BODY,
    KEY,
    NO_MATCH,
    SESSION,
    TEST_SESSION,
    a_test_session,
    fast,
    raised,
    result,
    session,
    started,
    trigger,
)

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import (
    ApiError,
    ChecklyError,
    InvalidResponse,
    NoMatchingChecks,
    OperationCancelled,
    TransportError,
)

HINT = "Checks may have started, so the request is not sent again. Look at"
PATHS = {"check": "/v1/check-sessions/trigger", "test": "/v1/test-sessions/trigger"}


def test_without_a_connection_nothing_was_sent(connect):
    """Five tries, then an error that names the reason."""
    refused = f"http://127.0.0.1:{closed_port()}"
    for url, words in ((refused, "connection refused"), ("https://checkly.invalid", "the host name is not known")):
        error = raised(TransportError, lambda url=url: trigger(connect(url)))
        assert (error.sent, error.may_have_started) == ("no", False)
        assert words in str(error)
        assert HINT not in str(error)


def test_it_is_sent_when_the_server_is_back(connect, serve):
    """The first tries fail; exactly one POST arrives when the server listens."""
    port = closed_port()
    tries, servers = [], []

    def before_trigger():
        tries.append(1)
        if len(tries) == 3:
            servers.append(serve(answer(201, started()), port=port))

    assert trigger(connect(f"http://127.0.0.1:{port}"), before_trigger=before_trigger)[0].id == SESSION
    assert [len(server.requests) for server in servers] == [1]


def test_nothing_is_sent_without_time_for_the_answer(connect, serve):
    """With one second left, nothing is sent, because the ids would be lost."""
    server = serve(answer(201, started()))
    error = raised(TransportError, lambda: trigger(connect(server.url), seconds=1.0))
    assert str(error) == "no time was left to send the request and to wait for its answer"
    assert server.requests == []


def test_nothing_is_sent_for_an_engine_that_is_gone(connect, serve):
    """Before each try, also before a second one, the engine must be alive."""
    server = serve(answer(429, {}, headers={"Retry-After": "0"}), answer(201, started()))

    def before_trigger():
        if server.requests:
            raise OperationCancelled("the engine has ended")

    raised(OperationCancelled, lambda: trigger(connect(server.url), before_trigger=before_trigger))
    assert len(server.requests) == 1


REDIRECTS = {
    "endless redirect": raw(head(302, {"Location": "/elsewhere"}) + b" " * 9_000_000),
    "307": answer(307, {}, headers={"Location": "/elsewhere"}),
    "408": answer(408, {}),
    "204": raw(head(204)),
}
LOST = {**spoilt(201), **SLOW, **REDIRECTS}


@pytest.mark.parametrize(
    ("kind", "step"),
    [*(("check", step) for step in LOST.values()), ("test", LOST["reset"]), ("test", LOST["not JSON"])],
    ids=[*LOST, "reset test session", "test session not JSON"],
)
def test_an_unknown_outcome_is_never_followed_by_a_second_post(connect, serve, step, kind):
    """Exactly one POST arrives, in time; the error says that checks may have started and where to look."""
    server = serve(step)
    began = time.monotonic()
    error = raised(ChecklyError, lambda: trigger(connect(server.url), kind=kind, clock=fast(15)))
    assert time.monotonic() - began < 5
    assert [(r.method, r.path, r.json) for r in server.requests] == [("POST", PATHS[kind], BODY)]
    assert error.may_have_started
    assert HINT in str(error)


def test_a_redirect_is_never_followed(connect, serve):
    """The other server is not contacted, so no credential gets there and no POST becomes a GET."""
    other = serve(answer(201, started()))
    server = serve(answer(302, {}, headers={"Location": f"{other.url}/v1/check-sessions/trigger"}))
    error = raised(TransportError, lambda: trigger(connect(server.url)))
    assert "302: the server sent a redirect, and redirects are not followed" in str(error)
    assert other.connections == 0


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"statusCode": 400, "message": "target is wrong"}, ApiError, "Checkly says: target is wrong"),
        (403, {}, ApiError, "Read & Run"),
        (404, NO_MATCH, NoMatchingChecks, "no active check matches"),
        (404, {**NO_MATCH, "message": "Error: no checks match the tags"}, NoMatchingChecks, "no active check matches"),
        (404, {**NO_MATCH, "message": "Not Found"}, ApiError, "check checkly:apiUrl"),
        (404, {**NO_MATCH, "message": "There is no check group with this id"}, ApiError, "check checkly:apiUrl"),
        (404, {"message": "No matching checks were found."}, ApiError, "check checkly:apiUrl"),
    ],
)
def test_a_refusal_is_final_and_says_what_to_do(connect, serve, status, body, *, kind, words):
    """A documented refusal is not tried again, and nothing has started; a 404 of another server is not "no match"."""
    server = serve(answer(status, body))
    error = raised(kind, lambda: trigger(connect(server.url)))
    assert words in str(error)
    assert (error.status, error.sent, error.may_have_started) == (status, "yes", False)
    assert len(server.requests) == 1


def test_an_answer_that_is_not_usable_names_every_readable_id(connect, serve):
    """The ids are nowhere else. A check without its own session would be green without having run."""
    unreadable = [session("first"), {"checkSessionId": "second"}, 7, session("third\x1b[31m")]
    shared = [session("a"), session("a", checkId="another")]
    pending = {"testSessionResultId": None, "resultType": "PENDING", "status": "RUNNING"}
    for kind, body, words in (
        ("check", started(*unreadable), "first, second, third"),
        ("check", started(*shared), "Checkly returned the same session id for two checks"),
        ("test", {"testSessionId": "second", "status": "RUNNING", "results": [pending]}, "second"),
    ):
        server = serve(answer(201, body))
        error = raised(InvalidResponse, lambda server=server, kind=kind: trigger(connect(server.url), kind=kind))
        assert words in str(error)
        assert error.may_have_started
        assert "\x1b" not in str(error)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "PASSED", "RUNNING", SESSION]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*session(), *a_test_session(), *result(), "sessions"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", ["check", "test"])
def test_any_json_is_read_or_refused(connect, serve, kind):
    """
    Any JSON answer to a trigger gives runs, or an error that says that checks may have started.

    With any JSON in one field of the answer about a session, its runs can be stored, or the error is a ChecklyError.
    """
    server = serve(drop)
    client = connect(server.url)
    session_id, good = {"check": (SESSION, session()), "test": (TEST_SESSION, a_test_session())}[kind]

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(JSON, st.sampled_from([*good, "results"]), st.sampled_from(["hasErrors", "resultType", "checkId"]))
    @example({"sessions": []}, "results", "hasErrors")
    def play(value, field, flag):
        server.script[:] = [answer(201, value)]
        try:
            assert all(run.id for run in trigger(client, kind=kind))
        except NoMatchingChecks:
            assert value["sessions"] == []
        except ChecklyError as error:
            assert error.may_have_started  # noqa: PT017 - some values are fine
        server.script[:] = [answer(200, {**good, "results": [{**result(), flag: value}], field: value})]
        with contextlib.suppress(ChecklyError):
            client.get(kind, session_id, deadline=Deadline(2))
            runs = client.completion(kind, session_id, max_wait=1)
            json.dumps([run.to_state() for run in runs or []], allow_nan=False)

    play()


def test_what_checkly_may_add_does_no_harm(connect, serve):
    """Duplicates are merged, unknown words and fields are kept or ignored, optional fields may be missing."""
    listed = [
        session("a", "STARTED", extra={"deep": [1]}),
        session("a", "STARTED"),
        session("b", "TELEPORTED", checkType="QUANTUM"),
        {"checkSessionId": "c", "checkId": "x", "status": "STARTED"},
        session("d", "STARTED", name=None, runLocations="eu", timeElapsed="soon"),
    ]
    step = answer(201, {"sessions": listed}, headers={"Content-Type": "text/html"})
    found = trigger(connect(serve(step).url))
    assert [run.id for run in found] == ["a", "b", "c", "d"]
    assert not any(run.finished for run in found)
    assert (found[1].status, found[1].check_type) == ("TELEPORTED", "QUANTUM")


def test_a_late_and_large_answer_keeps_its_ids(connect, serve):
    """An answer of 5 MiB that takes 35 of the 180 seconds is read: thousands of checks can start at once."""

    def late(exchange):
        exchange.hang(0.7)
        answer(201, {**started(), "padding": "x" * 5 * 2**20})(exchange)

    [run] = trigger(connect(serve(late).url), seconds=180, clock=fast(50))
    assert run.id == SESSION


@pytest.mark.parametrize(("value", "least"), [("1", 1.0), ("inf", 0.0), (None, 0.0)])
def test_after_a_429_it_is_sent_again(connect, serve, value, least):
    """Checkly refused it, any number of times. ``Retry-After`` in seconds counts; otherwise the usual pause applies."""
    headers = {} if value is None else {"Retry-After": value}
    limited = answer(429, {}, headers={"Retry-After": "0"})
    server = serve(answer(429, {"statusCode": 429}, headers=headers), *[limited] * 9, answer(201, started()))
    began = time.monotonic()
    assert [run.id for run in trigger(connect(server.url))] == [SESSION]
    assert time.monotonic() - began >= least
    assert len(server.requests) == 11


@pytest.mark.parametrize(("asked", "seconds"), [("86400", 1e6), ("30", 20)], ids=["a-day", "past-the-deadline"])
def test_a_pause_that_is_too_long_is_not_waited_for(connect, serve, asked, seconds):
    """It fails at once instead of waiting for nothing, and the message names the requested pause."""
    server = serve(answer(429, {}, headers={"Retry-After": asked}))
    began = time.monotonic()
    error = raised(ApiError, lambda: trigger(connect(server.url), seconds=seconds))
    assert time.monotonic() - began < 1
    assert (error.status, error.retry_after) == (429, float(asked))
    assert f"asked to wait {asked} s" in str(error)
    assert len(server.requests) == 1


def test_what_is_sent(connect, serve, tmp_path, monkeypatch):
    """
    The key, the account, the library's name and JSON; no cookies of earlier answers, no .netrc, nothing about the machine.

    Every POST has its own connection: a kept one may be closing, and then it would not be known whether the POST was read.
    """
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    server = serve(answer(201, started(), headers={"Set-Cookie": "track=me; Path=/"}))
    client = connect(server.url)
    trigger(client)
    trigger(client)
    assert server.connections == 2
    headers = server.requests[1].headers
    assert headers.pop("authorization") == f"Bearer {KEY}"
    assert headers.pop("x-checkly-account") == ACCOUNT
    assert headers.pop("user-agent").startswith("checkly-dynamic/")
    assert (headers.pop("content-type"), headers.pop("accept")) == ("application/json", "application/json")
    assert set(headers) == {"host", "accept-encoding", "connection", "content-length"}
    assert server.requests[1].json == BODY
