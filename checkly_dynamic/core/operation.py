"""What a resource needs from its provider; the dynamic provider and the native plugin both give it."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.core.progress import Log
from checkly_dynamic.core.sending import Sending, send_until
from checkly_dynamic.core.sessions import Kind, Run
from checkly_dynamic.core.values import to_json

_TICK = 0.1


class Client(Protocol):
    """The methods of :class:`~checkly_dynamic.api.client.Client` that resources use."""

    local_url: str
    """The address of the API if it is on this machine, and so not Checkly's; otherwise empty."""

    def start(self, kind: Kind, body: Mapping[str, Any], *, deadline: Deadline, sending: Sending) -> list[Run]:
        """Send one trigger request."""

    def get(self, kind: Kind, session_id: str, *, deadline: Deadline) -> list[Run]:
        """Read a session as it is now."""

    def completion(self, kind: Kind, session_id: str, *, max_wait: float) -> list[Run] | None:
        """Ask once whether a session has ended; None means not yet."""

    def failure_details(self, run: Run) -> tuple[str, ...]:
        """Read why a run failed: at most three short lines."""


class ProcessState:
    """What all operations of one provider process share."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.unknown_outcomes: dict[tuple[str, str], str] = {}
        """
        Trigger requests (resource and body) whose outcome is unknown, with their error messages.

        A resource hook may ask the engine to run a failed create again; such a request must not be sent twice.
        """
        self.started_at = (clock or Clock()).now()
        self._running = 0
        self._lock = threading.Lock()

    @contextmanager
    def running_verdict(self) -> Iterator[None]:
        """Count a verdict as running."""
        with self._lock:
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def wait_for_verdicts(self, seconds: float, stop: threading.Event) -> None:
        """Wait until no verdict is running, for *seconds* in a row."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not stop.wait(_TICK):
            if self._running:
                until = time.monotonic() + seconds


@dataclass(frozen=True, kw_only=True)
class Operation:
    """
    One create, update or read.

    Attributes:
        connect: Opens a client for the length of a ``with`` block. Takes secrets to mask in all answers, in addition to the
            API key. Raises ConfigError.
        log: Shows lines to the user.
        before_trigger: Called before each request that starts checks; raises when nothing may be started any more.
        process: What the operations of this process share.
        stop: Set when the operation is to end early. Only the native plugin is told that an update was cancelled.
        clock: Where time comes from.
    """

    connect: Callable[[Sequence[str]], AbstractContextManager[Client]]
    log: Log
    before_trigger: Callable[[], None]
    process: ProcessState
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Clock = field(default_factory=Clock)

    def start(self, client: Client, kind: Kind, body: Mapping[str, Any], deadline: Deadline) -> list[Run]:
        """Send one trigger request; stop waiting at the deadline, or when the operation is to end early."""
        return send_until(
            deadline,
            lambda sending: client.start(kind, body, deadline=deadline, sending=sending),
            before_trigger=self.before_trigger,
            stop=self.stop,
        )


class Resource(ABC):
    """Base class of the resources, which work on plain JSON values."""

    id: str
    """Constant, because an update cannot change an id."""

    user_input = True
    """Whether users write its inputs."""

    needs_settings = True
    """Whether it needs the API key and the other settings."""

    def read_inputs(self, bag: Any, is_unknown: Callable[[Any], bool]) -> tuple[dict[str, Any], list[str]]:
        """Return a property bag as plain JSON values, normalised, and one line for each value that is not allowed anywhere."""
        inputs, problems = to_json(bag, is_unknown=is_unknown, user_input=self.user_input)
        return ({} if problems else self.normalise(inputs)), problems

    def normalise(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs in the form that is stored."""
        return dict(inputs)

    @abstractmethod
    def check(self, inputs: Mapping[str, Any]) -> list[str]:
        """List everything that is wrong with normalised inputs, without a request; unknown parts are never wrong."""

    @abstractmethod
    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Sequence[str]:
        """Return the names of the properties whose change needs an update."""

    def warn(self, stored: Mapping[str, Any], log: Log) -> None:  # noqa: B027 - most have nothing to warn of
        """Show a warning where the stored state, which needs no update, deserves one."""

    @abstractmethod
    def run(self, olds: Mapping[str, Any], inputs: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
        """Create (with empty *olds*) or update, and return the outputs."""

    def read(self, stored: Mapping[str, Any], operation: Operation) -> dict[str, Any]:  # noqa: ARG002 - see the triggers
        """Refresh the stored outputs. Never raises: an error would fail the refresh of the whole stack."""
        return dict(stored)
