"""
Read a test session: one :class:`Run` for each of its final results.

How a result is judged: ``hasErrors``, ``hasFailures``, ``aborted`` or status FAILED is FAILED; otherwise CANCELLED is
CANCELLED, ``isDegraded`` is DEGRADED, and PASSED is PASSED. Any other status is kept and never good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.sessions import (
    FINAL_STATUSES,
    UNFINISHED_STATUSES,
    Run,
    final_results,
    is_true,
    require,
    results_of,
    string,
)
from checkly_dynamic.errors import InvalidResponse

__all__ = ["NO_RESULTS", "ended_test_session", "read_test_session"]

NO_RESULTS = "NO_RESULTS"
"""Our own status of a test session that has ended without any final result: never good."""


def read_test_session(raw: Any) -> list[Run]:
    """
    Read a test session as it is now.

    Args:
        raw: The JSON object. ``testSessionId`` and ``status`` are required; unknown fields are ignored.

    Returns:
        First the session itself, then its results, which may be missing while it runs.

    Raises:
        InvalidResponse: The object, or one of its results, lacks a required field.
    """
    session = _session(raw)
    return [session, *(_row(session, item) for item in results_of(raw) if item.get("resultType") != "ATTEMPT")]


def ended_test_session(raw: Any) -> list[Run] | None:
    """
    Read the answer of a test session's completion.

    Args:
        raw: The JSON object, as for :func:`read_test_session`.

    Returns:
        One run for each final result, and one that is never good for each check that has only other results. Where the
        session's own status is worse than all of them, or there are none, one more stands for the session itself. None when
        the session still runs.

    Raises:
        InvalidResponse: The object, or one of its results, lacks a required field, or two final results have one id.
    """
    session = _session(raw)
    if session.status in UNFINISHED_STATUSES:
        return None
    rows = [replace(_row(session, result), finished=True) for result in final_results(raw)]
    if len({row.result_id for row in rows}) != len(rows):
        msg = "a test session in the answer has two results with one id"
        raise InvalidResponse(msg)
    if not rows:
        detail = f"Checkly says {session.status}, but the test session has no results"
        status = "FAILED" if session.status == "FAILED" else NO_RESULTS
        return [replace(session, status=status, detail=detail, finished=True)]
    rows += _without_end(session, raw, rows)
    if session.status not in _GOOD and all(row.status in _GOOD for row in rows):
        detail = f"Checkly says {session.status}, although all results are good"
        rows.append(replace(session, detail=detail, finished=True))
    return rows


_GOOD = ("PASSED", "DEGRADED")


def _without_end(session: Run, raw: Any, ended: Sequence[Run]) -> list[Run]:
    """Return a run for each check of which the session shows attempts or a pending result, but no final one."""
    known = {run.check_id.lower() for run in ended}
    if "" in known:  # a final result that names no check may be about any of them
        return []
    open_ = {row.check_id.lower(): row for row in (_row(session, item) for item in results_of(raw)) if row.check_id}
    detail = f"Checkly says {session.status}, but this check has no final result"
    return [
        replace(row, status=NO_RESULTS, detail=detail, finished=True, failed_results=())
        for check_id, row in open_.items()
        if check_id not in known
    ]


def _session(raw: Any) -> Run:
    require(raw, ("testSessionId", "status"), "test session")
    return Run(
        kind="test",
        whole=True,
        id=raw["testSessionId"],
        link=string(raw.get("testSessionLink")),
        name=string(raw.get("name")),
        status=raw["status"],
        started_at=string(raw.get("startedAt")) or None,
        stopped_at=string(raw.get("stoppedAt")) or None,
        finished=raw["status"] in FINAL_STATUSES,
    )


def _row(session: Run, result: Mapping[str, Any]) -> Run:
    require(result, ("testSessionResultId", "status"), "test session result")
    location = string(result.get("runLocation"))
    status = _status(result)
    return replace(
        session,
        whole=False,
        result_id=result["testSessionResultId"],
        link=string(result.get("testSessionResultLink")) or session.link,
        check_id=string(result.get("checkId")),
        check_type=string(result.get("checkType")),
        name=string(result.get("name")),
        status=status,
        started_at=string(result.get("startedAt")) or session.started_at,
        stopped_at=string(result.get("stoppedAt")) or session.stopped_at,
        run_locations=(location,) if location else (),
        finished=status in FINAL_STATUSES,
        failed_results=(result["testSessionResultId"],) if status not in _GOOD else (),
    )


def _status(result: Mapping[str, Any]) -> str:
    status = str(result["status"])
    if status == "FAILED" or is_true(result, "hasErrors", "hasFailures", "aborted"):
        return "FAILED"
    if status == "CANCELLED":
        return "CANCELLED"
    return "DEGRADED" if status in _GOOD and is_true(result, "isDegraded") else status
