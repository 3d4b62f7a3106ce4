"""
Whole runs of a trigger and a gate, against the local Checkly, with faults that hypothesis draws, on real sockets.

``CHAOS_N`` says how many schedules are played (200 unless told otherwise), ``CHAOS_SEED`` which ones.
"""

from __future__ import annotations

import os
import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from canary import ACCOUNT, KEY, leaks
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
from mangler import FAULTS, Mangler

from checkly_dynamic.awaited import Awaited
from checkly_dynamic.client import Client
from checkly_dynamic.config import Settings
from checkly_dynamic.deadline import Deadline
from checkly_dynamic.errors import ChecklyError, NoMatchingChecks
from checkly_dynamic.gate import Gate, Policy
from checkly_dynamic.transport import Budget, Retries, Transport

if TYPE_CHECKING:
    from checkly_dynamic.emulator.testing import LocalCheckly

SHARDS = 8
NUMBER = int(os.environ.get("CHAOS_N", "200"))
SEED = int(os.environ.get("CHAOS_SEED", "0"))
TRIGGER_SECONDS = 1.0

STATUSES = ["PASSED", "PASSED", "PASSED", "PASSED", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED"]
FAIL_ON = [("FAILED", "TIMED_OUT", "CANCELLED"), ("FAILED",), ("FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED")]


@dataclass(frozen=True)
class Schedule:
    """One run: what the checks do, what is asked for, and what goes wrong at which request."""

    outcomes: list[list[str]]
    seconds: list[float]
    version: str
    policy: Policy
    faults: dict[int, str]
    outage: tuple[int, str] | None


fault = st.sampled_from(FAULTS)
schedules = st.builds(
    Schedule,
    outcomes=st.lists(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=3), min_size=1, max_size=6),
    seconds=st.lists(st.sampled_from([0.0, 1.0, 5.0, 10.0, 60.0]), min_size=6, max_size=6),
    version=st.sampled_from(["v1", "v2"]),
    policy=st.builds(
        Policy,
        timeout_seconds=st.sampled_from([0.4, 0.7, 1.0]),
        fail_on=st.sampled_from(FAIL_ON),
        attempts=st.integers(1, 3),
        fail_fast=st.booleans(),
    ),
    faults=st.builds(
        lambda first, later: {**later, **({0: first} if first else {})},
        st.none() | st.none() | fault,
        st.dictionaries(st.integers(1, 20), fault, max_size=10),
    ),
    outage=st.none() | st.none() | st.tuples(st.integers(1, 10), fault),
)


@dataclass
class Counting:
    """A client that counts how often it was asked to start something, and keeps what came of it."""

    client: Client
    asked: int = 0
    errors: list[str] = field(default_factory=list)
    started: set[str] = field(default_factory=set)

    def trigger(self, *args: Any, **kwargs: Any) -> Any:
        """Pass on and count."""
        self.asked += 1
        try:
            sessions = self.client.trigger(*args, **kwargs)
        except ChecklyError as error:
            self.errors.append(str(error))
            raise
        self.started |= {session.id for session in sessions}
        return sessions

    def completion(self, *args: Any, **kwargs: Any) -> Any:
        """Pass on."""
        return self.client.completion(*args, **kwargs)


@pytest.mark.timeout(120 + NUMBER * 5)  # each schedule may use up its deadlines
@pytest.mark.parametrize("shard", range(SHARDS))
def test_chaos(checkly: LocalCheckly, shard: int) -> None:
    """Whatever goes wrong on the way: nothing doubled, nothing lost, nothing leaked, nothing green without proof, in time."""

    @seed(SEED * SHARDS + shard)
    @settings(
        max_examples=max(1, NUMBER // SHARDS),
        database=None,
        phases=[Phase.generate],  # real time cannot be shrunk; the schedule itself says what happened
        suppress_health_check=list(HealthCheck),
    )
    @given(schedules)
    def play_all(schedule: Schedule) -> None:
        Play(checkly, schedule).all()

    play_all()


class Play:
    """One schedule, played and judged."""

    def __init__(self, checkly: LocalCheckly, schedule: Schedule) -> None:
        checks = [
            {"name": f"check {n}", "tags": ["x"], "outcomes": outcomes, "seconds": schedule.seconds[n]}
            for n, outcomes in enumerate(schedule.outcomes)
        ]
        checkly.scenario({"checks": checks, "apiKey": KEY, "accountId": ACCOUNT, "rateLimit": None})
        self.checkly, self.schedule = checkly, schedule
        self.mangler = Mangler(int(checkly.url.rpartition(":")[2]), schedule.faults, schedule.outage)
        self.lines: list[str] = []

    def all(self) -> None:
        """Trigger, update the gate, update it again as a second ``pulumi up`` does, and judge everything."""
        with self.mangler.serve() as server:
            environ = {
                "CHECKLY_API_KEY": KEY,
                "CHECKLY_ACCOUNT_ID": ACCOUNT,
                "CHECKLY_API_URL": server.url,
                "CHECKLY_API_VERSION": self.schedule.version,
            }
            where = Settings.load(lambda _: None, environ)
            retries = Retries(first_wait=0.01, longest_wait=0.05)
            with Client(where, Transport(where, connections=8, retries=retries, budget=Budget())) as client:
                self.client = Counting(client)
                sessions = self._trigger()
                if sessions is not None:
                    record = self._gate(sessions, ())
                    self._gate(sessions, record.sessions)
        shown = "\n".join([*self.lines, *self.client.errors, repr(self.checkly.requests)])
        assert leaks(shown) == []
        assert not any(char in line for line in self.lines for char in "\x1b\x07")
        assert len(self.checkly.triggers) <= self.client.asked, "a POST ran more often than it was asked for"
        assert self.checkly.violations == []

    def _trigger(self) -> Any:
        began = time.monotonic()
        failed: ChecklyError | None = None
        try:
            return self.client.trigger({"target": {"matchTags": [["x"]]}}, deadline=Deadline(TRIGGER_SECONDS))
        except ChecklyError as error:
            failed = error
        finally:
            assert time.monotonic() - began <= TRIGGER_SECONDS + 1
        self._has_told_the_truth(failed)
        return None

    def _has_told_the_truth(self, error: ChecklyError) -> None:
        """A trigger that failed says whether checks may have started, and names every id that was readable."""
        assert leaks("".join(traceback.format_exception(error)) + repr(error)) == []
        if self.checkly.triggers:
            assert "Checks may have started" in str(error), "checks started and the error does not say so"
            assert getattr(error, "sent", None) != "no"
            assert not isinstance(error, NoMatchingChecks)
        self._every_id_is_told(str(error))

    def _gate(self, sessions: Any, stored: Any) -> Any:
        wait_for = [
            {
                "sessionIds": [s.id for s in sessions],
                "links": [s.link for s in sessions],
                "checkIds": [s.check_id for s in sessions],
                "checkTypes": [s.check_type for s in sessions],
                "names": [s.name for s in sessions],
            }
        ]
        started = {check: len(ids) for check, ids in self._by_check().items()}
        gate = Gate(self.schedule.policy, Awaited.from_state(wait_for), self.client, say=self.lines.append)
        unchanged = {s.check_id for s in sessions} if stored else set()
        began = time.monotonic()
        record = gate.run(stored, unchanged)
        assert time.monotonic() - began <= self.schedule.policy.timeout_seconds + 1, "it outlasted its deadline"
        state = record.to_state(self.schedule.policy.fail_on)
        repr(state).encode()
        self.lines += [state["reason"], *state["problems"]]
        assert self.client.started <= set(state["sessionIds"]), "a session that was started is not in the result"
        self._every_id_is_told(" ".join([*state["sessionIds"], *self.lines, *self.client.errors]))
        for check, ids in self._by_check().items():
            runs = self.schedule.policy.attempts if stored else self.schedule.policy.attempts - 1
            assert len(ids) - started.get(check, 0) <= runs, "a check ran again more often than allowed"
        if state["passed"]:
            self._is_really_good(state)
        return record

    def _by_check(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for session_id, session in self.checkly.sessions.items():
            found.setdefault(session["checkId"], []).append(session_id)
        return found

    def _every_id_is_told(self, text: str) -> None:
        for status, body in self.mangler.told:
            for session in body.get("sessions", []) if status == 201 else []:
                assert session["checkSessionId"] in text, "an id that the client saw is lost"

    def _is_really_good(self, state: dict[str, Any]) -> None:
        """Green needs, for every check, that its last session has ended well at the server itself."""
        truth = self.checkly.sessions
        last = {s["checkId"]: s["checkSessionId"] for s in sorted(state["sessions"], key=lambda s: s["attempt"])}
        assert len(last) == len(self.schedule.outcomes), "a check was forgotten"
        for session_id in last.values():
            status = truth[session_id]["status"]
            assert status in ("PASSED", "DEGRADED", "TIMED_OUT", "CANCELLED")
            assert status not in self.schedule.policy.fail_on, f"green although {status}"
