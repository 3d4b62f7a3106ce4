"""What changed since a previous run: newly failing, fixed, slower."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from checkly_dynamic.report.model import CheckResult, Report, results
from checkly_dynamic.report.times import elapsed

__all__ = ["Change", "Changes", "compare"]

_SLOWER = 1.5
"""Slower by more than half."""

_NOTICEABLE = 0.25
"""A difference in seconds below which nobody cares how much slower that is in parts."""

_GOOD = ("passed", "flaky", "warned")


@dataclass(frozen=True)
class Change:
    """
    One check that ran then and now.

    Attributes:
        gate: The gate's name.
        before: Its result in the previous run.
        now: Its result in this run.
    """

    gate: str
    before: CheckResult
    now: CheckResult


@dataclass(frozen=True)
class Changes:
    """
    The differences between two runs.

    Attributes:
        newly_failing: Good then, ended bad now.
        fixed: Ended bad then, good now.
        slower: Good then and now, and slower by more than half.
        added: Checks of this run that the previous one did not have.
        gone: Checks of the previous run that this one does not have.
    """

    newly_failing: tuple[Change, ...] = ()
    fixed: tuple[Change, ...] = ()
    slower: tuple[Change, ...] = ()
    added: int = 0
    gone: int = 0

    @property
    def membership(self) -> list[str]:
        """How many checks came and went, one sentence each."""
        came = [f"new: {_checks(self.added)}"] if self.added else []
        return came + ([f"gone: {_checks(self.gone)}"] if self.gone else [])

    def marks(self) -> dict[tuple[str, str], str]:
        """Return gate and check id (in lower case) → ``newly failing``, ``fixed`` or ``slower``."""
        kinds = (("slower", self.slower), ("fixed", self.fixed), ("newly failing", self.newly_failing))
        return {(c.gate, c.now.session.check_id.lower()): word for word, found in kinds for c in found}

    def __bool__(self) -> bool:
        return bool(self.newly_failing or self.fixed or self.slower or self.added or self.gone)


def compare(report: Report, previous: Report) -> Changes:
    """Compare two reports, check by check; gates are matched by name."""
    now, before = _by_check(report), _by_check(previous)
    both = [Change(key[0], before[key], result) for key, result in now.items() if key in before]
    return Changes(
        tuple(c for c in both if c.before.outcome in _GOOD and c.now.outcome == "failed"),
        tuple(c for c in both if c.before.outcome == "failed" and c.now.outcome in _GOOD),
        tuple(_slowest_first(c for c in both if _is_slower(c))),
        sum(1 for key in now if key not in before),
        sum(1 for key in before if key not in now),
    )


def _checks(number: int) -> str:
    return "1 check" if number == 1 else f"{number} checks"


def _by_check(report: Report) -> dict[tuple[str, str], CheckResult]:
    found: dict[tuple[str, str], CheckResult] = {}
    for gate in report.gates:
        # Where two triggers ran one check, the worse result counts: results come worst first.
        for result in results(gate):
            found.setdefault((gate.name, result.session.check_id.lower()), result)
    return found


def _is_slower(change: Change) -> bool:
    if change.before.outcome not in _GOOD or change.now.outcome not in _GOOD:
        return False
    before, now = elapsed(change.before.session), elapsed(change.now.session)
    return before is not None and now is not None and now > before * _SLOWER and now - before >= _NOTICEABLE


def _slowest_first(changes: Iterator[Change]) -> list[Change]:
    return sorted(changes, key=lambda c: (elapsed(c.before.session) or 0) - (elapsed(c.now.session) or 0))
