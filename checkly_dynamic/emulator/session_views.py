"""Check sessions, test sessions and their results as the API shows them."""

from dataclasses import replace
from typing import Any

from checkly_dynamic.emulator.result_details import details
from checkly_dynamic.emulator.simulation import Result, Session, TestSession, test_status
from checkly_dynamic.emulator.views import timestamp

# The parts of a result that test sessions have in the document; check sessions have more.
TEST_SESSION_PARTS = frozenset(
    {"apiCheckResult", "browserCheckResult", "multiStepCheckResult", "playwrightCheckResult", "agenticCheckResult"}
)
METADATA = ("repoUrl", "commitId", "commitOwner", "commitMessage", "branchName", "environment")


def _result(run: Session, result: Result) -> dict[str, Any]:
    """Return the fields that all views of a result share."""
    done = result.result_type != "PENDING"
    return {
        "checkId": run.check.id,
        "name": run.check.name,
        "runLocation": result.location,
        "resultType": result.result_type,
        "hasErrors": result.outcome == "TIMED_OUT",
        "hasFailures": result.outcome == "FAILED",
        "isDegraded": result.outcome == "DEGRADED",
        "responseTime": round((result.ends - result.begins) * 1000) if done else None,
        "startedAt": timestamp(run.started + result.begins) if done else None,
        "stoppedAt": timestamp(run.started + result.ends) if done else None,
    }


def _detailed(run: Session, result: Result) -> dict[str, Any]:
    """Return the fields of a single result, for either kind of session."""
    in_location = [other.id for other in run.results if other.location == result.location]
    done = result.result_type != "PENDING"
    return {
        "id": result.id,
        "isCancelled": result.outcome == "CANCELLED",
        "overMaxResponseTime": result.outcome == "DEGRADED",
        "attempts": in_location.index(result.id),
        "created_at": timestamp(run.started + (result.ends if done else 0)),
        "sequenceId": run.id,
        "traceId": None,
        "errorGroupIds": [],
    }


def session_view(session: Session, now: float, base_url: str, version: str) -> dict[str, Any]:
    """Return a check session as the API shows it; v1 calls a cancelled one TIMED_OUT. Links point to the local pages."""
    final = session.is_final(now)
    status = session.status(now)
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
        "timeElapsed": round(1000 * min(session.seconds, now - session.started)),
        "runLocations": list(session.check.locations),
        "runSource": "TRIGGER_API",
        "results": [
            {
                **_result(session, result),
                "checkResultId": result.id,
                "checkResultLink": f"{link}/results/{result.id}",
                "checkType": session.check.check_type,
                "isCancelled": result.outcome == "CANCELLED",
                "aborted": result.outcome in ("TIMED_OUT", "CANCELLED"),
            }
            for result in session.results_at(now)
        ],
    }


def check_result_view(session: Session, result: Result) -> dict[str, Any]:
    """Return one result of a check session with the details of its check type."""
    return {
        **_result(session, result),
        **_detailed(session, result),
        "checkRunId": session.number,
        **details(session.check, result.outcome),
    }


def test_session_view(session: TestSession, now: float, base_url: str) -> dict[str, Any]:
    """Return a test session as the API shows it, with a row for each check and each failed attempt so far."""
    link = f"{base_url}/accounts/{session.account_id}/test-sessions/{session.id}"
    rows = [_test_row(run, result, link) for run in session.runs for result in _results(run, now)]
    return {
        "testSessionId": session.id,
        "testSessionLink": link,
        "name": session.request["name"],
        "status": session.status(now),
        "errorGroupIds": [],
        "startedAt": timestamp(session.started),
        **({"stoppedAt": timestamp(session.ends)} if session.is_final(now) else {}),
        "timeElapsed": round(1000 * min(session.seconds, now - session.started)),
        "metadata": session.request.get("metadata", {}),
        "results": rows,
    }


def _results(run: Session, now: float) -> list[Result]:
    """Return the results so far, and the one that is still to come as PENDING."""
    there = run.results_at(now)
    final = [result for result in run.results if result.result_type == "FINAL" and result not in there]
    return [*there, *(replace(result, result_type="PENDING", outcome="PASSED") for result in final)]


def _test_row(run: Session, result: Result, session_link: str) -> dict[str, Any]:
    return {
        **_result(run, result),
        "testSessionResultId": result.id,
        "testSessionResultLink": f"{session_link}/results/{result.id}",
        "checkType": run.check.check_type,
        "errorGroupIds": [],
        "status": "RUNNING" if result.result_type == "PENDING" else test_status(result.outcome),
        "aborted": result.outcome in ("TIMED_OUT", "CANCELLED"),
    }


def test_result_view(session: TestSession, result_id: str, now: float, base_url: str) -> dict[str, Any] | None:
    """Return one result of a test session with the details of its check type, None if it is not there yet."""
    rows = {row["testSessionResultId"]: row for row in test_session_view(session, now, base_url)["results"]}
    for run in session.runs:
        for result in _results(run, now):
            if result.id == result_id:
                parts = {} if result.result_type == "PENDING" else details(run.check, result.outcome)
                shown = {name: part for name, part in parts.items() if name in TEST_SESSION_PARTS}
                return {**rows[result_id], **_detailed(run, result), **shown}
    return None


def test_list_entry(session: TestSession, now: float) -> dict[str, Any]:
    """Return an entry of ``GET /v1/test-sessions``."""
    metadata = session.request.get("metadata", {})
    by_status: dict[str, list[str]] = {"running": [], "passed": [], "failed": [], "cancelled": []}
    for run in session.runs:
        by_status[test_status(run.final_status).lower() if run.is_final(now) else "running"].append(run.id)
    return {
        "id": session.id,
        "accountId": session.account_id,
        "projectId": None,
        "name": session.request["name"],
        "provider": "TRIGGER",
        "errorGroupIds": [],
        **by_status,
        "status": session.status(now),
        "region": session.request["runLocation"],
        "privateLocationId": None,
        "invoker": None,
        **{name: metadata.get(name) for name in METADATA},
        "startedAt": timestamp(session.started),
        "stoppedAt": timestamp(session.ends) if session.is_final(now) else None,
        "created_at": timestamp(session.started),
        "updated_at": None,
    }
