"""
What a report says: gates with their verdicts, and for each check one result with all its attempts.

Plain data and pure functions. Nothing here can turn a verdict that is not good into a good one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from checkly_dynamic.core.sessions import NOT_FOUND, CheckSession
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, current, is_bad

__all__ = ["CONCLUSIONS", "MISSING", "OUTCOMES", "CheckResult", "GateReport", "Report", "insist_on", "results"]

CONCLUSIONS = ("FAILED", "UNKNOWN", "PENDING", "PASSED")
"""The conclusions of a gate, worst first; of several gates the first that holds is the report's."""

OUTCOMES = ("failed", "unknown", "running", "flaky", "warned", "passed")
"""What a result means, worst first: ``warned`` is a status other than PASSED that the gate lets through, such as DEGRADED."""

MISSING = "NO_SESSION"
"""Our own word for a check that was asked for by id and got no session."""


@dataclass(frozen=True)
class CheckResult:
    """
    One check of a gate.

    Attributes:
        session: The session that counts, of the latest attempt.
        earlier: The attempts before it, first one first.
        outcome: One of :data:`OUTCOMES`.
    """

    session: CheckSession
    earlier: tuple[CheckSession, ...]
    outcome: str

    @property
    def attempts(self) -> tuple[CheckSession, ...]:
        """All attempts, first one first."""
        return (*self.earlier, self.session)


@dataclass(frozen=True)
class GateReport:
    """
    One gate as it is stored.

    Attributes:
        name: The gate's name in the stack.
        conclusion: One of :data:`CONCLUSIONS`.
        reason: One sentence.
        deploy_versions: The deploy version of each trigger, without doubles; empty when none was given.
        sessions: Every session with its attempt.
        counts: Status → number of checks, and ``flaky`` and ``missing``.
        missing_check_ids: Checks that were asked for by id and got no session.
        fail_on: The final statuses that make this gate's verdict bad.
        failed_links: For an exported summary, which does not tell which check a session belongs to: the links that count as bad.
            None where the sessions themselves tell.
        records_only: Whether the gate only records (``on_failure="record"``) and stops nothing.
        triggered_at: When the checks were started, ISO 8601; empty when it is not known.
        started_at: When the gate began to look, ISO 8601; empty when it is not known.
        finished_at: When it had judged, ISO 8601; empty when it is not known.
        notes: What a reader must know before trusting the rest, one sentence each.
    """

    name: str
    conclusion: str
    reason: str
    deploy_versions: tuple[str, ...] = ()
    sessions: tuple[CheckSession, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    missing_check_ids: tuple[str, ...] = ()
    fail_on: tuple[str, ...] = DEFAULT_FAIL_ON
    failed_links: tuple[str, ...] | None = None
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
        gates: Those of the stack, usually worst first.
        stack: ``project/stack``; empty when it is not known.
        stored_at: When the state was written, ISO 8601; empty when it is not known.
    """

    gates: tuple[GateReport, ...]
    stack: str = ""
    stored_at: str = ""

    @property
    def conclusion(self) -> str:
        """The worst conclusion of all gates; without a gate nothing is known."""
        found = {gate.conclusion for gate in self.gates} or {"UNKNOWN"}
        return next((word for word in CONCLUSIONS if word in found), "UNKNOWN")

    @property
    def passed(self) -> bool:
        """Whether there are gates and all of them passed."""
        return bool(self.gates) and all(gate.passed for gate in self.gates)


def results(gate: GateReport) -> list[CheckResult]:
    """Return one result for each check of a gate (two where two triggers ran it), worst first, then in the stored order."""
    counting = current(gate.sessions)
    latest = {id(session) for session in counting}
    earlier: dict[str, list[CheckSession]] = {}
    for session in gate.sessions:
        if id(session) not in latest:
            earlier.setdefault(session.check_id, []).append(session)
    found = []
    for session in counting:
        before = sorted(earlier.pop(session.check_id, ()), key=lambda attempt: attempt.attempt)
        found.append(CheckResult(session, tuple(before), _outcome(session, gate)))
    found += [CheckResult(_without_session(check_id), (), "failed") for check_id in gate.missing_check_ids]
    return sorted(found, key=lambda result: OUTCOMES.index(result.outcome))


def insist_on(report: Report, deploy_version: str) -> Report:
    """Return the report with every gate ``UNKNOWN`` that is not, or not only, about *deploy_version*."""
    return replace(report, gates=tuple(_insist(gate, deploy_version) for gate in report.gates))


def _insist(gate: GateReport, wanted: str) -> GateReport:
    if set(gate.deploy_versions) == {wanted}:
        return gate
    found = ", ".join(gate.deploy_versions) or "none"
    note = f"This is about deploy version {found}, not about {wanted}."
    if not gate.passed:
        return replace(gate, notes=(note, *gate.notes))
    reason = f"nothing is known about deploy version {wanted}; what is stored is about {found}"
    return replace(gate, conclusion="UNKNOWN", reason=reason, notes=(note, *gate.notes))


def _outcome(session: CheckSession, gate: GateReport) -> str:
    if session.status == NOT_FOUND:
        return "unknown"
    if not session.finished:
        return "unknown" if session.detail and gate.conclusion == "UNKNOWN" else "running"
    if _counts_as_bad(session, gate):
        return "failed"
    if session.attempt > 1:
        return "flaky"
    return "passed" if session.status == "PASSED" else "warned"


def _counts_as_bad(session: CheckSession, gate: GateReport) -> bool:
    bad = is_bad(session, gate.fail_on)
    if gate.failed_links is not None and session.link:
        return bad and session.link in gate.failed_links
    return bad


def _without_session(check_id: str) -> CheckSession:
    detail = "asked for by id, but Checkly started no session (deleted or deactivated?)"
    return CheckSession("", "", check_id, "", "", MISSING, detail=detail, finished=True)
