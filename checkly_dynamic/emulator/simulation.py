"""
Check sessions and test sessions over time.

A run is planned when it starts: when each location ends, and how. Its state at any moment follows from the plan and
the time, so there are no timers. Moments are Unix times.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from checkly_dynamic.emulator.scenario import Check, Outcome, seeded_uuid

# The share of a session's time in which nothing has reported yet.
STARTED_SHARE = 0.15
CANCELLABLE = frozenset({"PLAYWRIGHT"})
BAD = frozenset({"FAILED", "TIMED_OUT"})


@dataclass(frozen=True)
class Result:
    """One check result: a ``FINAL`` one for each location, and an ``ATTEMPT`` for each failed attempt before it."""

    id: str
    location: str
    result_type: str
    outcome: str
    begins: float  # seconds after the start of the session
    ends: float


@dataclass
class Session:
    """One check session, or the run of one check in a test session; there, its id is the ``sequenceId`` of the run."""

    id: str
    check: Check
    number: int  # among the runs of its check, from 1
    trigger: int  # the number of the trigger that started it, from 1
    account_id: str
    started: float
    seconds: float
    final_status: str
    results: tuple[Result, ...]

    @property
    def ends(self) -> float:
        """The moment when the session ends."""
        return self.started + self.seconds

    def is_final(self, now: float) -> bool:
        """Return whether the session has ended."""
        return now >= self.ends

    def results_at(self, now: float) -> tuple[Result, ...]:
        """Return the results so far."""
        if self.is_final(now):
            return self.results
        return tuple(result for result in self.results if result.ends <= now - self.started)

    def status(self, now: float) -> str:
        """Return STARTED, PROGRESS (with what went wrong so far), then the final status."""
        if self.is_final(now):
            return self.final_status
        outcomes = {result.outcome for result in self.results_at(now)}
        if outcomes & {*BAD, "CANCELLED"}:
            return "PROGRESS_FAILED"
        if "DEGRADED" in outcomes:
            return "PROGRESS_DEGRADED"
        return "STARTED" if now - self.started < self.seconds * STARTED_SHARE else "PROGRESS"

    def cancel(self, now: float, delay: float, sequence_ids: Sequence[str] | None) -> None:
        """Stop the session after *delay* if it is named and can be stopped; otherwise do nothing."""
        stop = now - self.started + delay
        named = sequence_ids is None or self.id in sequence_ids
        if not named or self.check.check_type not in CANCELLABLE or stop >= self.seconds:
            return
        self.results = tuple(
            result
            if result.ends <= stop
            else replace(result, outcome="CANCELLED", begins=min(result.begins, stop), ends=stop)
            for result in self.results
            if result.ends <= stop or result.result_type == "FINAL"
        )
        self.seconds, self.final_status = stop, "CANCELLED"


def test_status(outcome: str) -> str:
    """Return what test sessions call an outcome."""
    return "FAILED" if outcome in BAD else "CANCELLED" if outcome == "CANCELLED" else "PASSED"


@dataclass(frozen=True)
class TestSession:
    """One test session: a run of each check, all at the same time in one location."""

    id: str
    request: dict[str, Any]
    trigger: int
    account_id: str
    started: float
    runs: tuple[Session, ...]

    @property
    def ends(self) -> float:
        """The moment when the longest run ends."""
        return max(run.ends for run in self.runs)

    @property
    def seconds(self) -> float:
        """The duration of the longest run."""
        return max(run.seconds for run in self.runs)

    def is_final(self, now: float) -> bool:
        """Return whether all runs have ended."""
        return now >= self.ends

    def status(self, now: float) -> str:
        """Return RUNNING, and at the end FAILED, CANCELLED or PASSED, the worst first."""
        if not self.is_final(now):
            return "RUNNING"
        endings = {test_status(run.final_status) for run in self.runs}
        return next(status for status in ("FAILED", "CANCELLED", "PASSED") if status in endings)

    def cancel(self, now: float, delay: float, sequence_ids: Sequence[str] | None) -> None:
        """Stop the Playwright runs after *delay*, all or the named ones."""
        for run in self.runs:
            run.cancel(now, delay, sequence_ids)


def retried(outcome: Outcome, request: dict[str, Any]) -> Outcome:
    """Return the outcome of a run under a test session's retry strategy: a bad run uses all its retries."""
    strategy = request.get("retryStrategy") or {}
    retries = 1 if strategy.get("type") == "SINGLE_RETRY" else int(strategy.get("maxRetries", 2)) if strategy else 0
    if outcome.status in BAD:
        return replace(outcome, failed_attempts=retries)
    if outcome.failed_attempts > retries:
        return replace(outcome, status="FAILED", failed_attempts=retries)
    return outcome


def plan(seed: int, session_id: str, locations: Sequence[str], outcome: Outcome, speed: float) -> tuple[Result, ...]:
    """Plan a run: locations end one after the other; the first one has the bad outcome, after its failed attempts."""
    length = outcome.seconds / speed / len(locations)
    step = length / (outcome.failed_attempts + 1)
    first = locations[0]
    results = []
    for attempt in range(outcome.failed_attempts):
        result_id = seeded_uuid(seed, session_id, first, attempt)
        results.append(Result(result_id, first, "ATTEMPT", "FAILED", attempt * step, (attempt + 1) * step))
    for number, location in enumerate(locations):
        result_id = seeded_uuid(seed, session_id, location)
        status, begins = (outcome.status, outcome.failed_attempts * step) if number == 0 else ("PASSED", 0.0)
        results.append(Result(result_id, location, "FINAL", status, begins, length * (number + 1)))
    return tuple(results)
