"""When something is tried again, after how long, and when it is given up."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys

import pytest
import tenacity.nap
from checkly_dynamic.api.transport import Retries
from hypothesis import given, strategies as st

from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.errors import (
    BadRequest,
    ChecklyError,
    ConnectFailed,
    ConnectionLost,
    EngineGone,
    InvalidResponse,
    RateLimited,
    ReadTimeout,
    ServerError,
    TlsError,
    TransportError,
    Unauthorized,
    UnexpectedRedirect,
)

OK = object()
MAY_PASS = [
    ConnectFailed("x"),
    ConnectionLost("x"),
    InvalidResponse("x"),
    ReadTimeout("x"),
    ServerError("x", status=503),
]
FINAL = [
    TlsError("x"),
    UnexpectedRedirect("x"),
    EngineGone("x"),
    Unauthorized("x", status=401),
    BadRequest("x", status=400),
]
FINAL += [TransportError("x")]


class Time:
    """A clock that only moves when something waits."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        self.pauses = []
        monkeypatch.setattr(tenacity.nap.time, "sleep", self.sleep)

    def sleep(self, seconds):
        """Let time pass at once."""
        self.pauses.append(seconds)
        self.now += seconds

    def deadline(self, seconds):
        """Make a deadline of this clock."""
        return Deadline(seconds, Clock(monotonic=lambda: self.now))


@pytest.fixture
def time(monkeypatch):
    """Give a clock that only moves when something waits."""
    return Time(monkeypatch)


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
    return RateLimited("429", retry_after=seconds)


LOW = Retries(jitter=lambda: 0.0)
HIGH = Retries(jitter=lambda: 1.0)


class TestRead:
    """A read may be repeated as often as one likes; it is given up after five failures in a row."""

    @pytest.mark.parametrize("error", MAY_PASS, ids=lambda e: type(e).__name__)
    def test_what_may_pass(self, time, error):
        """Four failures are survived, the fifth is raised as it is."""
        once = script(error, error, error, error, OK)
        assert LOW.read(once, time.deadline(900)) is OK
        once = script(error)
        with pytest.raises(type(error)) as caught:
            LOW.read(once, time.deadline(900))
        assert caught.value is error
        assert once.count == 5

    @pytest.mark.parametrize("error", FINAL, ids=lambda e: type(e).__name__)
    def test_what_never_passes(self, time, error):
        """Such an answer is raised at once."""
        once = script(error, OK)
        with pytest.raises(type(error)):
            LOW.read(once, time.deadline(900))
        assert once.count == 1
        assert time.pauses == []

    def test_the_first_success_waits_for_nothing(self, time):
        """What works at once does not even load stamina's machinery."""
        assert LOW.read(script(OK), time.deadline(0)) is OK
        assert time.pauses == []

    def test_only_the_deadline_ends_it(self, time, monkeypatch):
        """A server that asks to wait again and again is waited for, however long it has been."""
        monkeypatch.setattr(tenacity.nap.time, "monotonic", lambda: time.now)
        assert LOW.read(script(limited(50), limited(50), limited(50), OK), time.deadline(900)) is OK
        assert time.pauses == [50, 50, 50]

    @pytest.mark.parametrize(("retries", "pauses"), [(LOW, [0.25, 0.5, 1, 2]), (HIGH, [0.5, 1, 2, 4])])
    def test_the_pauses_double(self, time, retries, pauses):
        """Half a second, doubled each time, times a random factor from a half to one."""
        with pytest.raises(ServerError):
            retries.read(script(MAY_PASS[4]), time.deadline(900))
        assert time.pauses == pauses

    def test_no_pause_is_longer_than_the_longest(self, time):
        """The doubling ends at fifteen seconds."""
        retries = Retries(failures=50, jitter=lambda: 1.0)
        with pytest.raises(ServerError):
            retries.read(script(MAY_PASS[4]), time.deadline(10_000))
        assert max(time.pauses) == 15
        assert len(time.pauses) == 49

    def test_a_pause_that_the_deadline_does_not_allow_is_not_begun(self, time):
        """It is given up at once rather than after waiting for nothing."""
        with pytest.raises(ServerError):
            HIGH.read(script(MAY_PASS[4]), time.deadline(3.4))
        assert time.pauses == [0.5, 1.0]

    def test_a_pause_of_just_the_time_left_is_not_begun(self, time):
        """At the deadline nothing can be asked any more."""
        with pytest.raises(ServerError):
            HIGH.read(script(MAY_PASS[4]), time.deadline(0.5))
        assert time.pauses == []

    def test_a_pause_that_took_too_long_does_not_hide_the_reason(self, time):
        """When the deadline passed in a pause nothing is asked any more, and what went wrong last is what is told."""
        deadline = time.deadline(2)
        once = script(MAY_PASS[4], OK)
        sleep = time.sleep
        tenacity.nap.time.sleep = lambda seconds: sleep(seconds + 5)
        with pytest.raises(ServerError) as caught:
            LOW.read(once, deadline)
        assert caught.value is MAY_PASS[4]
        assert once.count == 1

    @pytest.mark.parametrize(
        "cut", [ReadTimeout("cut off"), TransportError("no time"), ConnectFailed("too slow")], ids=str
    )
    def test_a_try_that_the_deadline_cuts_off_does_not_hide_the_reason(self, time, cut):
        """The last try may just begin before the deadline; why it was needed says more than that it was cut off."""
        deadline = time.deadline(2)

        def once():
            once.count += 1
            if once.count == 1:
                raise MAY_PASS[4]
            time.sleep(5)
            raise cut

        once.count = 0
        with pytest.raises(ServerError) as caught:
            LOW.read(once, deadline)
        assert (caught.value, once.count) == (MAY_PASS[4], 2)


class TestRateLimit:
    """429 is no failure: it is waited out, for reads and for triggers."""

    @pytest.mark.parametrize("way", ["read", "unsent"])
    def test_it_is_waited_out_as_often_as_it_comes(self, time, way):
        """A hundred times are fine."""
        assert getattr(LOW, way)(script(*[limited(1)] * 100, OK), time.deadline(900)) is OK
        assert time.pauses == [1] * 100

    def test_what_is_asked_for_is_a_floor(self, time):
        """A tenth more at random, so that many waiting ones do not come back at the same moment; never less."""
        assert HIGH.read(script(limited(10), OK), time.deadline(900)) is OK
        assert LOW.read(script(limited(10), OK), time.deadline(900)) is OK
        assert time.pauses == [pytest.approx(11), 10]

    def test_zero_is_not_a_hot_loop(self, time):
        """Being told to wait for nothing still pauses for our own shortest time."""
        assert LOW.read(script(limited(0), OK), time.deadline(900)) is OK
        assert time.pauses == [0.5]

    def test_a_minute_is_waited_for_and_more_is_not(self, time):
        """Sixty seconds are Checkly's window; what takes longer is not this window."""
        assert HIGH.read(script(limited(60), OK), time.deadline(900)) is OK
        once = script(limited(60.1), OK)
        with pytest.raises(RateLimited):
            HIGH.read(once, time.deadline(900))
        assert once.count == 1

    def test_without_a_time_the_pauses_double(self, time):
        """Our own pauses, as after a failure, but without an end to the tries."""
        assert HIGH.read(script(*[limited()] * 8, OK), time.deadline(900)) is OK
        assert time.pauses == [0.5, 1, 2, 4, 8, 15, 15, 15]

    def test_it_ends_a_row_of_failures(self, time):
        """After a 429 the failures are counted anew; their pauses too."""
        fail = MAY_PASS[4]
        once = script(*[fail] * 4, limited(1), *[fail] * 4, OK)
        assert HIGH.read(once, time.deadline(900)) is OK
        assert time.pauses == [0.5, 1, 2, 4, pytest.approx(1.1), 0.5, 1, 2, 4]


class TestServerFailure:
    """A failing server may say when to come back, too (RFC 9110, 10.2.3)."""

    def test_what_is_asked_for_is_a_floor(self, time):
        """A longer pause of our own is kept; the failures are counted all the same."""
        fail = ServerError("503", status=503, retry_after=3)
        with pytest.raises(ServerError):
            HIGH.read(script(fail), time.deadline(900))
        assert time.pauses == [pytest.approx(3.3), pytest.approx(3.3), pytest.approx(3.3), 4]

    @pytest.mark.parametrize(("asked", "seconds"), [(61, 900), (30, 20)])
    def test_what_is_too_long_is_not_waited_for_and_ends_nothing(self, time, asked, seconds):
        """More than a minute, or than the time that is left: the server may well be back before, so our own pauses count."""
        fail = ServerError("503", status=503, retry_after=asked)
        assert HIGH.read(script(fail, fail, OK), time.deadline(seconds)) is OK
        assert time.pauses == [0.5, 1]


class TestUnsent:
    """A POST is sent again only when it certainly did not run."""

    def test_no_connection(self, time):
        """Nothing was sent, so it may be tried again."""
        assert LOW.unsent(script(*[ConnectFailed("x")] * 4, OK), time.deadline(900)) is OK

    @pytest.mark.parametrize("error", MAY_PASS[1:] + FINAL, ids=lambda e: type(e).__name__)
    def test_everything_else_is_final(self, time, error):
        """Whatever may have been sent is never sent again."""
        once = script(error, OK)
        with pytest.raises(type(error)):
            LOW.unsent(once, time.deadline(900))
        assert once.count == 1

    def test_a_pause_that_took_too_long_does_not_hide_the_reason(self, time):
        """Without the time that a try needs there is none, and why the last one failed is what is told."""
        deadline = time.deadline(10)
        once = script(MAY_PASS[0], OK)
        sleep = time.sleep
        tenacity.nap.time.sleep = lambda seconds: sleep(seconds + 8)
        with pytest.raises(ConnectFailed) as caught:
            LOW.unsent(once, deadline, needs=2.0)
        assert (caught.value, once.count) == (MAY_PASS[0], 1)


def test_an_error_of_our_own_making_is_not_swallowed(time):
    """What is no error of ours comes through as it is, at once."""
    once = script(KeyError("x"))
    with pytest.raises(KeyError):
        LOW.read(once, time.deadline(10))
    assert once.count == 1
    once = script(MAY_PASS[0], KeyError("x"))
    with pytest.raises(KeyError):
        LOW.read(once, time.deadline(10))
    assert once.count == 2


def test_the_real_pauses_are_random():
    """Without an own source of randomness, two clients do not come back at the same moment."""
    assert len({Retries().jitter() for _ in range(20)}) == 20


def test_a_retry_is_not_printed():
    """Python would print stamina's warning on the host's stderr, where people read it, if nobody handled it."""
    program = (
        "import logging, tenacity.nap\n"
        "tenacity.nap.time.sleep = lambda seconds: None\n"
        "from checkly_dynamic.api.transport import Retries\n"
        "from checkly_dynamic.core.deadline import Deadline\n"
        "from checkly_dynamic.errors import ConnectFailed\n"
        "calls = []\n"
        "def once():\n"
        "    calls.append(1)\n"
        "    if len(calls) < 3: raise ConnectFailed('x')\n"
        "Retries().read(once, Deadline(100))\n"
        "assert len(calls) == 3\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_logging_stays_usable(caplog, time):
    """An application that wants to see the retries does."""
    with caplog.at_level(logging.WARNING, logger="stamina"):
        LOW.read(script(MAY_PASS[0], OK), time.deadline(10))
    assert len(caplog.records) == 1


@given(st.lists(st.sampled_from([*MAY_PASS, *FINAL, limited(0.1), limited(), OK]), max_size=30))
def test_for_any_row_of_answers_at_most_one_may_have_run(answers):
    """However it goes: what may have run is the last thing that happened."""
    done = []

    def once():
        answer = answers[len(done)] if len(done) < len(answers) else OK
        done.append(answer)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.MonkeyPatch.context() as monkeypatch:
        time = Time(monkeypatch)
        with contextlib.suppress(ChecklyError):
            Retries().unsent(once, time.deadline(60))
        assert time.now <= 60
    certainly_not = (ConnectFailed, RateLimited)
    assert all(isinstance(answer, certainly_not) for answer in done[:-1])
