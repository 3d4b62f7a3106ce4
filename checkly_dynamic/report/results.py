"""Turn the runs of a gate into one result for each check, with its attempts, its outcome and its name."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from checkly_dynamic.core.sessions import NOT_FOUND, Run
from checkly_dynamic.core.verdict import current, is_bad
from checkly_dynamic.report.model import BAD_OUTCOMES, OUTCOMES, CheckResult
from checkly_dynamic.report.presentation import shown


def results_of(runs: Sequence[Run], fail_on: Collection[str], *, flaky: int = 0) -> tuple[CheckResult, ...]:
    """Return one result for each check (two if two triggers ran it), worst first. The verdict counted *flaky* checks as flaky."""
    attempts: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.attempt):
        attempts.setdefault(run.check_key, []).append(run)
    counting = current(runs)
    found = []
    for name, run in zip(_names(counting), counting, strict=True):
        earlier = [before for before in attempts[run.check_key] if before.attempt < run.attempt]
        found.append(CheckResult(name, outcome_of(run, fail_on), (*earlier, run)))
    # The state also keeps attempts of earlier updates. In this update, the checks that failed last are flaky.
    repaired = [
        result
        for result in found
        if result.outcome in ("passed", "warned") and any(is_bad(run, fail_on) for run in result.attempts[:-1])
    ]
    repaired.sort(key=lambda result: result.attempts[-2].stopped_at or "", reverse=True)
    names = {result.name for result in repaired[:flaky]}
    return worst_first(replace(result, outcome="flaky") if result.name in names else result for result in found)


def worst_first(results: Iterable[CheckResult]) -> tuple[CheckResult, ...]:
    """Sort results by their outcome."""
    return tuple(sorted(results, key=lambda result: OUTCOMES.index(result.outcome)))


def outcome_of(run: Run, fail_on: Collection[str]) -> str:
    """Return the outcome of a run for its gate; an unfinished run has a detail only if it could not be read."""
    if run.status == NOT_FOUND or (run.detail and not run.finished):
        outcome = "unknown"
    elif not run.finished:
        outcome = "running"
    elif is_bad(run, fail_on):
        outcome = "failed"
    else:
        outcome = "passed" if run.status == "PASSED" else "warned"
    return "non-blocking" if run.non_blocking and outcome in BAD_OUTCOMES else outcome


def _names(runs: Sequence[Run]) -> list[str]:
    """Give each run a unique name: checks of the same name get a part of their id, runs of one check a number."""
    labels = Counter(run.label for run in runs)
    seen: Counter[str] = Counter()
    names = []
    for run in runs:
        name = run.label if labels[run.label] == 1 else f"{run.label} ({shown(run.check_id or run.id)[:8]})"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return names
