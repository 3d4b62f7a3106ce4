"""When requests are sent and sent again: pauses, ``Retry-After``, and the account's rate limit."""

import contextlib
import io
import uuid

import pytest
import requests
from hypothesis import given, strategies as st
from urllib3 import HTTPResponse

from checkly_dynamic.api.answers import read_answer
from checkly_dynamic.api.http import RateLimit
from checkly_dynamic.api.retries import Retries
from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.errors import ApiError, ChecklyError, InvalidResponse, OperationCancelled, TransportError

OK = object()
UNSENT = TransportError("no connection", sent="no")
FAILING = ApiError("x", status=503)
MAY_PASS = [UNSENT, TransportError("lost"), InvalidResponse("x"), FAILING]
FINAL = [TransportError("TLS", sent="no", retry=False), OperationCancelled("x"), ApiError("x", status=401)]
LOW, HIGH = Retries(jitter=lambda: 0.0), Retries(jitter=lambda: 1.0)


class Time:
    """Time that only moves when something waits."""

    def __init__(self):
        self.now = 0.0
        self.pauses = []

    def deadline(self, seconds):
        """Make a deadline in this time."""
        return Deadline(seconds, Clock(monotonic=lambda: self.now, wait=self._wait))

    def _wait(self, _event, seconds):
        self.pauses.append(seconds)
        self.now += seconds


def limited(seconds=None):
    """Make a 429."""
    return ApiError("429", status=429, retry_after=seconds)


def pauses(*answers, retries=HIGH, seconds=10_000):
    """Read with these answers, the last one for ever, and return the pauses."""
    left, clock = list(answers), Time()

    def once():
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    with contextlib.suppress(ChecklyError):
        retries.run(once, clock.deadline(seconds), is_read=True)
    return clock.pauses


def test_the_pauses_double():
    """Half a second, doubled each time, times a random factor from a half to one; at most fifteen seconds."""
    assert pauses(FAILING, retries=LOW) == [0.25, 0.5, 1, 2]
    assert pauses(FAILING) == [0.5, 1, 2, 4]
    assert max(pauses(FAILING, retries=Retries(failures=50, jitter=lambda: 1.0))) == 15
    assert pauses(FAILING, seconds=3.4) == [0.5, 1.0], "a pause that the deadline does not allow is not begun"


def test_retry_after_is_the_least_that_is_waited():
    """Up to a tenth is added at random; it is never a busy loop. A 429 or a failing server may ask for up to a minute."""
    for asked, low, high in ((0, 0.5, 0.55), (60, 60, 66)):
        assert pauses(limited(asked), OK, retries=LOW) == [low]
        assert pauses(limited(asked), OK) == pytest.approx([high])
    assert pauses(limited(60.1), OK) == []
    for asked, waited in ((3, 3.3), (61, 0.5)):
        assert pauses(ApiError("503", status=503, retry_after=asked), OK) == pytest.approx([waited])


@given(st.lists(st.sampled_from([*MAY_PASS, *FINAL, limited(0.1), limited(), OK]), max_size=30))
def test_for_any_row_of_answers_at_most_one_may_have_been_received(answers):
    """Only the last request may have been received, and the deadline is kept."""
    done, clock = [], Time()

    def once():
        answer = answers[len(done)] if len(done) < len(answers) else OK
        done.append(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with contextlib.suppress(ChecklyError):
        Retries().run(once, clock.deadline(60), is_read=False)
    assert clock.now <= 60
    assert all(answer is UNSENT or getattr(answer, "status", 0) == 429 for answer in done[:-1])


def pause(value):
    """Read an answer with this ``Retry-After``."""
    response = requests.Response()
    response.status_code = 429
    response.raw = HTTPResponse(io.BytesIO(b"{}"), preload_content=False)
    response.headers.update({"Retry-After": value})
    return read_answer(response, secrets=(), max_bytes=10_000).retry_after


def test_retry_after():
    """Seconds are read; anything else, such as a date, is ignored."""
    odd = ("", "-1", "1e3", "nan", "9" * 400, "1, 2", "٣", "Mon, 23 Nov 2026 08:00:30 GMT")
    for value, seconds in {" 7 ": 7, "1.5": 1.5, **dict.fromkeys(odd)}.items():
        assert pause(value) == seconds, value


@given(st.text(st.characters(codec="latin-1", exclude_categories=["Cc"])))
def test_any_header_is_read_without_harm(value):
    """Whatever a server sends, the pause is None or a number that is not negative."""
    seconds = pause(value)
    assert seconds is None or seconds >= 0


def test_one_limit_for_each_account_and_server():
    """Clients of one account share it, others have their own."""
    account = str(uuid.uuid4())  # the limits live as long as the process, which may have run this test before
    one = RateLimit.shared("https://one.example.com", account)
    assert [one.turn(0) for _ in range(601)] == [0] * 600 + [pytest.approx(61, abs=5)]
    assert RateLimit.shared("https://one.example.com", account) is one
    assert RateLimit.shared("https://one.example.com", "b") is not one
    assert RateLimit.shared("https://two.example.com", account) is not one


@given(st.integers(1, 5), st.lists(st.tuples(st.floats(0, 20), st.floats(0, 30)), max_size=40))
def test_no_window_ever_holds_more(requests, asks):
    """For any requests, times and longest waits, no window of ten seconds holds more than allowed."""
    now = [1000.0]
    limit = RateLimit(requests, 10, monotonic=lambda: now[0])
    sent = []
    for pause, patience in asks:
        now[0] += pause
        wait = limit.turn(patience)
        if wait <= patience:
            sent.append(now[0] + wait)
    assert sent == sorted(sent)
    assert all(later - earlier >= 10 - 1e-6 for earlier, later in zip(sent, sent[requests:], strict=False))
