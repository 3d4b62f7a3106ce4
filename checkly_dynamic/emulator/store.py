"""
The state of the pretended account: checks, sessions, and who waits for them.

Everything happens on one event loop. A waiter is a callback on its session's future, and each running session has one
timer: nothing polls. Clock and timers are passed in, so tests need no real time.
"""

from __future__ import annotations

import asyncio
import random
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

from checkly_dynamic.emulator import tag_rules
from checkly_dynamic.emulator.scenario import Outcome, Scenario, seeded_uuid
from checkly_dynamic.emulator.simulation import Session, plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkly_dynamic.emulator.scenario import Check

# Seconds between a cancel and the end of the session, before the speed.
CANCEL_DELAY = 0.2
# The oldest sessions are forgotten past this number, so that a long-running server does not grow for ever.
MAX_SESSIONS = 20_000


class Timer(Protocol):
    """What ``call_later`` gives back."""

    def cancel(self) -> None:
        """Forget the call."""


class Store:
    """
    The sessions of one scenario.

    Args:
        scenario: What to pretend.
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
        self.version = random.getrandbits(40)  # not that of a server that was here before: a page may still know it
        self._changed: list[asyncio.Future[None]] = []
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
        self.last: dict[str, Session] = {}
        self._numbers: dict[str, int] = {}
        self._next: dict[str, list[Outcome]] = {}
        self._timers.clear()
        self._waiters.clear()
        self.changed()

    def trigger(self, target: dict[str, Any], account_id: str) -> list[Session]:
        """Start one session for each check that the target selects; an empty list when it selects none."""
        return [self._start(check, account_id) for check in tag_rules.select(self.checks.values(), target)]

    def _start(self, check: Check, account_id: str) -> Session:
        number = self._numbers.get(check.id, 0)
        self._numbers[check.id] = number + 1
        queued = self._next.get(check.id)
        outcome = queued.pop(0) if queued else check.outcome(number)
        session_id = seeded_uuid(self.seed, "session", check.id, number)
        session = Session(
            id=session_id,
            check=check,
            number=number + 1,
            account_id=account_id,
            started=self.clock(),
            started_at=self.wall(),
            seconds=outcome.seconds / self.speed,
            final_status=outcome.status,
            results=plan(self.seed, session_id, check, outcome, self.speed),
        )
        self.sessions[session_id] = session
        self._forget_oldest()
        self._schedule(session)
        self.changed()
        return session

    def _forget_oldest(self) -> None:
        if len(self.sessions) > MAX_SESSIONS:
            oldest = next(iter(self.sessions))
            del self.sessions[oldest]
            if timer := self._timers.pop(oldest, None):
                timer.cancel()
            if future := self._waiters.pop(oldest, None):
                future.cancel()

    def _schedule(self, session: Session) -> None:
        if timer := self._timers.pop(session.id, None):
            timer.cancel()
        left = session.started + session.seconds - self.clock()
        if left <= 0:
            self._finish(session)
        else:
            self._timers[session.id] = self._call_later(left, lambda: self._ended(session))

    def _ended(self, session: Session) -> None:
        """Run when a timer fires; timers may be a little early, then it is set again."""
        if session.is_final(self.clock()):
            self._finish(session)
        else:
            self._schedule(session)

    def _finish(self, session: Session) -> None:
        self._timers.pop(session.id, None)
        if session.final_status != "CANCELLED":  # a cancelled run does not change the state of its check
            self.last[session.check.id] = session
        future = self._waiters.pop(session.id, None)
        if future is not None and not future.done():
            future.set_result(None)
        self.changed()

    def cancel(self, session: Session) -> bool:
        """Cancel a session; see :meth:`Session.cancel` for what can be cancelled."""
        stops = session.cancel(self.clock(), CANCEL_DELAY / self.speed)
        if stops:
            self._schedule(session)
            self.changed()
        return stops

    def next_outcome(
        self, check_id: str, status: str, *, seconds: float | None = None, failed_attempts: int = 0
    ) -> None:
        """Let the next session of a check end as told; later ones go on with the scenario."""
        check = self.checks[check_id]
        planned = check.outcome(self._numbers.get(check_id, 0)).seconds
        wanted = Outcome(status, failed_attempts, planned if seconds is None else seconds)
        self._next.setdefault(check_id, []).append(wanted)
        self.changed()

    def forget_next_outcomes(self, check_id: str) -> None:
        """Forget what :meth:`next_outcome` asked for; the scenario counts again."""
        self._next.pop(check_id, None)
        self.changed()

    def find(self, session_id: str) -> Session | None:
        """Return a session by its id."""
        return self.sessions.get(session_id)

    def last_status(self, check_id: str) -> str | None:
        """Return how the last finished session of a check ended, None when there was none."""
        session = self.last.get(check_id)
        return session.final_status if session else None

    def queued(self, check_id: str) -> str | None:
        """Return the status that :meth:`next_outcome` asked for, None when the scenario decides."""
        outcomes = self._next.get(check_id)
        return outcomes[0].status if outcomes else None

    async def wait(self, session: Session, seconds: float) -> bool:
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

    def changed(self) -> None:
        """Note a change and wake the pages that look on."""
        self.version += 1
        waiting, self._changed = self._changed, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait_for_change(self, since: int, seconds: float) -> None:
        """Wait until the version is no longer *since*, at most *seconds*."""
        if self.version != since:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changed.append(future)
        await asyncio.wait({future}, timeout=seconds)
        if future in self._changed:
            self._changed.remove(future)
