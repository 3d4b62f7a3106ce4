"""
One schedule of faults, played over a trigger and two updates of a gate, and judged.

What starts the trigger and updates the gate is for a subclass: the client and the gate in this process, or the real plugin host.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from canary import ACCOUNT, KEY, leaks
from hypothesis import strategies as st
from mangler import FAULTS, Mangler

from checkly_dynamic.core.gate import Policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fault_server import FaultServer

    from checkly_dynamic.emulator.testing import LocalCheckly

TRIGGER_SECONDS = 1.0
"""How long a trigger may take here, in place of three minutes."""

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


class Refused(Exception):
    """The trigger failed, with the text that a person would see."""


class Play:
    """
    One schedule, played and judged.

    Args:
        checkly: The local Checkly behind the faults.
        server: What stands before it and is to spoil what the schedule says.
        schedule: What to play.
    """

    def __init__(self, checkly: LocalCheckly, server: FaultServer, schedule: Schedule) -> None:
        checks = [
            {"name": f"check {n}", "tags": ["x"], "outcomes": outcomes, "seconds": schedule.seconds[n]}
            for n, outcomes in enumerate(schedule.outcomes)
        ]
        checkly.scenario({"checks": checks, "apiKey": KEY, "accountId": ACCOUNT, "rateLimit": None})
        self.checkly, self.schedule = checkly, schedule
        self.mangler = Mangler(checkly.url, server, schedule.faults, schedule.outage)
        self.lines: list[str] = []
        self.errors: list[str] = []

    def start(self) -> list[Mapping[str, Any]]:
        """Trigger once and return the sessions as they are stored; raises :class:`Refused`."""
        raise NotImplementedError

    def update(self, wait_for: Sequence[Mapping[str, Any]], stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """Update the gate once and return what is stored."""
        raise NotImplementedError

    def all(self) -> None:
        """Trigger, update the gate, update it again as a second ``pulumi up`` does, and judge everything."""
        sessions = self._trigger()
        if sessions is not None:
            self._gate(sessions, self._gate(sessions, None))
        shown = "\n".join([*self.lines, *self.errors, repr(self.checkly.requests)])
        assert leaks(shown) == []
        assert "Traceback" not in shown
        assert not any(char in line for line in self.lines for char in "\x1b\x07")
        assert self.checkly.violations == []

    def _trigger(self) -> list[Mapping[str, Any]] | None:
        began = time.monotonic()
        sessions = None
        with contextlib.suppress(Refused):
            sessions = self.start()
        assert time.monotonic() - began <= TRIGGER_SECONDS + 1
        assert len(self.checkly.triggers) <= 1, "a POST ran more often than it was asked for"
        if sessions is None:
            self._has_told_the_truth(self.errors[-1])
        return sessions

    def _has_told_the_truth(self, error: str) -> None:
        """A trigger that failed says whether checks may have started, and names every id that was readable."""
        if self.checkly.triggers:
            assert "Checks may have started" in error, "checks started and the error does not say so"
        self._every_id_is_told(error)

    def _gate(self, sessions: Sequence[Mapping[str, Any]], stored: Mapping[str, Any] | None) -> dict[str, Any]:
        columns = {
            "sessionIds": "checkSessionId",
            "links": "checkSessionLink",
            "checkIds": "checkId",
            "checkTypes": "checkType",
            "names": "name",
        }
        wait_for = [{column: [session[field] for session in sessions] for column, field in columns.items()}]
        before = {check: len(ids) for check, ids in self._by_check().items()}
        began = time.monotonic()
        state = self.update(wait_for, stored)
        assert time.monotonic() - began <= self.schedule.policy.timeout_seconds + 1, "it outlasted its deadline"
        repr(state).encode()
        self.lines += [state["reason"], *state["problems"]]
        self._every_id_is_told(" ".join([*state["sessionIds"], *self.lines, *self.errors]))
        for check, ids in self._by_check().items():
            runs = self.schedule.policy.attempts - (0 if stored else 1)
            assert len(ids) - before.get(check, 0) <= runs, "a check ran again more often than allowed"
        if state["passed"]:
            self._is_really_good(state)
        return state

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
