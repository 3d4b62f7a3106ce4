"""
The state of the simulated account: its checks and sessions.

Everything happens on one event loop. Nothing ticks: how far a session has come follows from its plan and the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from checkly_dynamic.emulator import tag_rules
from checkly_dynamic.emulator.problems import validate
from checkly_dynamic.emulator.scenario import Check, Outcome, Scenario, seeded_uuid
from checkly_dynamic.emulator.simulation import Result, Session, TestSession, plan, retried

# Seconds between a cancel and the end of the session, before the speed.
CANCEL_DELAY = 0.2
# The oldest sessions are forgotten past this number, so that a long-running server does not grow for ever.
MAX_SESSIONS, MAX_TEST_SESSIONS = 20_000, 1_000


class Store:
    """The checks and sessions of one scenario; see the application for *seed* and *speed*."""

    def __init__(self, seed: int, speed: float) -> None:
        self.seed, self.speed = seed, speed
        self.open_polls = 0
        self._interruption = asyncio.Event()

    def load(self, scenario: Scenario) -> None:
        """Take a scenario and forget all sessions and outcomes set for next runs; ids start from the first again."""
        self.scenario = scenario
        self.checks = {check.id: check for check in scenario.checks}
        self.sessions: dict[str, Session] = {}
        self.test_sessions: dict[str, TestSession] = {}
        self._triggers = 0
        self._runs: Counter[str] = Counter()
        self._conditional_runs: Counter[tuple[str, tuple[str, str]]] = Counter()
        self._next: dict[str, list[Outcome]] = {}
        self._interrupt()

    def trigger(self, target: dict[str, Any], account_id: str) -> list[Session]:
        """Start one session for each check that the target selects."""
        checks = tag_rules.select(self.checks.values(), target)
        self._triggers += bool(checks)
        now = time.time()
        started = [self._run(check, account_id, now) for check in checks]
        self.sessions |= {session.id: session for session in started}
        _forget_oldest(self.sessions, MAX_SESSIONS)
        return started

    def trigger_tests(self, request: dict[str, Any], account_id: str) -> TestSession | None:
        """Start a test session with the checks that the request selects; None when it selects none."""
        checks = tag_rules.select(self.checks.values(), request.get("target") or {})
        if not checks:
            return None
        self._triggers += 1
        now = time.time()
        runs = tuple(self._run(check, account_id, now, request) for check in checks)
        session_id = seeded_uuid(self.seed, "test session", self._triggers)
        session = TestSession(session_id, request, self._triggers, account_id, now, runs)
        self.test_sessions[session_id] = session
        _forget_oldest(self.test_sessions, MAX_TEST_SESSIONS)
        return session

    def _run(self, check: Check, account_id: str, now: float, request: dict[str, Any] | None = None) -> Session:
        """Plan a run of a check; *request* is that of a test session."""
        number = self._runs[check.id]
        self._runs[check.id] += 1
        outcome = self._outcome(check, number, request or {})
        locations = check.locations
        if request is not None:
            outcome = retried(outcome, request)
            locations = (request["runLocation"],)
        session_id = seeded_uuid(self.seed, "session", check.id, number)
        return Session(
            id=session_id,
            check=check,
            number=number + 1,
            trigger=self._triggers,
            account_id=account_id,
            started=now,
            seconds=outcome.seconds / self.speed,
            final_status=outcome.status,
            results=plan(self.seed, session_id, locations, outcome, self.speed),
        )

    def _outcome(self, check: Check, number: int, request: dict[str, Any]) -> Outcome:
        queued = self._next.get(check.id)
        if queued:
            return queued.pop(0)
        variables = {item["key"]: str(item["value"] or "") for item in request.get("environmentVariables", ())}
        condition = check.condition(variables)
        if condition is None:
            return check.outcome(number)
        self._conditional_runs[check.id, condition] += 1
        return check.outcome(self._conditional_runs[check.id, condition] - 1, condition)

    def cancel(self, session: Session | TestSession, sequence_ids: Sequence[str] | None = None) -> None:
        """Cancel a session, or the runs of it that are named; see :meth:`Session.cancel` for what can be cancelled."""
        session.cancel(time.time(), CANCEL_DELAY / self.speed, sequence_ids)
        self._interrupt()

    def next_outcome(self, check_id: str, wanted: dict[str, Any]) -> None:
        """
        Set how one more of the next runs of a check ends; later runs go on with the scenario.

        Raises:
            ScenarioError: *wanted* is no ``nextOutcome`` of the scenario's schema.
            KeyError: No such check.
        """
        validate(wanted, "nextOutcome")
        planned = self.checks[check_id].outcome(self._runs[check_id]).seconds
        outcome = Outcome(wanted["status"], wanted.get("failedAttempts", 0), wanted.get("seconds", planned))
        self._next.setdefault(check_id, []).append(outcome)

    def forget_next_outcomes(self, check_id: str) -> None:
        """Forget the outcomes set by :meth:`next_outcome`."""
        self._next.pop(check_id, None)

    def queued(self, check_id: str) -> str | None:
        """Return the first status set by :meth:`next_outcome`, None when the scenario counts."""
        return next((outcome.status for outcome in self._next.get(check_id, ())), None)

    def find(self, session_id: str) -> Session | TestSession | None:
        """Return a session of either kind by its id."""
        return self.sessions.get(session_id) or self.test_sessions.get(session_id)

    def find_result(self, check_id: str, result_id: str) -> tuple[Session, Result] | None:
        """Return a result of a check session that is there by now, and its session."""
        now = time.time()
        for session in self.sessions.values():
            if session.check.id == check_id:
                for result in session.results_at(now):
                    if result.id == result_id:
                        return session, result
        return None

    def last_sessions(self) -> dict[str, Session]:
        """
        Return the session of each check that ended last.

        Neither a cancelled session nor a test session changes the state of a check.
        """
        now = time.time()
        ended = [session for session in self.sessions.values() if session.is_final(now)]
        counting = [session for session in ended if session.final_status != "CANCELLED"]
        return {session.check.id: session for session in sorted(counting, key=lambda session: session.ends)}

    async def wait(self, session: Session | TestSession, seconds: float) -> bool:
        """Wait until a session has ended, at most *seconds*; return whether it has. A forgotten session never ends."""
        deadline = time.time() + seconds
        self.open_polls += 1
        try:
            while (now := time.time()) < min(session.ends, deadline) and self.find(session.id) is session:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._interruption.wait(), min(session.ends, deadline) - now)
        finally:
            self.open_polls -= 1
        return self.find(session.id) is session and session.is_final(time.time())

    def _interrupt(self) -> None:
        """Let all who wait look again, because sessions end earlier or were forgotten."""
        self._interruption.set()
        self._interruption = asyncio.Event()


def _forget_oldest(sessions: dict[str, Any], limit: int) -> None:
    for session_id in list(sessions)[: max(0, len(sessions) - limit)]:
        del sessions[session_id]
