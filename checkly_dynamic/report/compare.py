"""The differences between two runs: newly failing, fixed and slower checks."""

from dataclasses import dataclass

from checkly_dynamic.report.model import CheckResult, Report
from checkly_dynamic.report.presentation import duration, elapsed

KINDS = {"newly failing": "failed", "fixed": "passed", "slower by more than half": "warned"}
"""The kinds of change, each with the outcome whose colour it uses."""

_NEWLY_FAILING, _FIXED, _SLOWER = KINDS
_MUCH_SLOWER = 1.5
_NOTICEABLE = 0.25
"""Seconds. A smaller difference is never reported, whatever its ratio."""

_GOOD = ("passed", "flaky", "warned")


@dataclass(frozen=True)
class Change:
    """A check that ended differently in two runs; *difference* shows statuses or durations: ``PASSED → FAILED``."""

    kind: str
    gate: str
    now: CheckResult
    difference: str


def compare(report: Report, previous: Report) -> list[Change]:
    """Compare two reports, check by check, by the names of gates and checks. Changes of one kind come together."""
    before = {(gate.name, result.name): result for gate in previous.gates for result in gate.results}
    found = [
        change
        for gate in report.gates
        for result in gate.results
        if (gate.name, result.name) in before
        and (change := _change(gate.name, before[gate.name, result.name], result)) is not None
    ]
    return sorted(found, key=lambda change: list(KINDS).index(change.kind))


def _change(gate: str, before: CheckResult, now: CheckResult) -> Change | None:
    statuses = f"{before.run.status} → {now.run.status}"
    if before.outcome in _GOOD and now.outcome == "failed":
        return Change(_NEWLY_FAILING, gate, now, statuses)
    if before.outcome == "failed" and now.outcome in _GOOD:
        return Change(_FIXED, gate, now, statuses)
    old, new = elapsed(before.run), elapsed(now.run)
    if before.outcome not in _GOOD or now.outcome not in _GOOD or old is None or new is None:
        return None
    if new > old * _MUCH_SLOWER and new - old >= _NOTICEABLE:
        return Change(_SLOWER, gate, now, f"{duration(old)} → {duration(new)}")
    return None
