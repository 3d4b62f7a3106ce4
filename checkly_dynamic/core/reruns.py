"""Run bad checks again: plan the requests, and read the runs that they start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from checkly_dynamic.core.session_results import NO_RESULTS, same_check
from checkly_dynamic.core.sessions import Kind, Run


@dataclass(frozen=True, kw_only=True)
class Rerun:
    """One request that runs checks again; the body is None if the request of the trigger is not known."""

    kind: Kind
    body: Mapping[str, Any] | None
    checks: tuple[Run, ...]


def plan_reruns(checks: Sequence[Run], requests: Mapping[str, Mapping[str, Any]]) -> list[Rerun]:
    """
    Plan one request for all check sessions; for each test session, repeat its trigger's request for the bad checks only.

    *requests* maps the id of each trigger's test session to the request that started it.
    """
    reruns = []
    plain = tuple(check for check in checks if check.kind == "check")
    if plain:
        body = {"target": {"checkId": sorted(check.check_id for check in plain)}, "refreshCache": False}
        reruns.append(Rerun(kind="check", body=body, checks=plain))
    tests = [check for check in checks if check.kind == "test"]
    for source in dict.fromkeys(check.source for check in tests):
        bad = tuple(check for check in tests if check.source == source)
        request = requests.get(source)
        reruns.append(Rerun(kind="test", body=request and _test_body(request, bad), checks=bad))
    return reruns


def _test_body(request: Mapping[str, Any], bad: Sequence[Run]) -> dict[str, Any]:
    target = request.get("target") or {}
    if all(check.check_id for check in bad):
        flag = {"allowDeactivated": True} if target.get("allowDeactivated") else {}
        target = {"checkId": sorted(check.check_id for check in bad), **flag}
    # Without the ids of all bad checks the whole target runs again.
    body = {**request, "refreshCache": False}
    return {**body, "target": target} if target else body


def started_runs(rerun: Rerun, answer: Sequence[Run], now: str) -> list[Run]:
    """
    Turn the answer to a re-run into runs with their attempt numbers.

    For a test session, there is one for each check that runs again, until :func:`resolve_results` knows the results.
    """
    started = [replace(run, started_at=run.started_at or now, finished=False) for run in answer]
    if rerun.kind == "check":
        attempts = {check.check_key: check.attempt for check in rerun.checks}
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
        for check in rerun.checks
    ]


def resolve_results(waiting: Sequence[Run], rows: Sequence[Run], latest: int, asked: Sequence[str]) -> list[Run]:
    """
    Match the results of a test session with the runs that stood for it while it ran, and return the runs that replace them.

    *latest* is the latest attempt of any check of the trigger's test session. What was not asked for gets that number, so that
    no earlier result counts in its place. *asked* are the ids of the checks that must have a result, if they are known.
    A check without a result gets a bad run that says so; the run of a whole test session is dropped if there are results.
    """
    rows = _without_explained(rows, [run.check_id for run in waiting if not run.whole] or asked)
    if not waiting[0].rerun_of:
        return [replace(row, rerun_of="", attempt=1) for row in rows]
    if all(row.whole for row in rows):  # the test session has no results, and that is what happened to each check
        whole = replace(rows[0], rerun_of=waiting[0].rerun_of)
        return [
            replace(whole, whole=run.whole, check_id=run.check_id, name=run.name, attempt=run.attempt)
            for run in waiting
        ]
    left = list(rows)
    resolved = []
    for run in waiting:
        row = _matching(run, left)
        if row is not None:
            left.remove(row)
            # The earlier attempts have this check id and name, or lack them.
            known = replace(row, check_id=run.check_id, name=run.name or row.name)
            resolved.append(replace(known, attempt=run.attempt, rerun_of=run.rerun_of))
        elif not run.whole:
            detail = "the test session that ran it again has no result for it"
            resolved.append(replace(run, status=NO_RESULTS, finished=True, detail=detail))
    extra = [replace(row, rerun_of=waiting[0].rerun_of) for row in left]
    attempts = {run.check_key: run.attempt for run in waiting}
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
