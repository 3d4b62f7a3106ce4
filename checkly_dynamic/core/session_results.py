"""Read sessions and their results from the API's answers; where the two contradict each other, the worse one counts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.sessions import FINAL_STATUSES, UNFINISHED_STATUSES, Run, described, string
from checkly_dynamic.errors import InvalidResponse

NO_RESULTS = "NO_RESULTS"
"""This library's status for a test session that ended without a final result: never good."""

_GOOD = ("PASSED", "DEGRADED")


def read_check_session(raw: Any, *, finished: bool = False) -> Run:
    """
    Read a check session; *finished* means that the answer itself says that it has ended (completion status 200).

    A cancelled session, which version 1 shows as ``TIMED_OUT``, becomes ``CANCELLED``.
    """
    _require(raw, ("checkSessionId", "checkId", "status"), "check session")
    results = _final_results(raw)
    status, detail = _check_status(str(raw["status"]), results)
    if finished and status in _GOOD and _results_of(raw) and not results:
        status, detail = NO_RESULTS, f"Checkly says {status}, but the check has no final result"
    bad = [result for result in results if _is_true(result, "hasErrors", "hasFailures", "aborted")]
    return replace(
        described(raw, "check"),
        status=status,
        detail=detail,
        finished=status in FINAL_STATUSES or (finished and status not in UNFINISHED_STATUSES),
        failed_results=tuple(string(result.get("checkResultId")) for result in bad),
    )


def read_test_session(raw: Any) -> list[Run]:
    """Read a test session as it is now: the session itself, then its results, which may be missing while it runs."""
    session = _session(raw)
    return [session, *(_row(session, item) for item in _results_of(raw) if item.get("resultType") != "ATTEMPT")]


def ended_test_session(raw: Any) -> list[Run] | None:
    """
    Read the answer of a test session's completion; return None while the session runs.

    There is one run for each final result, and one that is never good for each check that has only other results. One more run
    stands for the session itself if there are none, or if its own status is not ``PASSED``.
    """
    session = _session(raw)
    if session.status in UNFINISHED_STATUSES:
        return None
    results = _final_results(raw)
    rows = [replace(_row(session, result), finished=True) for result in results]
    if len({row.result_id for row in rows}) != len(rows) or _results_of(raw) != (raw.get("results") or []):
        msg = "a test session in the answer has two results with one id, or one that is not an object"
        raise InvalidResponse(msg)
    if not rows:
        detail = f"Checkly says {session.status}, but the test session has no results"
        status = "FAILED" if session.status == "FAILED" else NO_RESULTS
        return [replace(session, status=status, detail=detail, finished=True)]
    rows += _without_end(session, raw, rows)
    if session.status != "PASSED":
        detail = f"Checkly says {session.status} of the test session as a whole"
        rows.append(replace(session, detail=detail, finished=True))
    return rows


def _without_end(session: Run, raw: Any, ended: Sequence[Run]) -> list[Run]:
    """Return a run for each check that has attempts or a pending result in the session, but no final result."""
    # An attempt without an id may have a name of its own.
    ids_known = all(run.check_id for run in ended)
    rows = [
        _row(session, item)
        for item in _results_of(raw)
        if item.get("resultType") == "PENDING" or (ids_known and item.get("checkId"))
    ]
    left = {(row.check_id.lower(), row.name): row for row in rows if not any(same_check(row, run) for run in ended)}
    detail = f"Checkly says {session.status}, but this check has no final result"
    return [replace(row, status=NO_RESULTS, detail=detail, finished=True, failed_results=()) for row in left.values()]


def same_check(one: Run, other: Run) -> bool:
    """Whether two results of a test session are about one check: compare ids, or names if one has no check id."""
    if one.check_id and other.check_id:
        return one.check_id.lower() == other.check_id.lower()
    return one.name == other.name


def _session(raw: Any) -> Run:
    _require(raw, ("testSessionId", "status"), "test session")
    return replace(described(raw, "test"), whole=True, finished=raw["status"] in FINAL_STATUSES)


def _row(session: Run, result: Mapping[str, Any]) -> Run:
    _require(result, ("testSessionResultId", "status"), "test session result")
    row, status = described(result, "test"), _result_status(result)
    location = string(result.get("runLocation"))
    return replace(
        row,
        id=session.id,
        link=row.link or session.link,
        status=status,
        started_at=row.started_at or session.started_at,
        stopped_at=row.stopped_at or session.stopped_at,
        run_locations=(location,) if location else (),
        finished=status in FINAL_STATUSES,
        failed_results=(row.result_id,) if status not in _GOOD else (),
    )


def _result_status(result: Mapping[str, Any]) -> str:
    status = str(result["status"])
    if status == "FAILED" or _is_true(result, "hasErrors", "hasFailures", "aborted"):
        return "FAILED"
    if status == "CANCELLED":
        return "CANCELLED"
    return "DEGRADED" if status in _GOOD and _is_true(result, "isDegraded") else status


def _check_status(status: str, results: list[Mapping[str, Any]]) -> tuple[str, str]:
    """Return the worse of a status and the final results that came with it, and the reason."""
    if status not in (*_GOOD, "TIMED_OUT", "CANCELLED"):
        return status, ""
    good = status in _GOOD
    cancelled = [result for result in results if _is_true(result, "isCancelled")]
    failures = any(_is_true(result, "hasFailures") for result in results)
    # A cancelled result may have errors for that reason.
    errors = any(_is_true(result, "hasErrors", "aborted") for result in results if result not in cancelled)
    degraded = good and (status == "DEGRADED" or any(_is_true(result, "isDegraded") for result in results))
    # Of two reasons, fail_on may allow either one. A status that says both does not exist.
    if failures or (errors and good) or (cancelled and (errors or degraded)):
        return "FAILED", f"Checkly says {status}, but a result has failures or was cancelled"
    if cancelled:
        return "CANCELLED", f"Checkly says {status}, but a result was cancelled" if good else ""
    if degraded and status == "PASSED":
        return "DEGRADED", "Checkly says PASSED, but a result is degraded"
    return status, ""


def _require(raw: Any, keys: tuple[str, ...], what: str) -> None:
    """Raise InvalidResponse unless *raw* is an object with these fields as non-empty strings."""
    if not isinstance(raw, Mapping):
        msg = f"a {what} in the answer is not an object"
        raise InvalidResponse(msg)
    for key in keys:
        if not string(raw.get(key)):
            msg = f"a {what} in the answer has no {key}"
            raise InvalidResponse(msg)


def _final_results(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the results that count: not ``PENDING``, and not ``ATTEMPT``, which comes from a check's own retries."""
    return [item for item in _results_of(raw) if item.get("resultType") not in ("ATTEMPT", "PENDING")]


def _results_of(raw: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return all results of a session."""
    listed = raw.get("results")
    return [item for item in listed if isinstance(item, Mapping)] if isinstance(listed, list) else []


def _is_true(result: Mapping[str, Any], *flags: str) -> bool:
    """Whether any of these flags of a result is true. A malformed flag counts as true, so the result is not good."""
    return any(result.get(flag) not in (None, False) for flag in flags)
