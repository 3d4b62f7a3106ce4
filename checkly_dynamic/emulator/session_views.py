"""What check sessions, test sessions and their results look like on the wire."""

from __future__ import annotations

from typing import Any

from checkly_dynamic.emulator.result_details import details
from checkly_dynamic.emulator.scenario import Scenario
from checkly_dynamic.emulator.simulation import BAD, Result, Session, TestSession
from checkly_dynamic.emulator.views import timestamp

# The parts of a result that the document has for test sessions; check sessions have more.
TEST_SESSION_PARTS = frozenset(
    {"apiCheckResult", "browserCheckResult", "multiStepCheckResult", "playwrightCheckResult", "agenticCheckResult"}
)


def _times(session: Session, result: Result) -> dict[str, Any]:
    return {
        "responseTime": round((result.ends - result.begins) * 1000),
        "startedAt": timestamp(session.started + result.begins),
        "stoppedAt": timestamp(session.started + result.ends),
    }


def _ending(outcome: str) -> dict[str, Any]:
    return {
        "hasErrors": outcome == "TIMED_OUT",
        "hasFailures": outcome == "FAILED",
        "isDegraded": outcome == "DEGRADED",
        "aborted": outcome in ("TIMED_OUT", "CANCELLED"),
    }


def session_view(session: Session, now: float, base_url: str, version: str) -> dict[str, Any]:
    """Return a check session as the API shows it; v1 calls a cancelled one TIMED_OUT. Links point to our own pages."""
    final = session.is_final(now)
    status = session.status(now)
    elapsed = session.seconds if final else now - session.started
    link = f"{base_url}/accounts/{session.account_id}/checks/{session.check.id}/check-sessions/{session.id}"
    return {
        "checkSessionId": session.id,
        "checkSessionLink": link,
        "checkId": session.check.id,
        "checkType": session.check.check_type,
        "name": session.check.name,
        "status": "TIMED_OUT" if version == "v1" and status == "CANCELLED" else status,
        "startedAt": timestamp(session.started),
        "stoppedAt": timestamp(session.ends) if final else None,
        "timeElapsed": round(elapsed * 1000),
        "runLocations": list(session.check.locations),
        "runSource": "TRIGGER_API",
        "results": [_session_row(session, result, link) for result in session.results_at(now)],
    }


def _session_row(session: Session, result: Result, session_link: str) -> dict[str, Any]:
    return {
        "checkResultId": result.id,
        "checkResultLink": f"{session_link}/results/{result.id}",
        "checkId": session.check.id,
        "checkType": session.check.check_type,
        "name": session.check.name,
        "runLocation": result.location,
        "resultType": result.result_type,
        **_ending(result.outcome),
        "isCancelled": result.outcome == "CANCELLED",
        **_times(session, result),
    }


def check_result_view(session: Session, result: Result) -> dict[str, Any]:
    """Return ``GET /v1/check-results/{checkId}/{checkResultId}``: one result with the details of its check type."""
    times, ending = _times(session, result), _ending(result.outcome)
    del ending["aborted"]
    return {
        "id": result.id,
        "name": session.check.name,
        "checkId": session.check.id,
        **ending,
        "isCancelled": result.outcome == "CANCELLED",
        "overMaxResponseTime": result.outcome == "DEGRADED",
        "runLocation": result.location,
        **times,
        "created_at": times["stoppedAt"],
        "checkRunId": session.number,
        "attempts": _attempts(session, result),
        "resultType": result.result_type,
        "sequenceId": session.id,
        "traceId": None,
        "errorGroupIds": [],
        **details(session.check, result.outcome),
    }


def _attempts(session: Session, result: Result) -> int:
    """Return how many results of the session came before this one in its location."""
    before = [other for other in session.results if other.location == result.location]
    return before.index(result)


def test_session_view(session: TestSession, now: float, base_url: str, scenario: Scenario) -> dict[str, Any]:
    """Return a test session as the API shows it, with a row for each check and each failed attempt so far."""
    final = session.is_final(now)
    elapsed = session.seconds if final else now - session.started
    link = _test_link(session, base_url)
    return {
        "testSessionId": session.id,
        "testSessionLink": link,
        "name": session.request["name"],
        "status": session.status(now),
        "errorGroupIds": [],
        "startedAt": timestamp(session.started),
        **({"stoppedAt": timestamp(session.ends)} if final else {}),
        "timeElapsed": round(elapsed * 1000),
        "metadata": session.request.get("metadata", {}),
        "results": [
            _test_row(run, result, link, done=done, named=scenario.check_ids_in_test_results)
            for run in session.runs
            for result, done in _rows(run, now)
        ],
    }


def _test_link(session: TestSession, base_url: str) -> str:
    return f"{base_url}/accounts/{session.account_id}/test-sessions/{session.id}"


def _rows(run: Session, now: float) -> list[tuple[Result, bool]]:
    """Return the results that are there by now, and the one that is still to come."""
    there = run.results_at(now)
    return [(result, result in there) for result in run.results if result in there or result.result_type == "FINAL"]


def _test_row(run: Session, result: Result, session_link: str, *, done: bool, named: bool) -> dict[str, Any]:
    outcome = result.outcome if done else "PASSED"
    status = "FAILED" if outcome in BAD else "CANCELLED" if outcome == "CANCELLED" else "PASSED"
    return {
        "testSessionResultId": result.id,
        "testSessionResultLink": f"{session_link}/results/{result.id}",
        "checkId": run.check.id if named else None,
        "checkType": run.check.check_type,
        "name": run.check.name,
        "runLocation": result.location,
        "errorGroupIds": [],
        "resultType": result.result_type if done else "PENDING",
        "status": status if done else "RUNNING",
        **_ending(outcome),
        **(_times(run, result) if done else {"responseTime": None, "startedAt": None, "stoppedAt": None}),
    }


def test_result_view(
    session: TestSession, result_id: str, now: float, base_url: str, scenario: Scenario
) -> dict[str, Any] | None:
    """Return one result of a test session with the details of its check type, None when it is not there by now."""
    for run in session.runs:
        for result, done in _rows(run, now):
            if result.id == result_id:
                row = _test_row(
                    run, result, _test_link(session, base_url), done=done, named=scenario.check_ids_in_test_results
                )
                parts = details(run.check, result.outcome) if done else {}
                return {
                    **row,
                    "id": result.id,
                    "isCancelled": done and result.outcome == "CANCELLED",
                    "overMaxResponseTime": done and result.outcome == "DEGRADED",
                    "attempts": _attempts(run, result),
                    "sequenceId": run.id,
                    "traceId": None,
                    "created_at": row["stoppedAt"] or timestamp(session.started),
                    **{name: part for name, part in parts.items() if name in TEST_SESSION_PARTS},
                }
    return None


def test_list_entry(session: TestSession, now: float) -> dict[str, Any]:
    """Return an entry of ``GET /v1/test-sessions``."""
    request, metadata = session.request, session.request.get("metadata", {})
    by_status: dict[str, list[str]] = {"running": [], "passed": [], "failed": [], "cancelled": []}
    for run in session.runs:
        ending = "failed" if run.final_status in BAD else "cancelled" if run.final_status == "CANCELLED" else "passed"
        by_status[ending if run.is_final(now) else "running"].append(run.id)
    final = session.is_final(now)
    names = ("repoUrl", "commitId", "commitOwner", "commitMessage", "branchName", "environment")
    return {
        "id": session.id,
        "accountId": session.account_id,
        "projectId": None,
        "name": request["name"],
        "provider": "TRIGGER",
        "errorGroupIds": [],
        **by_status,
        "status": session.status(now),
        "region": request["runLocation"],
        "privateLocationId": None,
        "invoker": None,
        **{name: metadata.get(name) for name in names},
        "startedAt": timestamp(session.started),
        "stoppedAt": timestamp(session.ends) if final else None,
        "created_at": timestamp(session.started),
        "updated_at": None,
    }
