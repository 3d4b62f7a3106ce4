"""
The state of the simulated account: checks, sessions, and who waits for them.

Everything happens on one event loop. A waiter is a callback on its session's future, and each running session has one
timer: nothing polls. Clock and timers are passed in, so tests need no real time.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any, Protocol

from checkly_dynamic.emulator import tag_rules
from checkly_dynamic.emulator.change_signal import ChangeSignal
from checkly_dynamic.emulator.scenario import Check, Outcome, Scenario, seeded_uuid
from checkly_dynamic.emulator.simulation import Result, Session, TestSession, plan, retried

# Seconds between a cancel and the end of the session, before the speed.
CANCEL_DELAY = 0.2
# The oldest sessions are forgotten past this number, so that a long-running server does not grow for ever.
MAX_SESSIONS, MAX_TEST_SESSIONS = 20_000, 1_000


class Timer(Protocol):
    """What ``call_later`` gives back."""

    def cancel(self) -> None:
        """Forget the call."""


class Store:
    """
    The sessions of one scenario.

    Args:
        scenario: The scenario to serve.
        seed: Makes the ids.
        speed: How many scenario seconds pass in one real second.
        clock: Monotonic seconds.
        wall: Wall time, for the timestamps in answers.
        call_later: Runs a callback after some seconds of the clock; the event loop's by default.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        seed: int = 0,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        call_later: Callable[[float, Callable[[], None]], Timer] | None = None,
    ) -> None:
        self.seed, self.speed = seed, speed
        self.clock, self.wall = clock, wall
        self._call_later = call_later or (lambda delay, call: asyncio.get_running_loop().call_later(delay, call))
        self.open_polls = 0
        self.changes = ChangeSignal()
        self._timers: dict[str, Timer] = {}
        self._waiters: dict[str, asyncio.Future[None]] = {}
        self.load(scenario)

    def load(self, scenario: Scenario) -> None:
        """Take another scenario and forget all sessions; whoever waits is told that its session is gone."""
        self.scenario = scenario
        self.checks = {check.id: check for check in scenario.checks}
        self.reset()

    def reset(self) -> None:
        """Forget all sessions and overridden outcomes, so that ids and outcomes start from the first again."""
        for timer in self._timers.values():
            timer.cancel()
        for future in self._waiters.values():
            future.cancel()
        self.sessions: dict[str, Session] = {}
        self.test_sessions: dict[str, TestSession] = {}
        self.last: dict[str, Session] = {}
        self._triggers = 0
        self._runs: Counter[str] = Counter()
        self._conditional_runs: Counter[tuple[str, tuple[str, str]]] = Counter()
        self._next: dict[str, list[Outcome]] = {}
        self._timers.clear()
        self._waiters.clear()
        self.changes.note()

    def trigger(self, target: dict[str, Any], account_id: str) -> list[Session]:
        """Start one session for each check that the target selects; an empty list when it selects none."""
        checks = tag_rules.select(self.checks.values(), target)
        self._triggers += bool(checks)
        return [self._start(check, account_id) for check in checks]

    def trigger_tests(self, request: dict[str, Any], account_id: str) -> TestSession | None:
        """Start a test session with the checks that the request selects; None when it selects none."""
        checks = tag_rules.select(self.checks.values(), request.get("target") or {})
        if not checks:
            return None
        self._triggers += 1
        started, started_at = self.clock(), self.wall()
        runs = tuple(self._run(check, account_id, started, started_at, request) for check in checks)
        session_id = seeded_uuid(self.seed, "test session", self._triggers)
        session = TestSession(session_id, request, self._triggers, account_id, started, started_at, runs)
        self.test_sessions[session_id] = session
        self._forget_oldest(self.test_sessions, MAX_TEST_SESSIONS)
        self._schedule(session)
        self.changes.note()
        return session

    def _start(self, check: Check, account_id: str) -> Session:
        session = self._run(check, account_id, self.clock(), self.wall())
        self.sessions[session.id] = session
        self._forget_oldest(self.sessions, MAX_SESSIONS)
        self._schedule(session)
        self.changes.note()
        return session

    def _run(
        self,
        check: Check,
        account_id: str,
        started: float,
        started_at: datetime,
        request: dict[str, Any] | None = None,
    ) -> Session:
        """Plan a run of a check; *request* is that of a test session."""
        number = self._runs[check.id]
        outcome = self._outcome(check, number, request or {})
        if request is not None:
            outcome = retried(outcome, request)
        self._runs[check.id] += 1
        locations = [request["runLocation"]] if request is not None else check.locations
        session_id = seeded_uuid(self.seed, "session", check.id, number)
        return Session(
            id=session_id,
            check=check,
            number=number + 1,
            trigger=self._triggers,
            account_id=account_id,
            started=started,
            started_at=started_at,
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

    def _forget_oldest(self, sessions: dict[str, Any], limit: int) -> None:
        if len(sessions) > limit:
            oldest = next(iter(sessions))
            del sessions[oldest]
            if timer := self._timers.pop(oldest, None):
                timer.cancel()
            if future := self._waiters.pop(oldest, None):
                future.cancel()

    def _schedule(self, session: Session | TestSession) -> None:
        if timer := self._timers.pop(session.id, None):
            timer.cancel()
        left = session.started + session.seconds - self.clock()
        if left <= 0:
            self._finish(session)
        else:  # a timer may be a little early; then it is set again
            self._timers[session.id] = self._call_later(left, lambda: self._schedule(session))

    def _finish(self, session: Session | TestSession) -> None:
        self._timers.pop(session.id, None)
        # Neither a cancelled session nor a test session changes the state of a check.
        if isinstance(session, Session) and session.final_status != "CANCELLED":
            self.last[session.check.id] = session
        future = self._waiters.pop(session.id, None)
        if future is not None and not future.done():
            future.set_result(None)
        self.changes.note()

    def cancel(self, session: Session | TestSession, sequence_ids: Sequence[str] | None = None) -> bool:
        """Cancel a session; see :meth:`Session.cancel` for what can be cancelled."""
        now, delay = self.clock(), CANCEL_DELAY / self.speed
        stops = session.cancel(now, delay) if isinstance(session, Session) else session.cancel(now, delay, sequence_ids)
        if stops:
            self._schedule(session)
            self.changes.note()
        return stops

    def next_outcome(
        self, check_id: str, status: str, *, seconds: float | None = None, failed_attempts: int = 0
    ) -> None:
        """Let the next run of a check end as told; later ones go on with the scenario."""
        check = self.checks[check_id]
        planned = check.outcome(self._runs[check_id]).seconds
        wanted = Outcome(status, failed_attempts, planned if seconds is None else seconds)
        self._next.setdefault(check_id, []).append(wanted)
        self.changes.note()

    def forget_next_outcomes(self, check_id: str) -> None:
        """Forget the outcomes set by :meth:`next_outcome`; the scenario counts again."""
        self._next.pop(check_id, None)
        self.changes.note()

    def find(self, session_id: str) -> Session | TestSession | None:
        """Return a session of either kind by its id."""
        return self.sessions.get(session_id) or self.test_sessions.get(session_id)

    def find_result(self, check_id: str, result_id: str) -> tuple[Session, Result] | None:
        """Return a result of a check session that is there by now, and its session."""
        for session in self.sessions.values():
            if session.check.id == check_id:
                for result in session.results_at(self.clock()):
                    if result.id == result_id:
                        return session, result
        return None

    def last_status(self, check_id: str) -> str | None:
        """Return how the last finished session of a check ended, None when there was none."""
        session = self.last.get(check_id)
        return session.final_status if session else None

    def queued(self, check_id: str) -> str | None:
        """Return the status set by :meth:`next_outcome`, None when the scenario counts."""
        return next((outcome.status for outcome in self._next.get(check_id, ())), None)

    async def wait(self, session: Session | TestSession, seconds: float) -> bool:
        """
        Wait until a session has ended, at most *seconds*.

        Returns:
            Whether it has ended. False also when the session was forgotten by a reset in between.
        """
        if session.is_final(self.clock()):
            return True
        future = self._waiters.setdefault(session.id, asyncio.get_running_loop().create_future())
        self.open_polls += 1
        try:
            await asyncio.wait({future}, timeout=seconds)
        finally:
            self.open_polls -= 1
        return not future.cancelled() and session.is_final(self.clock())
