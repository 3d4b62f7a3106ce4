"""
One check session over time.

A session is a plan made when it starts: when each location ends, and how. Its state at any moment is computed from
the plan and the clock, so nothing has to tick. Times are seconds of the store's clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from checkly_dynamic.emulator.scenario import seeded_uuid

if TYPE_CHECKING:
    from datetime import datetime

    from checkly_dynamic.emulator.scenario import Check, Outcome

# The share of a session's time in which nothing has reported yet.
STARTED_SHARE = 0.15
CANCELLABLE = frozenset({"PLAYWRIGHT"})


@dataclass(frozen=True)
class Result:
    """
    One check result: a final one per location, and one per failed attempt before it.

    Attributes:
        id: Result id.
        location: Where it ran.
        result_type: ``FINAL`` or ``ATTEMPT``.
        outcome: PASSED, FAILED, DEGRADED, TIMED_OUT or CANCELLED.
        begins: Seconds after the start of the session.
        ends: Seconds after the start of the session.
    """

    id: str
    location: str
    result_type: str
    outcome: str
    begins: float
    ends: float


@dataclass
class Session:
    """
    One session of one check.

    Attributes:
        id: Session id.
        check: The check as it was when the session started.
        number: Ordinal number among the sessions of its check, from 1.
        account_id: Whose session it is.
        started: Clock at the start.
        started_at: Wall time at the start.
        seconds: Planned duration.
        final_status: What it ends with.
        results: The plan.
        cancelled: A cancel cut it short.
    """

    id: str
    check: Check
    number: int
    account_id: str
    started: float
    started_at: datetime
    seconds: float
    final_status: str
    results: tuple[Result, ...] = field(default=())
    cancelled: bool = False

    def is_final(self, now: float) -> bool:
        """Tell whether the session has ended."""
        return now - self.started >= self.seconds

    def results_at(self, now: float) -> tuple[Result, ...]:
        """Return the results that are there by now."""
        if self.is_final(now):
            return self.results
        return tuple(result for result in self.results if result.ends <= now - self.started)

    def status(self, now: float) -> str:
        """Return the status by now: STARTED, PROGRESS (with what went wrong so far), then the final one."""
        if self.is_final(now):
            return self.final_status
        outcomes = {result.outcome for result in self.results_at(now)}
        if outcomes & {"FAILED", "TIMED_OUT", "CANCELLED"}:
            return "PROGRESS_FAILED"
        if "DEGRADED" in outcomes:
            return "PROGRESS_DEGRADED"
        return "STARTED" if now - self.started < self.seconds * STARTED_SHARE else "PROGRESS"

    def cancel(self, now: float, delay: float) -> bool:
        """
        Stop the session soon, if it is of a kind that can be stopped.

        Returns:
            Whether it will stop. Other kinds, and ended sessions, go on as they were.
        """
        stop = now - self.started + delay
        if self.check.check_type not in CANCELLABLE or self.is_final(now) or stop >= self.seconds:
            return False
        self.results = tuple(
            result
            if result.ends <= stop
            else replace(result, outcome="CANCELLED", begins=min(result.begins, stop), ends=stop)
            for result in self.results
            if result.ends <= stop or result.result_type == "FINAL"
        )
        self.seconds, self.final_status, self.cancelled = stop, "CANCELLED", True
        return True


def plan(seed: int, session_id: str, check: Check, outcome: Outcome, speed: float) -> tuple[Result, ...]:
    """
    Plan the results of a session.

    Locations end one after the other; the first one bears what goes wrong, after its failed attempts.
    """
    seconds = outcome.seconds / speed
    results = []
    for number, location in enumerate(check.locations):
        begins, ends = 0.0, seconds * (number + 1) / len(check.locations)
        if number == 0:
            step = ends / (outcome.failed_attempts + 1)
            for attempt in range(outcome.failed_attempts):
                result_id = seeded_uuid(seed, session_id, location, attempt)
                results.append(
                    Result(result_id, location, "ATTEMPT", "FAILED", attempt * step, (attempt + 1) * step),
                )
            begins = outcome.failed_attempts * step
        word = outcome.status if number == 0 else "PASSED"
        results.append(Result(seeded_uuid(seed, session_id, location), location, "FINAL", word, begins, ends))
    return tuple(results)
