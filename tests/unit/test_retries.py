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
FAILING = [ApiError("x", status=status) for status in (500, 502, 503, 504)]
MAY_PASS = [UNSENT, TransportError("lost"), InvalidResponse("x"), *FAILING]
FINAL = [
    TransportError("TLS", sent="no", retry=False),
    OperationCancelled("x"),
    *(ApiError("x", status=status) for status in (400, 401, 404, 501)),
]
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


def shown(error):
    """Name a case."""
    return f"{type(error).__name__} {getattr(error, 'status', error)}"


@pytest.mark.parametrize("error", MAY_PASS, ids=shown)
def test_a_read_survives_four_failures_and_the_fifth_is_raised(time, error):
    """What may pass is tried again; the error is the last one, as it is."""
    assert LOW.read(script(error, error, error, error, OK), time.deadline(900)) is OK
    once = script(error)
    with pytest.raises(type(error)) as caught:
        LOW.read(once, time.deadline(900))
    assert (caught.value, once.count) == (error, 5)


@pytest.mark.parametrize("error", [*FINAL, KeyError("a bug")], ids=shown)
def test_what_never_passes_is_raised_at_once(time, error):
    """For reads and for triggers."""
    for tries in (LOW.read, LOW.unsent):
        once = script(error, OK)
        with pytest.raises(type(error)):
            tries(once, time.deadline(900))
        assert (once.count, time.pauses) == (1, [])


@pytest.mark.parametrize(("retries", "pauses"), [(LOW, [0.25, 0.5, 1, 2]), (HIGH, [0.5, 1, 2, 4])])
def test_the_pauses_double(time, retries, pauses):
    """Half a second, doubled each time, times a random factor from a half to one; at most fifteen seconds."""
    with pytest.raises(ApiError):
        retries.read(script(FAILING[0]), time.deadline(900))
    assert time.pauses == pauses
    with pytest.raises(ApiError):
        Retries(failures=50, jitter=lambda: 1.0).read(script(FAILING[0]), time.deadline(10_000))
    assert max(time.pauses) == 15


@pytest.mark.parametrize(("seconds", "pauses"), [(3.4, [0.5, 1.0]), (0.5, [])])
def test_a_pause_that_the_deadline_does_not_allow_is_not_begun(time, seconds, pauses):
    """It is given up at once rather than after waiting for nothing."""
    with pytest.raises(ApiError):
        HIGH.read(script(FAILING[0]), time.deadline(seconds))
    assert time.pauses == pauses


@pytest.mark.parametrize("kind", ["read", "unsent"])
def test_a_rate_limit_is_waited_for_as_often_as_it_comes(time, kind):
    """429 is no failure; only the deadline ends it."""
    assert getattr(LOW, kind)(script(*[limited(1)] * 100, OK), time.deadline(900)) is OK
    assert time.pauses == [1] * 100


@pytest.mark.parametrize(
    ("asked", "pauses"), [(10, [10, pytest.approx(11)]), (0, [0.5, pytest.approx(0.55)]), (60, [60, pytest.approx(66)])]
)
def test_retry_after_is_the_least_that_is_waited(time, asked, pauses):
    """A tenth more at random, so that many waiting ones do not come back at once; never a busy loop."""
    for retries in (LOW, HIGH):
        assert retries.read(script(limited(asked), OK), time.deadline(900)) is OK
    assert time.pauses == pauses


def test_more_than_a_minute_is_not_waited_for(time):
    """Sixty seconds are Checkly's window; what takes longer is not this window."""
    once = script(limited(60.1), OK)
    with pytest.raises(ApiError):
        HIGH.read(once, time.deadline(900))
    assert once.count == 1


def test_a_rate_limit_without_a_time_doubles_the_pauses_and_ends_a_row_of_failures(time):
    """Our own pauses, without an end to the tries; after a 429 the failures are counted anew."""
    assert HIGH.read(script(*[limited()] * 8, OK), time.deadline(900)) is OK
    assert time.pauses == [0.5, 1, 2, 4, 8, 15, 15, 15]
    assert HIGH.read(script(*[FAILING[0]] * 4, limited(1), *[FAILING[0]] * 4, OK), time.deadline(900)) is OK


@pytest.mark.parametrize(("asked", "seconds", "pauses"), [(3, 900, [3.3, 3.3]), (61, 900, [0.5, 1])])
def test_a_failing_server_may_ask_to_wait_within_reason(time, asked, seconds, pauses):
    """A time that is too long ends nothing: our own pauses count."""
    fail = ApiError("503", status=503, retry_after=asked)
    assert HIGH.read(script(fail, fail, OK), time.deadline(seconds)) is OK
    assert time.pauses == [pytest.approx(pause) for pause in pauses]


def test_a_trigger_is_sent_again_only_when_it_certainly_was_not_sent(time):
    """Whatever may have been received is never sent again."""
    assert LOW.unsent(script(*[UNSENT] * 4, OK), time.deadline(900)) is OK
    for error in MAY_PASS[1:]:
        once = script(error, OK)
        with pytest.raises(type(error)):
            LOW.unsent(once, time.deadline(900))
        assert once.count == 1


def test_the_real_pauses_are_random():
    """Two clients do not come back at the same moment."""
    assert len({Retries().jitter() for _ in range(20)}) == 20


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
