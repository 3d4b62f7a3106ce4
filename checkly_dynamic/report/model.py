"""
The content of a report: gates with their verdicts, and one result with all its attempts for each check.

Plain data and pure functions. Nothing here turns a verdict that is not good into a good one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON

__all__ = [
    "BAD_OUTCOMES",
    "CONCLUSIONS",
    "MISSING",
    "OUTCOMES",
    "CheckResult",
    "GateReport",
    "Report",
    "Run",
    "doubted",
    "insist_on",
]

CONCLUSIONS = ("FAILED", "UNKNOWN", "PENDING", "PASSED")
"""The conclusions of a gate, worst first. The worst one of all gates is the conclusion of the report."""

OUTCOMES = ("failed", "unknown", "running", "non-blocking", "flaky", "warned", "passed")
"""
The outcomes of a result, worst first. ``non-blocking``: a check that did not pass and does not have to. ``flaky``: passed in a
re-run of the same update. ``warned``: a status other than PASSED that the gate accepts, such as DEGRADED.
"""

BAD_OUTCOMES = ("failed", "unknown", "running")
"""The outcomes that keep a gate from passing."""

MISSING = "NO_SESSION"
"""The status of a check that was requested by id and has no session."""


@dataclass(frozen=True)
class Run:
    """
    One run of one check: a check session, or one result of a test session.

    Attributes:
        id: The id of the check session or of the test session's result. A running test session has its own id here.
        link: The page in Checkly; empty when unknown.
        check_id: The check; empty when unknown.
        check_type: For example ``API``.
        name: The check's name; empty when unknown.
        status: The last known status.
        started_at: ISO 8601; empty when unknown.
        stopped_at: ISO 8601; empty when unknown.
        time_elapsed: Milliseconds, or None.
        run_locations: Where it ran.
        attempt: 1 for the run that the trigger started, one more for each re-run.
        finished: Whether the run has ended.
        detail: One sentence about the status; usually empty.
        errors: Why the check failed, at most a few lines.
        non_blocking: Whether the gate passes even if this check fails.
        test_session_id: For a result of a test session.
        rerun_of: The trigger's test session that this re-run belongs to.
        bad: Whether this run keeps the gate from passing, where the source says so. None: the status tells.
    """

    id: str = ""
    link: str = ""
    check_id: str = ""
    check_type: str = ""
    name: str = ""
    status: str = ""
    started_at: str = ""
    stopped_at: str = ""
    time_elapsed: float | None = None
    run_locations: tuple[str, ...] = ()
    attempt: int = 1
    finished: bool = True
    detail: str = ""
    errors: tuple[str, ...] = ()
    non_blocking: bool = False
    test_session_id: str = ""
    rerun_of: str = ""
    bad: bool | None = None

    @property
    def check(self) -> tuple[str, str]:
        """What all attempts of one check have in common. A check in two test sessions counts as two."""
        return self.rerun_of or self.test_session_id, (self.check_id or self.name or self.id).lower()


@dataclass(frozen=True)
class CheckResult:
    """
    One check of a gate.

    Attributes:
        run: The latest attempt, which counts.
        earlier: The attempts before it, in order.
        outcome: One of :data:`OUTCOMES`.
        name: The check's name, or else an id. Checks with the same name have a part of their id in parentheses.
    """

    run: Run
    earlier: tuple[Run, ...]
    outcome: str
    name: str

    @property
    def attempts(self) -> tuple[Run, ...]:
        """All attempts in order."""
        return (*self.earlier, self.run)

    @property
    def errors(self) -> tuple[str, ...]:
        """Why the check failed; for a flaky check, why its last bad attempt failed."""
        before = next((run.errors for run in reversed(self.earlier) if run.errors), ())
        return self.run.errors or (before if self.outcome == "flaky" else ())


@dataclass(frozen=True)
class GateReport:
    """
    One gate.

    Attributes:
        name: The gate's name; after its parents' names if another gate of the stack has the same one.
        conclusion: One of :data:`CONCLUSIONS`.
        reason: One sentence.
        deploy_versions: The deploy versions of the triggers, without duplicates.
        runs: Every run with every attempt, in the stored order; then the requested checks that have no session.
        counts: Status → number of checks, ``flaky`` and ``missing`` included.
        fail_on: The final statuses that make the verdict bad.
        records_only: Whether the gate only records (``on_failure="record"``).
        triggered_at: When the checks were started, ISO 8601; empty when unknown, as are the other times.
        started_at: When the gate began to wait.
        finished_at: When it had its verdict.
        notes: What to know before trusting the rest, one sentence each.
    """

    name: str
    conclusion: str
    reason: str
    deploy_versions: tuple[str, ...] = ()
    runs: tuple[Run, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    fail_on: tuple[str, ...] = DEFAULT_FAIL_ON
    records_only: bool = False
    triggered_at: str = ""
    started_at: str = ""
    finished_at: str = ""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the conclusion is ``PASSED``."""
        return self.conclusion == "PASSED"


@dataclass(frozen=True)
class Report:
    """
    All gates of one stack.

    Attributes:
        gates: The gates, usually worst first.
        stack: ``project/stack``; empty when unknown.
        stored_at: When the state was written, ISO 8601; empty when unknown.
    """

    gates: tuple[GateReport, ...]
    stack: str = ""
    stored_at: str = ""

    @property
    def conclusion(self) -> str:
        """The worst conclusion of all gates; ``UNKNOWN`` without a gate."""
        return min((gate.conclusion for gate in self.gates), key=CONCLUSIONS.index, default="UNKNOWN")

    @property
    def passed(self) -> bool:
        """Whether there are gates and all of them passed."""
        return bool(self.gates) and all(gate.passed for gate in self.gates)


def doubted(gate: GateReport, reason: str, note: str) -> GateReport:
    """Return the gate with a note in front; if it had passed, it is ``UNKNOWN`` for this reason."""
    gate = replace(gate, notes=(note, *gate.notes))
    return replace(gate, conclusion="UNKNOWN", reason=reason) if gate.passed else gate


def insist_on(report: Report, deploy_version: str) -> Report:
    """Return the report without trust in any gate that is not, or not only, about *deploy_version*."""
    return replace(report, gates=tuple(_insist(gate, deploy_version) for gate in report.gates))


def _insist(gate: GateReport, wanted: str) -> GateReport:
    if set(gate.deploy_versions) == {wanted}:
        return gate
    found = ", ".join(gate.deploy_versions) or "no deploy version"
    reason = f"nothing is known about deploy version {wanted}; the stored verdict is about {found}"
    return doubted(gate, reason, f"This is about {found}, not about {wanted}.")
