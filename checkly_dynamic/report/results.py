"""From the runs of a gate to one result for each check: which attempt counts, what it means, and what to call it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from checkly_dynamic.core.sessions import FINAL_STATUSES, NOT_FOUND
from checkly_dynamic.report.model import BAD_OUTCOMES, OUTCOMES, CheckResult, GateReport, Run

__all__ = ["is_bad", "results"]


def results(gate: GateReport) -> list[CheckResult]:
    """Return one result for each check of a gate (two if two triggers ran it), worst first, then in the stored order."""
    latest: dict[tuple[str, str], int] = {}
    for run in gate.runs:
        latest[run.check] = max(run.attempt, latest.get(run.check, 0))
    counting = [run for run in gate.runs if run.attempt == latest[run.check]]
    earlier: dict[tuple[str, str], list[Run]] = {}
    for run in gate.runs:
        if run.attempt < latest[run.check]:
            earlier.setdefault(run.check, []).append(run)
    found = [
        CheckResult(run, tuple(sorted(earlier.pop(run.check, ()), key=lambda e: e.attempt)), _outcome(run, gate), name)
        for run, name in zip(counting, _names(counting), strict=True)
    ]
    return sorted(_with_flaky(found, gate), key=lambda result: OUTCOMES.index(result.outcome))


def is_bad(run: Run, gate: GateReport) -> bool:
    """Whether a run has ended with a status that makes the verdict bad; an unknown status always does."""
    if run.bad is not None:
        return run.bad
    return run.finished and run.status != "PASSED" and (run.status in gate.fail_on or run.status not in FINAL_STATUSES)


def _outcome(run: Run, gate: GateReport) -> str:
    if run.status == NOT_FOUND:
        outcome = "unknown"
    elif not run.finished:
        outcome = "unknown" if run.detail and gate.conclusion == "UNKNOWN" else "running"
    elif is_bad(run, gate):
        outcome = "failed"
    else:
        outcome = "passed" if run.status == "PASSED" else "warned"
    return "non-blocking" if run.non_blocking and outcome in BAD_OUTCOMES else outcome


def _with_flaky(found: list[CheckResult], gate: GateReport) -> list[CheckResult]:
    """
    Mark the checks that ended bad and passed in a re-run of the same update.

    The state keeps the attempts of earlier updates too. The verdict counts the flaky checks of its own update, and those are the
    ones that failed last.
    """
    failed_at: dict[int, str] = {}
    for index, result in enumerate(found):
        bad = [run.stopped_at for run in result.earlier if run.status != NOT_FOUND and is_bad(run, gate)]
        if bad and result.outcome in ("passed", "warned"):
            failed_at[index] = max(bad)
    last = sorted(failed_at, key=lambda index: failed_at[index], reverse=True)[: gate.counts.get("flaky", 0)]
    return [replace(result, outcome="flaky") if index in last else result for index, result in enumerate(found)]


def _names(runs: list[Run]) -> list[str]:
    """Name each run so that no two are alike: two checks of one name by check id, two runs of one check by number."""
    plain = [
        next((text for text in (run.name, run.check_id, run.id) if text.strip()), "check without a name")
        for run in runs
    ]
    twice = Counter(name.strip().lower() for name in plain)
    checks: dict[str, set[str]] = {}
    for run, name in zip(runs, plain, strict=True):
        checks.setdefault(name.strip().lower(), set()).add(run.check_id)
    named: list[str] = []
    seen: Counter[str] = Counter()
    for run, name in zip(runs, plain, strict=True):
        key = name.strip().lower()
        if twice[key] > 1 and len(checks[key]) > 1 and run.check_id:
            name += f" ({run.check_id[:8]})"  # noqa: PLW2901 - the name so far
        seen[name.strip().lower()] += 1
        number = seen[name.strip().lower()]
        named.append(name if number == 1 else f"{name} #{number}")
    return named
