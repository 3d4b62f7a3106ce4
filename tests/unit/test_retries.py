"""When requests are sent and sent again: pauses, ``Retry-After``, and the account's rate limit."""

import contextlib
import io
import time
import uuid

import pytest
import requests
from hypothesis import given, strategies as st
from urllib3 import HTTPResponse

from checkly_dynamic.api.answers import read_answer
from checkly_dynamic.api.rate_limit import RateLimit
from checkly_dynamic.api.retries import Retries
from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.errors import ApiError, ChecklyError

OK = object()
FAILING = ApiError("x", status=503)
LOW, HIGH = Retries(jitter=lambda: 0.0), Retries(jitter=lambda: 1.0)


def pauses(*answers, retries=HIGH, seconds=10_000):
    """Read with these answers, the last one for ever, and return the pauses. Time only moves while something waits."""
    left, waited = list(answers), []

    def once():
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    clock = Clock(monotonic=lambda: sum(waited), wait=lambda _event, seconds: waited.append(seconds))
    with contextlib.suppress(ChecklyError):
        retries.run(once, Deadline(seconds, clock), is_read=True)
    return waited


def test_the_pauses_double():
    """Half a second, doubled each time, times a random factor from a half to one; at most fifteen seconds."""
    assert pauses(FAILING, retries=LOW) == [0.25, 0.5, 1, 2]
    assert pauses(FAILING) == [0.5, 1, 2, 4]
    assert max(pauses(FAILING, retries=Retries(failures=50, jitter=lambda: 1.0))) == 15
    assert pauses(FAILING, seconds=3.4) == [0.5, 1.0], "a pause that the deadline does not allow is not begun"


def test_retry_after_is_the_least_that_is_waited():
    """Up to a tenth is added at random; it is never a busy loop. A 429 or a failing server may ask for up to a minute."""

    def asked(status, seconds, retries=HIGH):
        return pauses(ApiError("x", status=status, retry_after=seconds), OK, retries=retries)

    for seconds, high in ((0.5, 0.55), (60, 66)):
        assert asked(429, seconds, LOW) == [seconds]
        assert asked(429, seconds) == pytest.approx([high])
    assert asked(429, 0, LOW) == [0.5]
    assert asked(429, 60.1) == []
    assert asked(503, 3) == pytest.approx([3.3])
    assert asked(503, 61) == asked(503, 0) == [0.5]


DATE = "Mon, 23 Nov 2026 08:00:00 GMT"


def pause(value, date):
    """Read an answer with this ``Retry-After``."""
    response = requests.Response()
    response.status_code = 429
    response.raw = HTTPResponse(io.BytesIO(b"{}"), preload_content=False)
    response.headers.update({"Retry-After": value, "Date": date})
    return read_answer(response, secrets=(), max_bytes=10_000).retry_after


@pytest.fixture
def tokyo(monkeypatch):
    """Set another time zone on the machine than on the server."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_retry_after():
    """Seconds and the three forms of an HTTP date, compared with the answer's own date; anything else is ignored."""
    dates = ("Mon, 23 Nov 2026 08:00:30 GMT", "Monday, 23-Nov-26 08:00:30 GMT", "Mon Nov 23 08:00:30 2026")
    known = {" 7 ": 7, "1.5": 1.5, "Mon, 23 Nov 2026 07:59:00 GMT": 0, **dict.fromkeys(dates, 30)}
    odd = ("", "-1", "1e3", "nan", "9" * 400, "1, 2", "٣", "Mon, 23 Nov 99999999999 08:00:30 GMT")
    for value, seconds in {**known, **dict.fromkeys(odd)}.items():
        assert pause(value, DATE) == seconds, value
    assert pause("Mon, 23 Nov 2020 08:00:30 GMT", "no date") == 0, "compared with the clock of this machine"


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
