"""When something is tried again, after how long, and when it is given up."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, strategies as st

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
    """A clock that only moves when something waits."""

    def __init__(self):
        self.now = 0.0
        self.pauses = []

    def wait(self, _event, seconds):
        """Let time pass at once."""
        self.pauses.append(seconds)
        self.now += seconds

    def deadline(self, seconds):
        """Make a deadline of this clock."""
        return Deadline(seconds, Clock(monotonic=lambda: self.now, wait=self.wait))


@pytest.fixture
def time():
    """Give a clock that only moves when something waits."""
    return Time()


def script(*answers):
    """Return a function that gives or raises one thing after the other, the last one for ever, and counts its calls."""

    def call():
        answer = answers[min(call.count, len(answers) - 1)]
        call.count += 1
        if isinstance(answer, Exception):
            raise answer
        return answer

    call.count = 0
    return call


def limited(seconds=None):
    """Make a 429."""
    return ApiError("429", status=429, retry_after=seconds)


def test_the_pauses_double(time):
    """Half a second, doubled each time, times a random factor from a half to one; at most fifteen seconds."""
    for retries, pauses in ((LOW, [0.25, 0.5, 1, 2]), (HIGH, [0.5, 1, 2, 4])):
        time.pauses.clear()
        with pytest.raises(ApiError):
            retries.read(script(FAILING), time.deadline(900))
        assert time.pauses == pauses
    with pytest.raises(ApiError):
        Retries(failures=50, jitter=lambda: 1.0).read(script(FAILING), time.deadline(10_000))
    assert max(time.pauses) == 15


def test_a_pause_that_the_deadline_does_not_allow_is_not_begun(time):
    """It is given up at once rather than after waiting for nothing."""
    with pytest.raises(ApiError):
        HIGH.read(script(FAILING), time.deadline(3.4))
    assert time.pauses == [0.5, 1.0]


def test_retry_after_is_the_least_that_is_waited(time):
    """A tenth more at random, so that many waiting ones do not come back at once; never a busy loop."""
    for asked in (0, 60):
        for retries in (LOW, HIGH):
            assert retries.read(script(limited(asked), OK), time.deadline(900)) is OK
    assert time.pauses == pytest.approx([0.5, 0.55, 60, 66])


def test_more_than_a_minute_is_not_waited_for(time):
    """Sixty seconds are Checkly's window; what takes longer is not this window."""
    once = script(limited(60.1), OK)
    with pytest.raises(ApiError):
        HIGH.read(once, time.deadline(900))
    assert once.count == 1


@pytest.mark.parametrize(("asked", "pauses"), [(3, [3.3, 3.3]), (61, [0.5, 1])])
def test_a_failing_server_may_ask_to_wait_within_reason(time, asked, pauses):
    """A time that is too long ends nothing: our own pauses count."""
    fail = ApiError("503", status=503, retry_after=asked)
    assert HIGH.read(script(fail, fail, OK), time.deadline(900)) is OK
    assert time.pauses == pytest.approx(pauses)


@given(st.lists(st.sampled_from([*MAY_PASS, *FINAL, limited(0.1), limited(), OK]), max_size=30))
def test_for_any_row_of_answers_at_most_one_may_have_been_received(answers):
    """However it goes: what may have been received is the last thing that happened, and the deadline is kept."""
    done, time = [], Time()

    def once():
        answer = answers[len(done)] if len(done) < len(answers) else OK
        done.append(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with contextlib.suppress(ChecklyError):
        Retries().unsent(once, time.deadline(60))
    assert time.now <= 60
    assert all(answer is UNSENT or getattr(answer, "status", 0) == 429 for answer in done[:-1])
