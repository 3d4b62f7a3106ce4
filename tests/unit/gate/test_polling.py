"""Many long polls under one deadline."""

from __future__ import annotations

import math
import threading
from contextlib import closing

from world import Plan, Run, World

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.polling import poll_all


def waited(world, sessions, *, seconds, connections=256):
    """Wait for sessions in a world and return what ended, in order."""
    world.connections, world.until = connections, world.now + seconds
    deadline = Deadline(seconds, world.clock)

    def poll(session_id):
        return world.completion("check", session_id, max_wait=math.ceil(deadline.remaining()))

    ids = [session.id for session in sessions]
    with closing(poll_all(ids, poll, deadline=deadline, connections=connections)) as found:
        return [ended for ended in found if ended is not None]


def test_more_sessions_than_connections_take_turns():
    """With two connections and six sessions, all six end, and never more than two polls are open."""
    with World({f"c{n}": Plan([Run(seconds=10)]) for n in range(6)}) as world:
        open_now, most, lock = 0, 0, threading.Lock()
        ask = world.completion

        def counted(*args, **kwargs):
            nonlocal open_now, most
            with lock:
                open_now += 1
                most = max(most, open_now)
            try:
                return ask(*args, **kwargs)
            finally:
                with lock:
                    open_now -= 1

        world.completion = counted
        sessions = [world.start_check(check_id) for check_id in world.plans]
        assert len(waited(world, sessions, seconds=900, connections=2)) == 6
    assert most == 2


def test_where_threads_are_few_the_sessions_take_turns(monkeypatch):
    """Where a container allows three threads, they wait for ten sessions, and none is missed."""
    start, started = threading.Thread.start, []

    def begin(thread):
        if len(started) == 3:
            msg = "can't start new thread"
            raise RuntimeError(msg)
        started.append(thread)
        start(thread)

    with World({f"c{n}": Plan([Run(seconds=0)]) for n in range(10)}) as world:
        monkeypatch.setattr(threading.Thread, "start", begin)
        sessions = [world.start_check(check_id) for check_id in world.plans]
        assert len(waited(world, sessions, seconds=900)) == 10
