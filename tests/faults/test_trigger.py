"""The one request that costs money and alerts people: sent once, and again only when it certainly was not received."""

from __future__ import annotations

import json
import time

import pytest
from fault_server import answer, closed_port, drip, drop, gzipped, hang, head, raw, redirect, reset, truncate, whole
from hypothesis import HealthCheck, given, settings, strategies as st
from wire_data import ACCOUNT, BODY, KEY, NO_MATCH, NO_ROUTE, SESSION, a_test_session, fast, result, session, started

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


class TestNotSent:
    """Without a connection trying again is safe, and the error says that nothing was sent."""

    @pytest.mark.parametrize(
        ("url", "words"),
        [
            (f"http://127.0.0.1:{closed_port()}", "connection refused"),
            ("https://checkly.invalid", "the host name is not known"),
        ],
        ids=["refused", "unknown-host"],
    )
    def test_the_reason_is_told(self, connect, trigger, raised, url, words):
        """Five tries, then an error that names the reason."""
        error = raised(TransportError, lambda: trigger(connect(url)))
        assert error.sent == "no"
        assert not error.may_have_started
        assert words in str(error)
        assert HINT not in str(error)

    def test_it_is_sent_when_the_server_is_back(self, connect, trigger, serve):
        """The first tries find nobody; exactly one POST arrives when the server listens."""
        port = closed_port()
        client = connect(f"http://127.0.0.1:{port}")
        tries, servers = [], []

        def before_trigger():
            tries.append(1)
            if len(tries) == 3:
                servers.append(serve(answer(201, started()), port=port))

        assert [run.id for run in trigger(client, before_trigger=before_trigger)] == [SESSION]
        assert [len(server.requests) for server in servers] == [1]

    def test_nothing_is_sent_without_time_for_the_answer(self, connect, trigger, serve, raised):
        """With a second left nothing is sent, because the ids would be lost."""
        server = serve(answer(201, started()))
        error = raised(TransportError, lambda: trigger(connect(server.url), seconds=1.0))
        assert str(error) == "no time was left to send the request and to wait for its answer"
        assert server.requests == []

    def test_nothing_is_sent_for_an_engine_that_is_gone(self, connect, trigger, serve, raised):
        """The engine is looked for before each try, also between two."""
        server = serve(answer(429, {}, headers={"Retry-After": "0"}), answer(201, started()))
        calls = []

        def before_trigger():
            calls.append(1)
            if len(calls) == 2:
                raise OperationCancelled("the engine has ended")

        raised(OperationCancelled, lambda: trigger(connect(server.url), before_trigger=before_trigger))
        assert len(server.requests) == 1


LOST = {
    "reset": reset,
    "no answer": hang,
    "head drips": drip(b"HTTP/1.1 201 Created\r\nX-Slow: " + b"a" * 9999),
    "body drips": drip(whole(201, b" " * 9999)),
    "body cut off": truncate(201, started(), keep=30),
    "not HTTP": raw(b"\x00\xff garbage\r\n\r\n"),
    "not JSON": answer(201, body=b"<html>captive portal</html>"),
    "huge number": answer(201, body=b'{"sessions": [{"timeElapsed": 1e999}]}'),
    "too large": gzipped(b" " * (33 * 2**20), status=201),
    "endless redirect": raw(head(302, {"Location": "/elsewhere"}) + b" " * 9_000_000, then_close=False),
    "500": answer(500, {"message": "oops"}),
    "408": answer(408, {}),
    "204": raw(head(204)),
    "307": redirect(307, "/elsewhere"),
}


@pytest.mark.parametrize(
    ("kind", "step"),
    [*(("check", step) for step in LOST.values()), ("test", LOST["reset"]), ("test", LOST["not JSON"])],
    ids=[*LOST, "reset test session", "test session not JSON"],
)
def test_an_unknown_outcome_is_never_followed_by_a_second_post(connect, trigger, serve, step, *, kind):
    """Exactly one POST arrives, in time; the error says that checks may have started and where to look."""
    server = serve(step)
    began = time.monotonic()
    with pytest.raises(ChecklyError) as caught:
        trigger(connect(server.url), kind=kind, clock=fast(15))
    assert time.monotonic() - began < 5
    assert [(r.method, r.path, r.json) for r in server.requests] == [("POST", PATHS[kind], BODY)]
    assert caught.value.may_have_started
    assert HINT in str(caught.value)


def test_a_redirect_is_never_followed(connect, trigger, serve, raised):
    """The other server is not contacted, so no credential gets there and no POST becomes a GET."""
    other = serve(answer(201, started()))
    server = serve(redirect(302, f"{other.url}/v1/check-sessions/trigger"))
    error = raised(TransportError, lambda: trigger(connect(server.url)))
    assert "302: the server sent a redirect, and redirects are not followed" in str(error)
    assert other.connections == 0


REFUSED = [
    (400, {"statusCode": 400, "message": "target is wrong"}, ApiError, "Checkly says: target is wrong"),
    (401, {"message": "Bad Token"}, ApiError, "check environment variable CHECKLY_API_KEY"),
    (402, {}, ApiError, "plan"),
    (403, {}, ApiError, "Read & Run"),
    (404, NO_MATCH, NoMatchingChecks, "no active check matches"),
    (404, {**NO_MATCH, "message": "Error: no checks match the tags"}, NoMatchingChecks, "no active check matches"),
    (404, NO_ROUTE, ApiError, "check checkly:apiUrl"),
    (404, {**NO_MATCH, "message": "There is no check group with this id"}, ApiError, "check checkly:apiUrl"),
    (404, {"message": "No matching checks were found."}, ApiError, "check checkly:apiUrl"),
]


@pytest.mark.parametrize(("status", "body", "kind", "words"), REFUSED)
def test_a_refusal_is_final_and_says_what_to_do(connect, trigger, serve, raised, *, status, body, kind, words):
    """A documented refusal is not tried again, and nothing has started; a 404 of somebody else is not "no match"."""
    server = serve(answer(status, body))
    error = raised(kind, lambda: trigger(connect(server.url)))
    assert words in str(error)
    assert (error.status, error.sent, error.may_have_started) == (status, "yes", False)
    assert len(server.requests) == 1


def test_an_empty_list_is_no_match(connect, trigger, serve, raised):
    """An answer without any session means that no check matched."""
    raised(NoMatchingChecks, lambda: trigger(connect(serve(answer(201, {"sessions": []})).url)))


def test_an_answer_that_is_not_usable_names_every_readable_id(connect, trigger, serve, raised):
    """One bad session among good ones loses no id: nobody else would ever tell them."""
    listed = [session("first"), {"checkSessionId": "second"}, 7, session("third\x1b[31m")]
    error = raised(InvalidResponse, lambda: trigger(connect(serve(answer(201, {"sessions": listed})).url)))
    assert "first, second, third" in str(error)
    assert error.may_have_started
    assert "\x1b" not in str(error)


def test_one_session_for_two_checks_is_refused(connect, trigger, serve, raised):
    """Each check needs a session of its own; otherwise one of them would be green without having run."""
    twice = started(session("a", "STARTED"), session("a", "STARTED", checkId="another"))
    error = raised(InvalidResponse, lambda: trigger(connect(serve(answer(201, twice)).url)))
    assert "Checkly returned the same session id for two checks" in str(error)
    assert error.may_have_started


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "PASSED", "RUNNING", SESSION]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*session(), *a_test_session(), *result(), "sessions"]), inner, max_size=6)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", ["check", "test"])
def test_any_json_is_read_or_refused(connect, trigger, serve, kind):
    """Whatever JSON a trigger is answered with: runs with an id, or an error that says whether checks may have started."""
    server = serve(drop)
    client = connect(server.url)

    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(JSON)
    def try_one(body):
        server.script[:] = [answer(201, body)]
        try:
            runs = trigger(client, kind=kind)
        except NoMatchingChecks:
            assert body == {**body, "sessions": []}
        except ChecklyError as error:
            assert error.may_have_started  # noqa: PT017 - some values are fine
        else:
            assert all(run.id for run in runs)

    try_one()


def test_what_checkly_may_add_does_no_harm(connect, trigger, serve):
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


def test_a_late_and_large_answer_keeps_its_ids(connect, trigger, serve):
    """An answer of 5 MiB that takes 35 of the 180 seconds is read: thousands of checks can start at once."""
    server = serve(answer(201, {**started(), "padding": "x" * 5 * 2**20}, after=0.7))
    [run] = trigger(connect(server.url), seconds=180, clock=fast(50))
    assert run.id == SESSION


RETRY_AFTER = [("1", 1.0), ("inf", 0.0), (None, 0.0)]


class TestTooManyRequests:
    """After 429 a POST is sent again, because Checkly refused it."""

    @pytest.mark.parametrize(("value", "least"), RETRY_AFTER, ids=["seconds", "inf", "none"])
    def test_retry_after_is_honoured(self, connect, trigger, serve, value, least):
        """Seconds and dates are waited for; nonsense and nothing are met by our own pause. One trigger is accepted."""
        headers = {} if value is None else {"Retry-After": value}
        server = serve(answer(429, {"statusCode": 429}, headers=headers), answer(201, started()))
        began = time.monotonic()
        assert [run.id for run in trigger(connect(server.url))] == [SESSION]
        assert least <= time.monotonic() - began <= least + 2.5
        assert len(server.requests) == 2

    @pytest.mark.parametrize(("asked", "seconds"), [("86400", 1e6), ("30", 20)], ids=["a-day", "past-the-deadline"])
    def test_too_long_is_not_waited_for(self, connect, trigger, serve, raised, *, asked, seconds):
        """It fails at once instead of waiting for nothing, and the message names what was asked for."""
        server = serve(answer(429, {}, headers={"Retry-After": asked}))
        began = time.monotonic()
        error = raised(ApiError, lambda: trigger(connect(server.url), seconds=seconds))
        assert time.monotonic() - began < 1
        assert (error.status, error.retry_after) == (429, float(asked))
        assert f"asked to wait {asked} s" in str(error)
        assert len(server.requests) == 1

    def test_many_refusals_are_no_failure(self, connect, trigger, serve):
        """429 is waited out until the deadline, however often it comes."""
        server = serve(*[answer(429, {}, headers={"Retry-After": "0"})] * 12, answer(201, started()))
        assert [run.id for run in trigger(connect(server.url))] == [SESSION]
        assert len(server.requests) == 13


def test_what_is_sent(connect, trigger, serve):
    """The key, the account, the library's name and JSON; no cookie of an earlier answer, nothing of the machine."""
    server = serve(answer(201, started(), headers={"Set-Cookie": "track=me; Path=/"}))
    client = connect(server.url)
    trigger(client)
    trigger(client)
    headers = server.requests[1].headers
    assert headers.pop("authorization") == f"Bearer {KEY}"
    assert headers.pop("x-checkly-account") == ACCOUNT
    assert headers.pop("user-agent").startswith("checkly-dynamic/")
    assert (headers.pop("content-type"), headers.pop("accept")) == ("application/json", "application/json")
    assert set(headers) == {"host", "accept-encoding", "connection", "content-length"}
    assert server.requests[1].body == json.dumps(BODY, separators=(",", ":")).encode()


def test_netrc_is_ignored(connect, trigger, serve, tmp_path, monkeypatch):
    """An entry for the host in .netrc does not replace the key."""
    server = serve(answer(201, started()))
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    trigger(connect(server.url))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_every_post_has_its_own_connection(connect, trigger, serve):
    """A kept connection may just be closed by the server, and then nobody would know whether a POST was read."""
    server = serve(answer(201, started()))
    client = connect(server.url)
    trigger(client)
    trigger(client)
    assert server.connections == 2
