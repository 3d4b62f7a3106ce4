"""Run bad checks again: plan the requests, and read the runs that they start."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.session_results import NO_RESULTS, same_check
from checkly_dynamic.core.sessions import Run


def plan_reruns(
    checks: Sequence[Run], requests: Mapping[str, Mapping[str, Any]]
) -> list[tuple[list[Run], dict[str, Any] | None]]:
    """
    Plan one request for all check sessions; for each test session, repeat its trigger's request for the bad checks only.

    *requests* maps the id of each trigger's test session to the request that started it. Returns which checks run again
    together, and the body that starts them; None if the request of the trigger is not known.
    """
    groups: dict[str, list[Run]] = {}
    for check in sorted(checks, key=lambda check: check.kind):
        groups.setdefault("" if check.kind == "check" else check.source, []).append(check)
    return [(bad, _body(bad, requests.get(source))) for source, bad in groups.items()]


def _body(bad: Sequence[Run], request: Mapping[str, Any] | None) -> dict[str, Any] | None:
    ids = sorted(check.check_id for check in bad)
    if bad[0].kind == "check":
        return {"target": {"checkId": ids}, "refreshCache": False}
    if request is None:
        return None
    again = {**request, "refreshCache": False}
    # Without the ids of all bad checks the whole target runs again.
    if all(ids):
        flag = {"allowDeactivated": True} if request.get("target", {}).get("allowDeactivated") else {}
        again["target"] = {"checkId": ids, **flag}
    return again


def started_runs(checks: Sequence[Run], answer: Sequence[Run], now: str) -> list[Run]:
    """Read what runs these checks again: for a test session, one run for each, until :func:`resolve_results` replaces it."""
    started = [replace(run, started_at=run.started_at or now, finished=False) for run in answer]
    if checks[0].kind == "check":
        attempts = {check.check_key: check.attempt for check in checks}
        return [replace(run, attempt=attempts.get(run.check_key, 0) + 1) for run in started]
    return [
        replace(
            session,
            whole=check.whole,
            check_id=check.check_id,
            name=check.name,
            attempt=check.attempt + 1,
            rerun_of=check.source,
            status="RUNNING",
        )
        for session in started[:1]
        for check in checks
    ]


def resolve_results(waiting: Sequence[Run], rows: Sequence[Run], latest: int, asked: Sequence[str]) -> list[Run]:
    """
    Match the results of a test session with the runs that stood for it while it ran, and return the runs that replace them.

    *latest* is the latest attempt of any check of the trigger's test session. What was not asked for gets that number, so that
    no earlier result counts in its place. *asked* are the ids of the checks that must have a result, if they are known.
    A check without a result gets a bad run that says so; the run of a whole test session is dropped if there are results.
    """
    rows = _without_explained(rows, [run.check_id for run in waiting if not run.whole] or asked)
    no_results = all(row.whole for row in rows)  # then what happened to the test session happened to each check
    left = list(rows)
    resolved = []
    for run in waiting:
        row = rows[0] if no_results else _matching(run, left)
        left = [other for other in left if other is not row]
        if row is None and run.whole:
            continue  # its results take its place
        if row is None:
            detail = "the test session that ran it again has no result for it"
            result = replace(run, status=NO_RESULTS, finished=True, detail=detail)
        elif run.whole:
            result = replace(row, name=row.name or run.name)
        else:
            # The earlier attempts have this check id and name, or lack them.
            name = run.name if no_results else run.name or row.name
            result = replace(row, whole=False, check_id=run.check_id, name=name)
        resolved.append(replace(result, attempt=run.attempt, rerun_of=run.rerun_of))
    attempts = {run.check_key: run.attempt for run in waiting}
    extra = [replace(row, rerun_of=waiting[0].rerun_of) for row in left]
    return [*resolved, *(replace(row, attempt=attempts.get(row.check_key, latest)) for row in extra)]


def _without_explained(rows: Sequence[Run], asked: Sequence[str]) -> list[Run]:
    """
    Drop the run of the whole session if a result explains its status.

    A session that was cancelled or timed out may have dropped checks that have no result. So such a status is explained only
    if each check that was asked for has one.
    """
    results = [row for row in rows if not row.whole]
    known = {row.check_id.lower() for row in results}
    complete = bool(asked) and all(check_id and check_id.lower() in known for check_id in asked)
    explained = {row.status for row in results if complete or row.status in ("FAILED", "DEGRADED")}
    return [row for row in rows if not (row.whole and row.status in explained)]


def _matching(run: Run, rows: Sequence[Run]) -> Run | None:
    if run.whole:
        return next((row for row in rows if row.whole), None)
    same = [row for row in rows if not row.whole and same_check(run, row)]
    return min(same, key=lambda row: not row.check_id, default=None)
