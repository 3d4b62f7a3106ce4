"""Stopping at a deadline, and knowing whether a trigger request was sent."""

import threading
import time

import pytest

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sending import send_until
from checkly_dynamic.errors import OperationCancelled, TransportError


def refused_with_429(sending):
    """Send a request that Checkly refuses."""
    sending.begin()
    sending.refused()


@pytest.mark.parametrize(
    ("begin", "cancelled", "error", "text"),
    [
        (refused_with_429, False, TransportError, "no answer came in time"),
        (lambda _: None, True, OperationCancelled, "the update was cancelled"),
        (lambda sending: sending.begin(), True, TransportError, "the update was cancelled. Checks may have started"),
    ],
    ids=["refused with 429", "not sent", "on its way"],
)
def test_what_is_said_of_a_request_without_an_answer(*, begin, cancelled, error, text):
    """Only a request that was sent may have started checks; a cancelled update waits for its answer for a short time."""
    stop = threading.Event()
    if cancelled:
        stop.set()

    def send(sending):
        begin(sending)
        time.sleep(1)

    deadline = Deadline(60 if cancelled else 0.1)
    with pytest.raises(error) as caught:
        send_until(deadline, send, before_trigger=lambda: None, stop=stop, grace=0.1)
    assert str(caught.value).startswith(text)
    assert caught.value.may_have_started is ("may have started" in text)
