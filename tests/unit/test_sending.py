"""Leaving at a deadline, and knowing then whether a trigger request was sent."""

from __future__ import annotations

import threading
import time

import pytest

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sending import send_until
from checkly_dynamic.errors import ChecklyError, OperationCancelled, TransportError


@pytest.fixture
def release():
    """Give an event that lets abandoned work end with the test."""
    event = threading.Event()
    yield event
    event.set()


def sent_until(seconds, send, *, stop=None, grace=0.0, before_trigger=lambda: None):
    """Send with a short deadline, and return the error."""
    with pytest.raises(ChecklyError) as caught:
        send_until(Deadline(seconds), send, before_trigger=before_trigger, stop=stop, grace=grace)
    return caught.value


def test_a_request_that_was_refused_with_429_is_not_called_sent(release):
    """When the deadline passes while the trigger waits to send it again, nothing has started."""

    def limited(sending):
        sending.begin()
        sending.refused()
        release.wait()

    error = sent_until(0.1, limited)
    assert isinstance(error, TransportError)
    assert (error.sent, error.may_have_started, str(error)) == ("no", False, "no answer came in time")


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
