"""Many long polls under one deadline."""

from __future__ import annotations

import math
import threading
from contextlib import closing

import pytest
from world import Plan, Run, World

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.polling import Ended, poll_all
from checkly_dynamic.errors import SessionNotFound


def waited(world, sessions, *, seconds, connections=256):
    """Wait for sessions in a world and return what ended, in order."""
    world.connections, world.until = connections, world.now + seconds
    deadline = Deadline(seconds, world.clock)

    def poll(session_id):
        return world.completion("check", session_id, max_wait=math.ceil(deadline.remaining()))

    ids = [session.id for session in sessions]
    with closing(poll_all(ids, poll, deadline=deadline, connections=connections)) as found:
        return [ended for ended in found if ended is not None]


def one(run, **world):
    """Wait for one session; return its world."""
    with World({"c": Plan([run])}, **world) as checkly:
        assert len(waited(checkly, [checkly.start_check("c")], seconds=900)) == 1
    return checkly


def test_all_sessions_are_waited_for_at_once():
    """A hundred sessions take as long as the slowest one, and each is yielded once."""
    with World({f"c{n}": Plan([Run(seconds=100 - n)]) for n in range(100)}) as world:
        sessions = [world.start_check(check_id) for check_id in world.plans]
        ended = waited(world, sessions, seconds=900)
        assert world.now == 100
    assert sorted(ended.id for ended in ended) == sorted(session.id for session in sessions)


@pytest.mark.parametrize(("seconds", "requests"), [(0, 1), (29.5, 1), (30.5, 2), (59.5, 2), (60.5, 3), (299.5, 10)])
def test_a_session_costs_one_request_and_one_more_for_each_30_seconds(seconds, requests):
    """Nothing is asked between two long polls, so the account's rate limit lasts."""
    assert len(one(Run(seconds=seconds)).polls) == requests


@pytest.mark.parametrize("hold", [0, 0.6])
def test_a_server_that_answers_not_yet_at_once_makes_no_busy_loop(hold):
    """There is at most one request per second; the pause fills the second and no more."""
    assert 20 <= len(one(Run(seconds=20.1), hold=hold).polls) <= 22


def test_the_deadline_ends_everything_and_keeps_what_has_ended():
    """What has not ended by the deadline is not yielded; what has, is. After the deadline nothing is asked."""
    with World({"fast": Plan([Run(seconds=1)]), "slow": Plan([Run(seconds=60)])}) as world:
        fast, slow = world.start_check("fast"), world.start_check("slow")
        assert [ended.id for ended in waited(world, [fast, slow], seconds=2.5) if ended.result] == [fast.id]
        assert world.now == 2.5
        asked = len(world.polls)
        assert waited(world, [slow], seconds=0) == waited(world, [], seconds=9) == []
    assert len(world.polls) == asked


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


@pytest.mark.parametrize("error", [SessionNotFound("404", status=404), RuntimeError("a bug")], ids=["ours", "a bug"])
def test_a_session_that_cannot_be_read_does_not_stop_the_others(error):
    """Whatever asking raises is yielded with the session's id, and the others go on."""
    with World({"bad": Plan([Run(error, 1)]), "good": Plan([Run("PASSED", 5)])}) as world:
        bad, good = world.start_check("bad"), world.start_check("good")
        first, second = waited(world, [bad, good], seconds=900)
    assert first == Ended(id=bad.id, error=error)
    assert (second.id, second.result[0].status) == (good.id, "PASSED")


def test_a_caller_that_leaves_is_not_held_and_nothing_is_asked_again():
    """The polls run in daemon threads, which hold no process; each ends after the request that it is in."""
    asked, release, threads = threading.Semaphore(0), threading.Event(), []

    def poll(_):
        threads.append(threading.current_thread())
        asked.release()
        release.wait(10)

    found = poll_all(["a", "b"], poll, deadline=Deadline(60))
    assert next(found) is None, "the caller can show progress"
    found.close()
    release.set()
    for thread in threads:
        thread.join(10)
    assert [thread.daemon for thread in threads] == [True, True]


def few_threads(monkeypatch, number):
    """Let only so many threads be started, as where a container limits them."""
    start, started = threading.Thread.start, []

    def begin(thread):
        if len(started) == number:
            msg = "can't start new thread"
            raise RuntimeError(msg)
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", begin)


def test_where_threads_are_few_the_sessions_take_turns(monkeypatch):
    """Three threads wait for ten sessions, and none is missed."""
    with World({f"c{n}": Plan([Run(seconds=0)]) for n in range(10)}) as world:
        few_threads(monkeypatch, 3)
        sessions = [world.start_check(check_id) for check_id in world.plans]
        assert len(waited(world, sessions, seconds=900)) == 10
