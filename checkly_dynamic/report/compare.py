"""The differences between two runs: newly failing, fixed and slower checks."""

from __future__ import annotations

from dataclasses import dataclass

from checkly_dynamic.report.model import CheckResult, Report
from checkly_dynamic.report.presentation import duration, elapsed, one_line
from checkly_dynamic.report.results import results

__all__ = ["KINDS", "Change", "Changes", "compare"]

KINDS = {"newly failing": "failed", "fixed": "passed", "slower by more than half": "warned"}
"""The kinds of change, with the outcome whose colour each has."""

_NEWLY_FAILING, _FIXED, _SLOWER = KINDS
_MUCH_SLOWER = 1.5
_NOTICEABLE = 0.25
"""Seconds. A smaller difference is never reported, whatever its ratio."""

_GOOD = ("passed", "flaky", "warned")


@dataclass(frozen=True)
class Change:
    """
    One check that ran in both runs and ended differently.

    Attributes:
        kind: One of :data:`KINDS`.
        gate: The gate's name.
        before: The result of the previous run.
        now: The result of this run.
    """

    kind: str
    gate: str
    before: CheckResult
    now: CheckResult

    @property
    def difference(self) -> str:
        """The old and the new status, or duration: ``PASSED → FAILED``."""
        if self.kind == _SLOWER:
            return f"{duration(elapsed(self.before.run))} → {duration(elapsed(self.now.run))}"
        return f"{one_line(self.before.run.status, 40)} → {one_line(self.now.run.status, 40)}"


@dataclass(frozen=True)
class Changes:
    """
    The differences between two runs.

    Attributes:
        checks: The checks that ended differently; among the slower ones the largest difference comes first.
        added: The number of checks that the previous run did not have.
        gone: The number of checks that only the previous run had.
    """

    checks: tuple[Change, ...] = ()
    added: int = 0
    gone: int = 0

    def of(self, kind: str) -> list[Change]:
        """Return the changes of one kind."""
        return [change for change in self.checks if change.kind == kind]

    @property
    def membership(self) -> list[str]:
        """The number of new and of removed checks, one sentence each."""
        numbers = (("new", self.added), ("gone", self.gone))
        return [f"{word}: {number} check{'s' * (number != 1)}" for word, number in numbers if number]

    def __bool__(self) -> bool:
        return bool(self.checks or self.added or self.gone)


def compare(report: Report, previous: Report) -> Changes:
    """Compare two reports, check by check. Gates are matched by name."""
    now, before = _by_check(report), _by_check(previous)
    found = [
        Change(kind, key[0], before[key], result)
        for key, result in now.items()
        if key in before and (kind := _kind(before[key], result))
    ]
    found.sort(key=lambda change: (elapsed(change.before.run) or 0) - (elapsed(change.now.run) or 0))
    return Changes(tuple(found), len(now.keys() - before.keys()), len(before.keys() - now.keys()))


def _by_check(report: Report) -> dict[tuple[str, str], CheckResult]:
    found: dict[tuple[str, str], CheckResult] = {}
    for gate in report.gates:
        # If two triggers ran one check, the worse result counts: results are sorted.
        for result in results(gate):
            run = result.run
            found.setdefault((gate.name, (run.check_id or run.name or run.id).lower()), result)
    return found


def _kind(before: CheckResult, now: CheckResult) -> str:
    if before.outcome in _GOOD and now.outcome == "failed":
        return _NEWLY_FAILING
    if before.outcome == "failed" and now.outcome in _GOOD:
        return _FIXED
    old, new = elapsed(before.run), elapsed(now.run)
    if before.outcome not in _GOOD or now.outcome not in _GOOD or old is None or new is None:
        return ""
    return _SLOWER if new > old * _MUCH_SLOWER and new - old >= _NOTICEABLE else ""
