"""
Read gates from what is stored: the outputs of a verdict, an exported summary, and a JSON report.

A verdict that cannot be read for certain is never good. Text from outside is made safe to show.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.sessions import NOT_FOUND, UNFINISHED_STATUSES, Run, string
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, current, is_bad
from checkly_dynamic.core.wait_for import Started, started_from_state
from checkly_dynamic.report.model import BAD_OUTCOMES, CONCLUSIONS, OUTCOMES, CheckResult, GateReport
from checkly_dynamic.report.presentation import SECRET, safe_link, shown

_NOTHING_RAN = 'No check ran: no check matched, and on_no_match="pass" accepts that.'
_ONLY_RECORDED = "This gate only records its verdict and stops nothing."
_STILL_RUNNING = (
    "Checks that had not finished may have ended since, and Checkly may show them as passed. "
    "Run pulumi up again: it waits for the same sessions and judges them."
)


def gate_from_outputs(name: str, outputs: Mapping[str, Any]) -> GateReport:
    """Read the outputs of a gate's verdict, in which secrets have been replaced."""
    fail_on = _listed(outputs.get("failOn")) or DEFAULT_FAIL_ON
    runs = [read_run(row) for row in _listed(outputs.get("sessions"))]
    # A check without a session has a row in `failed` only.
    missing = [_failed_result(row) for row in _listed(outputs.get("failed")) if not row.get("sessionId")]
    answers = judged_answers(outputs)
    return _gate(
        name,
        outputs,
        deploy_versions=(SECRET,) if answers is None else versions_of(answers),
        results=[*results_of(runs, fail_on, flaky=_counts(outputs).get("flaky", 0)), *missing],
        notes=[_ONLY_RECORDED] if outputs.get("onFailure") == "record" else [],
    )


def gate_from_summary(name: str, summary: Mapping[str, Any]) -> GateReport:
    """Read ``CheckSessionGate.summary`` as ``pulumi stack output --json`` prints it: without locations, times and most links."""
    versions = [*_listed(summary.get("deployVersions")), *([""] if summary.get("withoutDeployVersion") else [])]
    results = _results_of_summary(summary)
    total = sum(number for word, number in _counts(summary).items() if word not in ("flaky", "missing"))
    return _gate(
        name,
        summary,
        deploy_versions=tuple(dict.fromkeys(map(string, versions))),
        results=results,
        notes=[f"The summary lists {len(results)} of {total} checks."] if total > len(results) else [],
    )


def gate_from_json(raw: Mapping[str, Any]) -> GateReport:
    """Read a gate of a JSON report."""
    return _gate(
        shown(raw["name"]),
        raw,
        deploy_versions=tuple(map(string, raw["deployVersions"])),
        results=[
            CheckResult(shown(check["name"]), check["outcome"], (*map(read_run, before), read_run(last)))
            for check in raw["checks"]
            for *before, last in [check["attempts"]]
        ],
        notes=[shown(note) for note in raw["notes"]],
    )


def judged_answers(outputs: Mapping[str, Any]) -> list[Started] | None:
    """Return the answers that a verdict is about; None if they are secret: for one secret, Pulumi encrypts them all."""
    wait_for = outputs.get("waitFor")
    return None if SECRET in (wait_for, *_listed(wait_for)) else started_from_state(_listed(wait_for))


def versions_of(answers: Iterable[Started]) -> tuple[str, ...]:
    """Return the deploy versions of triggers, without duplicates; one is empty if only some triggers have one."""
    versions = tuple(dict.fromkeys(answer.deploy_version for answer in answers))
    return versions if any(versions) else ()


def read_run(row: Mapping[str, Any]) -> Run:
    """Read one row of ``sessions`` or ``results``."""
    run = Run.from_state(row)
    return replace(
        run,
        link=safe_link(run.link),
        check_type=shown(run.check_type, 40),
        name=shown(run.label, 120),
        status=shown(run.status, 40),
        run_locations=tuple(shown(location, 60) for location in run.run_locations),
        detail=shown(run.detail),
        errors=tuple(shown(error) for error in run.errors[:3]),
    )


def results_of(runs: Sequence[Run], fail_on: Collection[str], *, flaky: int = 0) -> list[CheckResult]:
    """Return one result for each check (two if two triggers ran it). The verdict counted *flaky* checks as flaky."""
    attempts: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.attempt):
        attempts.setdefault(run.check_key, []).append(run)
    counting = current(runs)
    results = []
    for name, run in zip(_names(counting), counting, strict=True):
        earlier = [before for before in attempts[run.check_key] if before.attempt < run.attempt]
        results.append(CheckResult(name, _outcome(run, fail_on), (*earlier, run)))
    # The state also keeps attempts of earlier updates. In this update, the checks that failed last are flaky.
    repaired = [
        result
        for result in results
        if result.outcome in ("passed", "warned") and any(is_bad(run, fail_on) for run in result.attempts[:-1])
    ]
    repaired.sort(key=lambda result: result.attempts[-2].stopped_at or "", reverse=True)
    for result in repaired[:flaky]:
        results[results.index(result)] = replace(result, outcome="flaky")
    return results


def _gate(
    name: str,
    stored: Mapping[str, Any],
    *,
    deploy_versions: tuple[str, ...],
    results: Iterable[CheckResult],
    notes: list[str],
) -> GateReport:
    conclusion, reason = _conclusion(stored)
    counts = _counts(stored)
    notes += [_STILL_RUNNING] if conclusion == "PENDING" else []
    notes += [_NOTHING_RAN] if conclusion == "PASSED" and not counts else []
    return GateReport(
        name=name,
        conclusion=conclusion,
        reason=reason,
        deploy_versions=deploy_versions,
        results=tuple(sorted(results, key=lambda result: OUTCOMES.index(result.outcome))),
        counts=counts,
        started_at=shown(stored.get("startedAt")),
        finished_at=shown(stored.get("finishedAt")),
        notes=tuple(dict.fromkeys(notes)),  # a JSON report already has them
    )


def _conclusion(stored: Mapping[str, Any]) -> tuple[str, str]:
    """Return conclusion and reason; good only when ``conclusion`` and ``passed`` agree."""
    conclusion, passed = stored.get("conclusion"), stored.get("passed")
    if conclusion not in CONCLUSIONS:
        return "UNKNOWN", "no verdict can be read from what is stored"
    if (conclusion == "PASSED") != (passed is True):
        return "UNKNOWN", f"what is stored contradicts itself: conclusion {conclusion}, passed {passed!r}"
    return conclusion, shown(stored.get("reason"), 500)


def _outcome(run: Run, fail_on: Collection[str]) -> str:
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


def _failed_result(row: Mapping[str, Any]) -> CheckResult:
    """Read a row of ``failed``. It can be about a check that had not finished, or that has no session at all."""
    ids = {"checkSessionId": row.get("sessionId"), "checkSessionLink": row.get("link")}
    run = read_run({**row, **ids, "finished": row["status"] not in UNFINISHED_STATUSES})
    return CheckResult(run.name, _outcome(run, {run.status}), (run,))


def _results_of_summary(summary: Mapping[str, Any]) -> list[CheckResult]:
    failed = list(_listed(summary.get("failed")))
    results = []
    for name, status in (summary.get("checks") or {}).items():
        # A name that occurs twice has its check id in parentheses here.
        same = (row for row in failed if f"{name} (".startswith(f"{row.get('name')} ("))
        row = next((row for row in same if row.get("status") == status), None)
        if row:
            failed.remove(row)
            results.append(_failed_result({**row, "name": name}))
        else:
            run = read_run({"name": name, "status": status})
            outcome = _outcome(run, DEFAULT_FAIL_ON)
            # A bad check without a row in `failed` did not have to pass.
            results.append(CheckResult(run.name, "non-blocking" if outcome in BAD_OUTCOMES else outcome, (run,)))
    return [*results, *map(_failed_result, failed)]


def _listed(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for anything else, such as a secret."""
    return value if isinstance(value, list) else []


def _counts(stored: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of a verdict; the engine stores numbers as floats."""
    return {word: int(number) for word, number in (stored.get("counts") or {}).items()}
