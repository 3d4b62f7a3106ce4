"""
Many long polls under one deadline.

Knows how to ask and when to stop, not what a status means.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from checkly_dynamic.core.deadline import Deadline

__all__ = ["MOST_CONNECTIONS", "Ended", "wait_for"]

T = TypeVar("T")

MOST_CONNECTIONS = 256
"""How many long polls are open at once at most; more sessions than that take turns."""

_SHORTEST_ROUND = 1.0
"""A poll that answers "not yet" faster than this many seconds is followed by a pause, so that it never becomes a hot loop."""

_TICK = 1.0


@dataclass(frozen=True)
class Ended(Generic[T]):
    """
    How the waiting for one session ended.

    Attributes:
        id: The session's id.
        result: What *poll* returned, or None when it raised.
        error: What *poll* raised, or None. Any exception: one session that cannot be read must not lose the others.
    """

    id: str
    result: T | None
    error: Exception | None


def wait_for(
    ids: Iterable[str],
    poll: Callable[[str, Deadline], T | None],
    *,
    deadline: Deadline,
    connections: int = MOST_CONNECTIONS,
) -> Generator[Ended[T] | None, None, None]:
    """
    Poll every session until it has ended, all at once.

    Args:
        ids: The sessions to wait for.

        poll: Asks once, blocking for as long as the server holds the request but never past the deadline. None means "not yet".
            Called from several threads.

        deadline: When everything ends.

        connections: How many polls are open at once at most.

    Yields:
        Each session as it ends, and None about once a second, so that the caller can show progress or give up (by closing the
        generator). Ends when all sessions have ended or the deadline has passed; sessions that were not yielded had not ended.
    """
    polls = _Polls(list(ids), poll, deadline)
    left = len(polls.ids)
    threads = polls.start(connections)
    try:
        while left and not deadline.passed:
            item = polls.next(min(_TICK, deadline.remaining()))
            left -= item is not None
            yield item
        yield from polls.rest()  # what ended in the very last moment still counts
    finally:
        polls.stop(threads)


class _Polls(Generic[T]):
    """The threads that ask; each takes a session from the queue, asks once, and puts it back when it has not ended."""

    def __init__(self, ids: list[str], poll: Callable[[str, Deadline], T | None], deadline: Deadline) -> None:
        self.ids = ids
        self._poll = poll
        self._deadline = deadline
        self._waiting: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._ended: queue.SimpleQueue[Ended[T] | None] = queue.SimpleQueue()
        self._stopped = threading.Event()

    def start(self, connections: int) -> int:
        """
        Start asking, with a thread for each connection that is needed, and return their number.

        Where no more threads are to be had, those that there are take turns; without any, no session can be read.
        """
        for session_id in self.ids:
            self._waiting.put(session_id)
        started = 0
        try:
            while started < min(len(self.ids), connections):
                threading.Thread(target=self._ask_in_turn, name=f"checkly-poll-{started}", daemon=True).start()
                started += 1
        except RuntimeError as error:
            if not started:
                for session_id in self.ids:
                    self._ended.put(Ended(session_id, None, error))
        return started

    def stop(self, threads: int) -> None:
        """Let every thread end after the request that it is in."""
        self._stopped.set()
        for _ in range(threads):
            self._waiting.put(None)

    def next(self, seconds: float) -> Ended[T] | None:
        """Return the next session that ended, or None when none did in that time or the deadline has passed."""
        try:
            return self._ended.get(timeout=seconds)
        except queue.Empty:
            return None

    def rest(self) -> Iterator[Ended[T]]:
        """Yield what has ended and was not yet taken, without waiting."""
        while not self._ended.empty():
            if (item := self._ended.get()) is not None:
                yield item

    def _ask_in_turn(self) -> None:
        while (session_id := self._waiting.get()) is not None and not self._stopped.is_set():
            if self._deadline.passed:
                self._ended.put(None)  # wakes the caller
                return
            try:
                result = self._ask(session_id)
            except Exception as error:  # noqa: BLE001 - it is handed to the caller, with the session's id
                if self._deadline.passed:  # which cut the request off, so the error says nothing about the session
                    self._waiting.put(session_id)
                else:
                    self._ended.put(Ended(session_id, None, error))
            else:
                if result is None:
                    self._waiting.put(session_id)
                else:
                    self._ended.put(Ended(session_id, result, None))

    def _ask(self, session_id: str) -> T | None:
        before = self._deadline.remaining()
        result = self._poll(session_id, self._deadline)
        took = before - self._deadline.remaining()
        if result is None and took < _SHORTEST_ROUND:
            self._deadline.clock.wait(self._stopped, min(_SHORTEST_ROUND - took, self._deadline.remaining()))
        return result
