"""
Check sessions and test sessions over time.

A run is a plan made when it starts: when each location ends, and how. Its state at any moment is computed from the
plan and the clock, so nothing has to tick. Times are seconds of the store's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from checkly_dynamic.emulator.scenario import Check, Outcome, seeded_uuid

# The share of a session's time in which nothing has reported yet.
STARTED_SHARE = 0.15
CANCELLABLE = frozenset({"PLAYWRIGHT"})
BAD = frozenset({"FAILED", "TIMED_OUT"})


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
    One check session, or the run of one check in a test session.

    Attributes:
        id: Session id; in a test session, the ``sequenceId`` of the run.
        check: The check as it was when the session started.
        number: Ordinal number among the runs of its check, from 1.
        trigger: Ordinal number of the trigger that started it, from 1.
        account_id: Whose session it is.
        started: Clock at the start.
        started_at: Wall time at the start.
        seconds: Planned duration.
        final_status: What it ends with.
        results: The plan.
    """

    id: str
    check: Check
    number: int
    trigger: int
    account_id: str
    started: float
    started_at: datetime
    seconds: float
    final_status: str
    results: tuple[Result, ...]

    def is_final(self, now: float) -> bool:
        """Tell whether the session has ended."""
        return now >= self.started + self.seconds

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
        if outcomes & {*BAD, "CANCELLED"}:
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
        self.seconds, self.final_status = stop, "CANCELLED"
        return True


@dataclass(frozen=True)
class TestSession:
    """
    One test session: several checks, run at the same time in one location.

    Attributes:
        id: Session id.
        request: The body of the trigger, as it was received.
        trigger: Ordinal number of the trigger that started it, from 1.
        account_id: Whose session it is.
        started: Clock at the start, the same for all runs.
        started_at: Wall time at the start.
        runs: One for each check.
    """

    id: str
    request: dict[str, Any]
    trigger: int
    account_id: str
    started: float
    started_at: datetime
    runs: tuple[Session, ...]

    @property
    def seconds(self) -> float:
        """The duration: that of the longest run."""
        return max(run.seconds for run in self.runs)

    def is_final(self, now: float) -> bool:
        """Tell whether all runs have ended."""
        return now >= self.started + self.seconds

    def status(self, now: float) -> str:
        """Return RUNNING, and at the end FAILED before CANCELLED before PASSED."""
        if not self.is_final(now):
            return "RUNNING"
        endings = {run.final_status for run in self.runs}
        return "FAILED" if endings & BAD else "CANCELLED" if "CANCELLED" in endings else "PASSED"

    def cancel(self, now: float, delay: float, sequence_ids: Sequence[str] | None) -> bool:
        """Stop the Playwright runs soon, or those that are named; return whether any will stop."""
        stopped = [run.cancel(now, delay) for run in self.runs if sequence_ids is None or run.id in sequence_ids]
        return any(stopped)


def retried(outcome: Outcome, request: dict[str, Any]) -> Outcome:
    """
    Return how a run goes under the retry strategy of a test session.

    A bad run fails as often as it may be tried again; one that passes after failed attempts needs that many retries.
    """
    strategy = request.get("retryStrategy") or {}
    retries = 1 if strategy.get("type") == "SINGLE_RETRY" else int(strategy.get("maxRetries", 2)) if strategy else 0
    if outcome.status in BAD:
        return replace(outcome, failed_attempts=retries)
    if outcome.failed_attempts > retries:
        return replace(outcome, status="FAILED", failed_attempts=retries)
    return outcome


def plan(seed: int, session_id: str, locations: Sequence[str], outcome: Outcome, speed: float) -> tuple[Result, ...]:
    """
    Plan the results of a run.

    Locations end one after the other; the first one has the bad outcome, after its failed attempts.
    """
    seconds = outcome.seconds / speed
    results = []
    for number, location in enumerate(locations):
        begins, ends = 0.0, seconds * (number + 1) / len(locations)
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
