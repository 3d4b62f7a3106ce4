"""Run many long polls with one deadline."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from checkly_dynamic.core.deadline import Deadline

T = TypeVar("T")

MAX_CONNECTIONS = 256
"""How many long polls are open at once; more sessions than that take turns."""

_SHORTEST_ROUND = 1.0
"""A poll that answers "not yet" faster than this many seconds is followed by a pause, so that it never becomes a busy loop."""

_TICK = 0.5


@dataclass(frozen=True, kw_only=True)
class Ended(Generic[T]):
    """What *poll* returned or raised for one session. Any exception is kept, so that it does not lose other sessions."""

    id: str
    result: T | None = None
    error: Exception | None = None


def poll_all(
    ids: Iterable[str],
    poll: Callable[[str], T | None],
    *,
    deadline: Deadline,
    connections: int = MAX_CONNECTIONS,
) -> Generator[Ended[T] | None, None, None]:
    """
    Poll all sessions at once, in daemon threads, until each has ended; *poll* returns None for "not yet".

    Yields each session as it ends, and None about twice a second, so that the caller can show progress or stop. The iterator
    ends at the deadline, whatever the polls do; sessions that were not yielded had not ended then.
    """
    todo: queue.SimpleQueue[str] = queue.SimpleQueue()
    ended: queue.SimpleQueue[Ended[T]] = queue.SimpleQueue()
    stopped = threading.Event()
    for session_id in ids:
        todo.put(session_id)
    left = todo.qsize()
    for number in range(min(left, connections)):
        work = (todo, ended, poll, deadline, stopped)
        try:
            threading.Thread(target=_work, args=work, name=f"checkly-poll-{number}", daemon=True).start()
        except RuntimeError as error:  # no more threads are available: those that have started take turns
            if number == 0:
                yield from (Ended(id=session_id, error=error) for session_id in ids)
                return
            break
    try:
        while left and not deadline.passed:
            try:
                item = ended.get(timeout=min(_TICK, deadline.remaining()))
            except queue.Empty:
                yield None
            else:
                left -= 1
                yield item
        while not ended.empty():  # what ended in the very last moment still counts
            item = ended.get()
            if item.error is None:  # an error at the deadline only says that the deadline cut the request off
                yield item
    finally:
        stopped.set()


def _work(
    todo: queue.SimpleQueue[str],
    ended: queue.SimpleQueue[Ended[T]],
    poll: Callable[[str], T | None],
    deadline: Deadline,
    stopped: threading.Event,
) -> None:
    """Poll one session after the other. Each is in the queue or with one worker, which puts it back: empty means no work."""
    while not stopped.is_set() and not deadline.passed:
        try:
            session_id = todo.get_nowait()
        except queue.Empty:
            return
        before = deadline.remaining()
        try:
            result = poll(session_id)
        except Exception as error:  # noqa: BLE001 - the caller gets it, with the session's id
            ended.put(Ended(id=session_id, error=error))
            continue
        if result is not None:
            ended.put(Ended(id=session_id, result=result))
            continue
        took = before - deadline.remaining()
        if took < _SHORTEST_ROUND and not stopped.is_set():
            deadline.clock.wait(stopped, min(_SHORTEST_ROUND - took, deadline.remaining()))
        todo.put(session_id)
