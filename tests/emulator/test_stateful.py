"""
The store against a model: any order of triggers, cancels, passing time and resets.

Clock and timers are the test's own, so an hour costs nothing. The model is a few lines of plain Python that know the rules of the
document and nothing of the store.
"""

from __future__ import annotations

import asyncio
import heapq
from datetime import datetime, timedelta, timezone

from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from checkly_dynamic.emulator import scenario as scenarios
from checkly_dynamic.emulator.store import CANCEL_DELAY, Store

FINAL = {"PASSED", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED"}
RANK = {"STARTED": 0, "PROGRESS": 1, "PROGRESS_FAILED": 2, "PROGRESS_DEGRADED": 2} | dict.fromkeys(FINAL, 3)
BEGINNING = datetime(2026, 1, 1, tzinfo=timezone.utc)

outcomes = st.lists(
    st.sampled_from(["PASSED", "FAILED", "DEGRADED", "TIMED_OUT"])
    | st.fixed_dictionaries({"status": st.sampled_from(["PASSED", "FAILED"]), "failedAttempts": st.integers(0, 3)}),
    min_size=1,
    max_size=3,
)
tag_names = st.sampled_from(["a", "b", "c"])
checks = st.fixed_dictionaries(
    {
        "tags": st.lists(tag_names, max_size=3, unique=True),
        "groupTags": st.lists(tag_names, max_size=1),
        "checkType": st.sampled_from(["PLAYWRIGHT", "API", "PLAYWRIGHT", "API", "HEARTBEAT"]),
        "activated": st.sampled_from([True, True, True, False]),
        "locations": st.sampled_from([["us-east-1"], ["us-east-1", "eu-west-1", "ap-south-1"]]),
        "outcomes": outcomes,
        "seconds": st.lists(st.sampled_from([60, 5, 1, 0]), min_size=1, max_size=2),
    },
)
groups = st.lists(st.lists(tag_names | tag_names.map("!".__add__), max_size=2), max_size=2)


class FakeTime:
    """A clock that is moved by hand, with timers that fire on the way."""

    def __init__(self):
        self.now, self.queue, self.count = 0.0, [], 0

    def call_later(self, delay, call):
        """Keep a call for later."""
        self.count += 1
        entry = [self.now + delay, self.count, call]
        heapq.heappush(self.queue, entry)
        time = self

        class Timer:
            def cancel(self):
                entry[2] = None
                time.queue = [one for one in time.queue if one is not entry]
                heapq.heapify(time.queue)

        return Timer()

    def advance(self, seconds):
        """Let time pass; timers fire at their moment."""
        until = self.now + seconds
        while self.queue and self.queue[0][0] <= until:
            self.now, _, call = heapq.heappop(self.queue)
            if call:
                call()
        self.now = until


class StoreMachine(RuleBasedStateMachine):
    """Every session must go the way that the model says, whatever else happens."""

    @initialize(entries=st.lists(checks, min_size=1, max_size=4))
    def start(self, entries):
        """Make a store and an event loop of its own, for those who wait."""
        self.entries = [{**entry, "name": f"check {number}"} for number, entry in enumerate(entries)]
        self.time = FakeTime()
        self.loop = asyncio.new_event_loop()
        self.store = Store(
            scenarios.build({"checks": self.entries}),
            clock=lambda: self.time.now,
            wall=lambda: BEGINNING + timedelta(seconds=self.time.now),
            call_later=self.time.call_later,
        )
        self.runs = dict.fromkeys(range(len(entries)), 0)
        self.model = {}
        self.tests = {}
        self.waiting = {}
        self.seen = {}

    def spin(self):
        """Let tasks run that are ready."""
        for _ in range(3):
            self.loop.run_until_complete(asyncio.sleep(0))

    def selected(self, match):
        """Return the numbers of the checks that the rules of the document select."""

        def fits(entry):
            tags = set(entry["tags"]) | set(entry["groupTags"])
            return not match or any(
                all((tag[1:] not in tags) if tag[0] == "!" else (tag in tags) for tag in group) for group in match
            )

        runnable = [n for n, e in enumerate(self.entries) if e["activated"] and e["checkType"] != "HEARTBEAT"]
        return [number for number in runnable if fits(self.entries[number])]

    def planned(self, number):
        """Count a run of a check, and return how it will end and after how many seconds."""
        entry, run = self.entries[number], self.runs[number]
        self.runs[number] += 1
        outcome = entry["outcomes"][min(run, len(entry["outcomes"]) - 1)]
        return outcome, entry["seconds"][min(run, len(entry["seconds"]) - 1)]

    @rule(match=groups)
    def trigger(self, match):
        """A trigger starts one session for each check that the rules of the document select."""
        expected = self.selected(match)
        sessions = self.store.trigger({"matchTags": match}, "account")
        assert [session.check.name for session in sessions] == [f"check {number}" for number in expected]
        for number, session in zip(expected, sessions, strict=True):
            outcome, seconds = self.planned(number)
            status = outcome if isinstance(outcome, str) else outcome["status"]
            self.model[session.id] = [self.entries[number], self.time.now + seconds, status]
            assert (session.number, session.final_status, session.seconds) == (self.runs[number], status, seconds)

    @rule(match=groups)
    def trigger_tests(self, match):
        """A test session runs the same checks as one session, without retries, and ends with its longest run."""
        expected = self.selected(match)
        session = self.store.trigger_tests({"runLocation": "x", "target": {"matchTags": match}}, "account")
        if not expected:
            assert session is None
            return
        plans = [self.planned(number) for number in expected]
        # An outcome that needs failed attempts is bad where nothing may be tried again.
        bad = any(
            outcome in ("FAILED", "TIMED_OUT")
            if isinstance(outcome, str)
            else outcome != {"status": "PASSED", "failedAttempts": 0}
            for outcome, _ in plans
        )
        end = self.time.now + max(seconds for _, seconds in plans)
        self.tests[session.id] = [None, end, "FAILED" if bad else "PASSED"]

    @rule(seconds=st.sampled_from([0.05, 0.2, 1, 4.9, 30, 600]))
    def pass_time(self, seconds):
        """Time passes, and those whose session has ended are told."""
        self.time.advance(seconds)
        self.spin()

    def running(self):
        """Return the sessions that still run, else all."""
        return sorted(key for key, (_, end, _) in self.model.items() if end > self.time.now) or sorted(self.model)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def cancel(self, data):
        """A cancel ends a running Playwright suite a moment later and leaves everything else alone."""
        session_id = data.draw(st.sampled_from(self.running()))
        entry, end, _ = self.model[session_id]
        stop = self.time.now + CANCEL_DELAY
        assert self.store.cancel(self.store.sessions[session_id]) == (
            entry["checkType"] == "PLAYWRIGHT" and self.time.now < end and stop < end
        )
        if entry["checkType"] == "PLAYWRIGHT" and stop < end:
            self.model[session_id] = [entry, stop, "CANCELLED"]

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def wait(self, data):
        """Someone waits for a session; several may wait for one."""
        session_id = data.draw(st.sampled_from([*self.running(), *self.tests]))
        task = self.loop.create_task(self.store.wait(self.store.find(session_id), 3600))
        self.waiting.setdefault(session_id, []).append(task)
        self.spin()

    @rule()
    def reset(self):
        """A reset lets everyone go and starts all runs anew."""
        self.store.reset()
        self.spin()
        for session_id, tasks in self.waiting.items():
            ended = (self.model | self.tests)[session_id][1] <= self.time.now
            assert all(task.done() and task.result() is ended for task in tasks)
        self.model, self.tests, self.waiting, self.seen = {}, {}, {}, {}
        self.runs = dict.fromkeys(self.runs, 0)

    @invariant()
    def sessions_go_as_planned(self):
        """Each session has its final status exactly from its end on, and never goes back."""
        if not hasattr(self, "model"):
            return
        assert set(self.store.sessions) == set(self.model)
        for session_id, (entry, end, final) in self.model.items():
            session = self.store.sessions[session_id]
            # A cancel computes the end from the time already run: equal but for rounding.
            if abs(self.time.now - end) < 1e-6:
                continue
            status = session.status(self.time.now)
            assert all(0 <= r.begins <= r.ends <= session.seconds + 1e-6 for r in session.results)
            assert (status == final) if self.time.now > end else (status not in FINAL), (status, final)
            assert RANK[status] >= self.seen.get(session_id, 0)
            self.seen[session_id] = RANK[status]
            if status in FINAL:
                results = session.results_at(self.time.now)
                assert sorted(r.location for r in results if r.result_type == "FINAL") == sorted(entry["locations"])

    @invariant()
    def test_sessions_end_once(self):
        """Each test session is RUNNING until its longest run has ended, then FAILED or PASSED."""
        for session_id, (_, end, final) in getattr(self, "tests", {}).items():
            if abs(self.time.now - end) >= 1e-6:
                status = self.store.test_sessions[session_id].status(self.time.now)
                assert status == (final if self.time.now > end else "RUNNING")

    @invariant()
    def nobody_waits_too_long_or_too_short(self):
        """Who waits is told when the session has ended, and not before."""
        for session_id, tasks in getattr(self, "waiting", {}).items():
            end = (self.model | self.tests)[session_id][1]
            if abs(self.time.now - end) >= 1e-6:
                assert all(task.done() is (self.time.now > end) for task in tasks)

    def teardown(self):
        """End all tasks."""
        if hasattr(self, "loop"):
            self.store.reset()
            self.spin()
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()


# Without shrinking, which takes minutes on a small machine: thirty steps can be read as they are.
StoreMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=30, phases=[Phase.explicit, Phase.generate]
)
TestStore = StoreMachine.TestCase
TestStore.__doc__ = "Whatever happens in whatever order, each session goes as the model says and nobody misses its end."
