"""
Read gates from what is stored: the outputs of a verdict, and an exported summary.

A verdict that cannot be read for certain is never good. Secrets are replaced, and text from outside is made safe to show.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.sessions import UNFINISHED_STATUSES, Run, string
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON
from checkly_dynamic.core.wait_for import Started, answers_from_state
from checkly_dynamic.report.model import BAD_OUTCOMES, CONCLUSIONS, CheckResult, GateReport
from checkly_dynamic.report.presentation import safe_link, shown
from checkly_dynamic.report.results import outcome_of, results_of, worst_first

SECRET = "[secret]"  # noqa: S105 - shown in place of one, as Pulumi does
_NOTHING_RAN = 'No check ran: no check matched, and on_no_match="pass" accepts that.'
_ONLY_RECORDED = "This gate only records its verdict and stops nothing."
_STILL_RUNNING = (
    "Checks that had not finished may have ended since, and Checkly may show them as passed. "
    "Run pulumi up again: it waits for the same sessions and judges them."
)


def gate_from_outputs(name: str, outputs: Mapping[str, Any]) -> GateReport:
    """Read the outputs of a gate's verdict, in which secrets have been replaced."""
    counts = _counts(outputs)
    fail_on = _listed(outputs.get("failOn")) or DEFAULT_FAIL_ON
    runs = [read_run(row) for row in _listed(outputs.get("sessions"))]
    # A check without a session has a row in `failed` only.
    missing = [_failed_result(row) for row in _listed(outputs.get("failed")) if not row.get("sessionId")]
    answers = judged_answers(outputs)
    conclusion, reason = conclusion_of(outputs)
    gate = GateReport(
        name=name,
        conclusion=conclusion,
        reason=reason,
        deploy_versions=(SECRET,) if answers is None else versions_of(answers),
        results=worst_first([*results_of(runs, fail_on, flaky=counts.get("flaky", 0)), *missing]),
        counts=counts,
        started_at=shown(outputs.get("startedAt")),
        finished_at=shown(outputs.get("finishedAt")),
    )
    only_recorded = [_ONLY_RECORDED] if outputs.get("onFailure") == "record" else []
    return replace(gate, notes=(*_notes(gate), *only_recorded))


def gate_from_summary(name: str, summary: Mapping[str, Any]) -> GateReport:
    """Read ``CheckSessionGate.summary`` as ``pulumi stack output --json`` prints it: without locations, times and most links."""
    counts = _counts(summary)
    versions = [*_listed(summary.get("deployVersions")), *([""] if summary.get("withoutDeployVersion") else [])]
    results = _results_of_summary(summary)
    conclusion, reason = conclusion_of(summary)
    gate = GateReport(
        name=name,
        conclusion=conclusion,
        reason=reason,
        deploy_versions=tuple(dict.fromkeys(map(string, versions))),
        results=worst_first(results),
        counts=counts,
        finished_at=shown(summary.get("finishedAt")),
    )
    total = sum(number for word, number in counts.items() if word not in ("flaky", "missing"))
    short = [f"The summary lists {len(results)} of {total} checks."] if total > len(results) else []
    return replace(gate, notes=(*_notes(gate), *short))


def judged_answers(outputs: Mapping[str, Any]) -> list[Started] | None:
    """Return the answers that a verdict is about; None if they are secret: for one secret, Pulumi encrypts them all."""
    wait_for = outputs.get("waitFor")
    return None if SECRET in (wait_for, *_listed(wait_for)) else answers_from_state(_listed(wait_for))


def versions_of(answers: Iterable[Started]) -> tuple[str, ...]:
    """Return the deploy versions of triggers, without duplicates; one is empty if only some triggers have one."""
    versions = tuple(dict.fromkeys(answer.deploy_version for answer in answers))
    return versions if any(versions) else ()


def conclusion_of(stored: Mapping[str, Any]) -> tuple[str, str]:
    """Return conclusion and reason; good only when ``conclusion`` and ``passed`` agree."""
    conclusion, passed = stored.get("conclusion"), stored.get("passed")
    if conclusion not in CONCLUSIONS:
        return "UNKNOWN", "no verdict can be read from what is stored"
    if (conclusion == "PASSED") != (passed is True):
        return "UNKNOWN", f"what is stored contradicts itself: conclusion {conclusion}, passed {passed!r}"
    return conclusion, shown(stored.get("reason"), 500)


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


def _listed(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for anything else, such as a secret."""
    return value if isinstance(value, list) else []


def _failed_result(row: Mapping[str, Any]) -> CheckResult:
    """Read a row of ``failed``. It can be about a check that had not finished, or that has no session at all."""
    finished = row["status"] not in UNFINISHED_STATUSES
    ids = {"checkSessionId": row.get("sessionId"), "checkSessionLink": row.get("link")}
    run = read_run({**row, **ids, "finished": finished})
    return CheckResult(run.name, outcome_of(run, {run.status}), (run,))


def _results_of_summary(summary: Mapping[str, Any]) -> list[CheckResult]:
    failed = [_failed_result(row) for row in _listed(summary.get("failed"))]
    results = list(failed)
    for name, status in (summary.get("checks") or {}).items():
        # A name that occurs twice has its check id in parentheses here.
        same = (found for found in failed if name == found.name or name.startswith(f"{found.name} ("))
        row = next((found for found in same if found.run.status == status), None)
        if row is not None:
            failed.remove(row)
            results[results.index(row)] = replace(row, name=shown(name))
        else:
            run = read_run({"name": name, "status": status})
            outcome = outcome_of(run, DEFAULT_FAIL_ON)
            # A bad check without a row in `failed` did not have to pass.
            results.append(CheckResult(shown(name), "non-blocking" if outcome in BAD_OUTCOMES else outcome, (run,)))
    return results


def _counts(stored: Mapping[str, Any]) -> dict[str, int]:
    """Return the counts of a verdict; the engine stores numbers as floats."""
    return {word: int(number) for word, number in (stored.get("counts") or {}).items()}


def _notes(gate: GateReport) -> tuple[str, ...]:
    if gate.passed and not gate.results and not gate.counts:
        return (_NOTHING_RAN,)
    return (_STILL_RUNNING,) if gate.conclusion == "PENDING" else ()
