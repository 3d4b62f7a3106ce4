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
    """Read something that is answered like this, the last answer for ever, and return the pauses."""
    left, time = list(answers), Time()

    def once():
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    with contextlib.suppress(ChecklyError):
        retries.read(once, time.deadline(seconds))
    return time.pauses


def test_the_pauses_double():
    """Half a second, doubled each time, times a random factor from a half to one; at most fifteen seconds."""
    assert pauses(FAILING, retries=LOW) == [0.25, 0.5, 1, 2]
    assert pauses(FAILING) == [0.5, 1, 2, 4]
    assert max(pauses(FAILING, retries=Retries(failures=50, jitter=lambda: 1.0))) == 15
    assert pauses(FAILING, seconds=3.4) == [0.5, 1.0], "a pause that the deadline does not allow is not begun"


def test_retry_after_is_the_least_that_is_waited():
    """A tenth more at random, never a busy loop; for a 429 up to a minute. A failing server may ask within reason."""
    for asked, low, high in ((0, 0.5, 0.55), (60, 60, 66)):
        assert pauses(limited(asked), OK, retries=LOW) == [low]
        assert pauses(limited(asked), OK) == pytest.approx([high])
    assert pauses(limited(60.1), OK) == []
    for asked, waited in ((3, 3.3), (61, 0.5)):
        assert pauses(ApiError("503", status=503, retry_after=asked), OK) == pytest.approx([waited])


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
