"""Leaving at a deadline, and knowing then whether a trigger request was sent."""

from __future__ import annotations

import threading
import time

import pytest

from checkly_dynamic.core.deadline import Clock, Deadline, DeadlinePassed, leave_at
from checkly_dynamic.core.operation import ProcessState
from checkly_dynamic.core.sending import send_until
from checkly_dynamic.errors import ChecklyError, OperationCancelled, TransportError


@pytest.fixture
def release():
    """Give an event that lets abandoned work end with the test."""
    event = threading.Event()
    yield event
    event.set()


def test_work_that_ends_in_time_gives_its_result_or_its_error():
    """Also when the deadline is far away, at once."""
    assert leave_at(Deadline(60), lambda: 7) == 7
    with pytest.raises(KeyError):
        leave_at(Deadline(60), lambda: {}["x"])


def test_the_deadline_is_held_whatever_the_work_does(release):
    """The work goes on in a daemon thread, and whoever started it leaves."""
    began = time.monotonic()
    with pytest.raises(DeadlinePassed):
        leave_at(Deadline(0.1), release.wait)
    assert time.monotonic() - began < 5


def test_a_stop_ends_the_waiting_early_but_for_the_grace(release):
    """During the grace a result still counts."""
    stop = threading.Event()
    stop.set()
    with pytest.raises(DeadlinePassed):
        leave_at(Deadline(60), release.wait, stop=stop)
    threading.Timer(0.3, release.set).start()
    assert leave_at(Deadline(60), release.wait, stop=stop, grace=lambda: 30.0) is True


def sent_until(seconds, send, *, stop=None, grace=0.0, before_trigger=lambda: None):
    """Send with a short deadline, and return the error."""
    with pytest.raises(ChecklyError) as caught:
        send_until(Deadline(seconds), send, before_trigger=before_trigger, stop=stop, grace=grace)
    return caught.value


def test_without_an_answer_in_time_the_error_says_whether_checks_may_have_started(release):
    """Certainly not sent, refused with 429, or perhaps received."""

    def connecting(_):
        release.wait()

    def on_its_way(sending):
        sending.begin()
        release.wait()

    def limited(sending):
        sending.begin()
        sending.refused()
        release.wait()

    for nothing_sent in (connecting, limited):
        error = sent_until(0.1, nothing_sent)
        assert isinstance(error, TransportError)
        assert (error.sent, error.may_have_started, str(error)) == ("no", False, "no answer came in time")
    late = sent_until(0.1, on_its_way)
    assert late.may_have_started
    assert str(late).startswith("no answer came in time. Checks may have started, so the request is not sent again.")


def test_nothing_is_sent_after_everybody_has_left(release):
    """A connection that stands only after the deadline sends nothing: the request was called unsent."""
    ended: list[BaseException] = []
    done = threading.Event()

    def slow(sending):
        release.wait()
        try:
            sending.begin()
        except OperationCancelled as error:
            ended.append(error)
        done.set()

    assert not sent_until(0.1, slow).may_have_started
    release.set()
    assert done.wait(10)
    assert len(ended) == 1


def test_a_cancelled_update_waits_for_an_answer_on_its_way_only(release):
    """Nothing sent: it ends at once. Sent: the grace is for its answer, so that the ids are not lost."""
    stop = threading.Event()
    stop.set()
    began = time.monotonic()
    error = sent_until(60, lambda _: release.wait(), stop=stop, grace=30.0)
    assert isinstance(error, OperationCancelled)
    assert (str(error), time.monotonic() - began < 5) == ("the update was cancelled", True)

    def answered(sending):
        sending.begin()
        time.sleep(0.5)
        return "the ids"

    assert send_until(Deadline(60), answered, before_trigger=lambda: None, stop=stop, grace=30.0) == "the ids"

    def on_its_way(sending):
        sending.begin()
        release.wait()

    late = sent_until(60, on_its_way, stop=stop, grace=0.1)
    assert late.may_have_started
    assert str(late).startswith("the update was cancelled. Checks may have started")


def test_a_deadline_takes_its_time_from_a_clock():
    """It never has less than no time left."""
    now = 10.0
    deadline = Deadline(5, Clock(monotonic=lambda: now))
    assert (deadline.remaining(), deadline.passed) == (5, False)
    now = 99.0
    assert (deadline.remaining(), deadline.passed) == (0, True)


def test_a_closed_barrier_waits_for_verdicts_that_are_running():
    """Their stack outputs are registered together; a stop ends the waiting."""
    process, stop, waited = ProcessState(), threading.Event(), threading.Event()

    def wait():
        process.wait_for_verdicts(0.05, stop)
        waited.set()

    with process.running_verdict():
        threading.Thread(target=wait, daemon=True).start()
        assert not waited.wait(0.3)
    assert waited.wait(10)
    with process.running_verdict():
        stop.set()
        process.wait_for_verdicts(60, stop)
