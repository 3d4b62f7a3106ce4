"""Send one trigger request, which must never be sent twice, and know at the deadline whether it was sent."""

import threading
from collections.abc import Callable
from typing import TypeVar

from checkly_dynamic.core.deadline import Deadline, DeadlinePassed, leave_at
from checkly_dynamic.errors import ChecklyError, OperationCancelled, TransportError

T = TypeVar("T")
Error = TypeVar("Error", bound=ChecklyError)

SHORTEST_SEND = 2.0
"""With less time than this left, in seconds, no trigger request is sent: the answer with the session ids might come too late."""

_MAY_HAVE_STARTED = (
    "Checks may have started, so the request is not sent again. Look at the latest results of these checks at "
    "https://app.checklyhq.com before you run pulumi up again."
)


def may_have_started(error: Error) -> Error:
    """Mark an error, in its text and for the provider: its request may have started checks."""
    error.args = (f"{error}. {_MAY_HAVE_STARTED}",)
    error.may_have_started = True
    return error


class Sending:
    """
    Knows whether a request was *sent*. The thread that sends and the one that waits can share it.

    Call *before_trigger* before each try; it raises if nothing may be started any more.
    """

    def __init__(self, before_trigger: Callable[[], None]) -> None:
        self.before_trigger = before_trigger
        self.sent = False
        self._lock = threading.Lock()
        self._abandoned = False

    def begin(self) -> None:
        """Note, just before the first byte, that the request is being sent; raise if nobody waits for the answer any more."""
        with self._lock:
            if self._abandoned:
                msg = "no one is waiting for the answer any longer"
                raise OperationCancelled(msg)
            self.sent = True

    def refused(self) -> None:
        """Record that the server has refused the request (429), so that no request is open."""
        with self._lock:
            self.sent = False

    def abandon(self) -> bool:
        """Stop waiting: nothing is sent from now on. Return whether a request was sent."""
        with self._lock:
            self._abandoned = True
            return self.sent


def send_until(
    deadline: Deadline,
    send: Callable[[Sending], T],
    *,
    before_trigger: Callable[[], None],
    stop: threading.Event | None = None,
    grace: float = 10.0,
) -> T:
    """
    Send a trigger request and stop waiting at the deadline; the error then says whether checks may have started.

    When *stop* is set, wait at most *grace* seconds longer for the answer to a request that was sent.
    """
    sending = Sending(before_trigger)
    try:
        return leave_at(deadline, lambda: send(sending), stop=stop, grace=lambda: grace if sending.sent else 0.0)
    except DeadlinePassed:
        cancelled = stop is not None and stop.is_set()
        why = "the update was cancelled" if cancelled else "no answer came in time"
        if not sending.abandon():
            error: ChecklyError = OperationCancelled(why) if cancelled else TransportError(why, sent="no")
            raise error from None
        raise may_have_started(TransportError(why)) from None
