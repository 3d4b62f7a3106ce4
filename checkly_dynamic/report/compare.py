"""The differences between two runs: newly failing, fixed and slower checks."""

from dataclasses import replace

from checkly_dynamic.report.model import Change, CheckResult, Report
from checkly_dynamic.report.presentation import duration, elapsed

KINDS = {"newly failing": "failed", "fixed": "passed", "slower by more than half": "warned"}
"""The kinds of change, each with the outcome whose colour it uses."""

_NEWLY_FAILING, _FIXED, _SLOWER = KINDS
_GOOD = ("passed", "flaky", "warned")


def compare(report: Report, previous: Report) -> Report:
    """Return the report with its changes: check by check, by the names of gates and checks, sorted by kind."""
    before = {(gate.name, result.name): result for gate in previous.gates for result in gate.results}
    found = [
        change
        for gate in report.gates
        for result in gate.results
        if (change := _change(gate.name, before.get((gate.name, result.name)), result))
    ]
    return replace(report, changes=tuple(sorted(found, key=lambda change: list(KINDS).index(change.kind))))


def _change(gate: str, before: CheckResult | None, now: CheckResult) -> Change | None:
    if before is None:
        return None
    was_good, is_good = before.outcome in _GOOD, now.outcome in _GOOD
    statuses = f"{before.run.status} → {now.run.status}"
    if was_good and now.outcome == "failed":
        return Change(_NEWLY_FAILING, gate, now, statuses)
    if before.outcome == "failed" and is_good:
        return Change(_FIXED, gate, now, statuses)
    old, new = elapsed(before.run), elapsed(now.run)
    # Less than a quarter of a second is never reported.
    if was_good and is_good and old and new and new > old * 1.5 and new - old >= 0.25:
        return Change(_SLOWER, gate, now, f"{duration(old)} → {duration(new)}")
    return None
