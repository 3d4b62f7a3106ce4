"""Many long polls under one deadline."""

import math
import threading
from contextlib import closing

import pytest
from world import Plan, Run, World

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.polling import Ended, wait_for
from checkly_dynamic.errors import SessionNotFound, Unauthorized


def poll_of(world):
    """Return what asks a world once."""

    def poll(session_id, deadline):
        return world.completion(session_id, max_wait=math.ceil(deadline.remaining()), deadline=deadline)

    return poll


def waited(world, sessions, *, seconds, connections=256):
    """Wait for sessions in a world and return what ended, in order."""
    world.connections = connections
    deadline = Deadline(seconds, world.clock)
    ids = [session.id for session in sessions]
    with closing(wait_for(ids, poll_of(world), deadline=deadline, connections=connections)) as found:
        return [ended for ended in found if ended is not None]


def test_all_sessions_are_waited_for_at_once():
    """A hundred sessions take as long as the slowest one, and end in the order in which they finish."""
    with World({f"c{n}": Plan([Run(seconds=100 - n)]) for n in range(100)}) as world:
        sessions = [world.start(check_id) for check_id in world.plans]
        ended = waited(world, sessions, seconds=900)
        assert world.now == 100
        assert sorted(ended.id for ended in ended) == sorted(session.id for session in sessions)
        assert {ended.result.status for ended in ended} == {"PASSED"}


@pytest.mark.parametrize(("seconds", "requests"), [(0, 1), (29.5, 1), (30.5, 2), (59.5, 2), (60.5, 3), (299.5, 10)])
def test_a_session_costs_one_request_and_one_more_for_each_30_seconds(seconds, requests):
    """Nothing is asked between two long polls, so the account's budget of requests lasts."""
    with World({"c": Plan([Run(seconds=seconds)])}) as world:
        session = world.start("c")
        assert len(waited(world, [session], seconds=900)) == 1
        assert len(world.polls) == requests


def test_a_server_that_answers_not_yet_at_once_makes_no_hot_loop():
    """A 408 that comes back immediately is followed by a pause, so there is at most one request per second."""
    with World({"c": Plan([Run(seconds=20)])}, hold=0) as world:
        session = world.start("c")
        assert len(waited(world, [session], seconds=900)) == 1
        assert 20 <= len(world.polls) <= 21


def test_the_pause_fills_the_second_and_no_more():
    """A server that says "not yet" after 0.6 s is asked again 0.4 s later, not after a whole second more."""
    with World({"c": Plan([Run(seconds=20.1)])}, hold=0.6) as world:
        session = world.start("c")
        assert len(waited(world, [session], seconds=900)) == 1
        assert len(world.polls) == 21


def test_the_deadline_ends_everything_and_keeps_what_has_ended():
    """What has not ended by the deadline is not yielded; what has, is; the clock stands at the deadline."""
    with World({"fast": Plan([Run(seconds=1)]), "slow": Plan([Run(seconds=60)])}) as world:
        fast, slow = world.start("fast"), world.start("slow")
        assert [ended.id for ended in waited(world, [fast, slow], seconds=2.5) if ended.result] == [fast.id]
        assert world.now == 2.5


def test_no_time_at_all_means_no_request():
    """With a deadline that has passed already nothing is asked."""
    with World({"c": Plan([Run()])}) as world:
        session = world.start("c")
        assert waited(world, [session], seconds=0) == []
        assert world.polls == []


def test_nothing_to_wait_for_ends_at_once():
    """Without sessions there is nothing to wait for, whatever the deadline."""
    with World() as world:
        assert waited(world, [], seconds=900) == []
        assert world.now == 0


def test_more_sessions_than_connections_take_turns():
    """With two connections and six sessions, all six end, and never more than two polls are open."""
    with World({f"c{n}": Plan([Run(seconds=10)]) for n in range(6)}) as world:
        sessions = [world.start(check_id) for check_id in world.plans]
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
        assert len(waited(world, sessions, seconds=900, connections=2)) == 6
        assert most == 2


@pytest.mark.parametrize(
    "error",
    [SessionNotFound("404", status=404), Unauthorized("401", status=401), RuntimeError("a bug")],
    ids=lambda error: type(error).__name__,
)
def test_a_session_that_cannot_be_read_does_not_stop_the_others(error):
    """Whatever asking raises, an unexpected exception too, is yielded with the session's id, and the others go on."""
    with World({"bad": Plan([Run(error, 1)]), "good": Plan([Run("PASSED", 5)])}) as world:
        bad, good = world.start("bad"), world.start("good")
        first, second = waited(world, [bad, good], seconds=900)
        assert first == Ended(bad.id, None, error)
        assert (second.id, second.result.status) == (good.id, "PASSED")


def test_a_caller_that_gives_up_leaves_no_thread_that_asks_again():
    """Closing the generator lets every thread end after the request that it is in."""
    asked = threading.Semaphore(0)
    release = threading.Event()

    def poll(_session_id, _deadline):
        asked.release()
        release.wait(10)

    before = threading.active_count()
    found = wait_for(["a", "b"], poll, deadline=Deadline(60))
    assert next(found) is None
    found.close()
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("checkly-poll"):
            thread.join(10)
    assert threading.active_count() <= before
    assert asked.acquire(timeout=0)
    assert asked.acquire(timeout=0)
    assert not asked.acquire(timeout=0)


def few_threads(monkeypatch, number):
    """Let only so many threads be started, as where a container limits them."""
    start = threading.Thread.start
    started = []

    def begin(thread):
        if len(started) == number:
            msg = "can't start new thread"
            raise RuntimeError(msg)
        started.append(thread)
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", begin)


def test_an_open_poll_keeps_no_process_alive():
    """When the engine ends the host, a poll that the server still holds must not hold the host."""
    threads = []

    def poll(*_):
        threads.append(threading.current_thread())
        return "ended"

    assert [ended.result for ended in wait_for(["a"], poll, deadline=Deadline(900)) if ended] == ["ended"]
    assert [thread.daemon for thread in threads] == [True]


def test_where_threads_are_few_the_sessions_take_turns(monkeypatch):
    """Three threads wait for ten sessions, and none is missed."""
    with World({f"c{n}": Plan([Run(seconds=0)]) for n in range(10)}) as world:
        few_threads(monkeypatch, 3)
        sessions = [world.start(check_id) for check_id in world.plans]
        world.connections = 3
        found = list(wait_for([s.id for s in sessions], poll_of(world), deadline=Deadline(900, world.clock)))
        assert sorted(ended.id for ended in found if ended) == sorted(session.id for session in sessions)


def test_where_there_is_no_thread_no_session_can_be_read(monkeypatch):
    """Each ends with the reason, so that a verdict can be recorded; nothing is raised."""
    few_threads(monkeypatch, 0)
    found = list(wait_for(["a", "b"], lambda *_: None, deadline=Deadline(900)))
    assert [ended.id for ended in found] == ["a", "b"]
    assert {type(ended.error) for ended in found} == {RuntimeError}


def test_the_caller_hears_something_every_second():
    """While nothing ends, None is yielded about once a second, so that progress can be shown."""
    release = threading.Event()
    found = wait_for(["a"], lambda _id, _deadline: release.wait(10) or None, deadline=Deadline(60))
    try:
        assert next(found) is None
    finally:
        release.set()
        found.close()
