"""Stopping at a deadline, and knowing whether a trigger request was sent."""

import threading
import time

import pytest

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sending import send_until
from checkly_dynamic.errors import OperationCancelled, TransportError


@pytest.mark.parametrize(
    ("calls", "cancelled", "error", "text"),
    [
        (["begin", "refused"], False, TransportError, "no answer came in time"),
        ([], True, OperationCancelled, "the update was cancelled"),
        (["begin"], True, TransportError, "the update was cancelled. Checks may have started"),
    ],
    ids=["refused with 429", "not sent", "on its way"],
)
def test_what_is_said_of_a_request_without_an_answer(calls, cancelled, error, text):
    """Only a request that was sent may have started checks; a cancelled update waits for its answer for a short time."""
    stop = threading.Event()
    if cancelled:
        stop.set()

    def send(sending):
        for call in calls:
            getattr(sending, call)()
        time.sleep(1)

    deadline = Deadline(60 if cancelled else 0.1)
    with pytest.raises(error) as caught:
        send_until(deadline, send, before_trigger=lambda: None, stop=stop, grace=0.1)
    assert str(caught.value).startswith(text)
    assert caught.value.may_have_started is ("may have started" in text)
