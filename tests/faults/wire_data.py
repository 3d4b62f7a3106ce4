"""What Checkly would say: sessions and answers for the fault server's scripts."""

from __future__ import annotations

from typing import Any

CHECK = "2e6095ca-28da-4c51-bc91-7142e68ae059"
SESSION = "bd9001e9-2332-4e6b-9328-8d2100160059"
LINK = f"https://app.checklyhq.com/accounts/a/checks/{CHECK}/check-sessions/{SESSION}"
BODY = {"target": {"matchTags": [["production"]]}, "refreshCache": False}

NO_MATCH = {"statusCode": 404, "error": "Not Found", "message": "No matching checks were found."}
NO_SESSION = {"statusCode": 404, "error": "Not Found", "message": "Check session not found."}
NO_ROUTE = {"statusCode": 404, "error": "Not Found", "message": "Not Found"}
STILL_RUNNING = {"statusCode": 408, "error": "Request Timeout", "message": "The check session has not finished."}


def session(session_id: str = SESSION, status: str = "PASSED", **fields: Any) -> dict[str, Any]:
    """Make a session as the API shows it."""
    return {
        "checkSessionId": session_id,
        "checkSessionLink": LINK,
        "checkId": CHECK,
        "checkType": "API",
        "status": status,
        "startedAt": "2026-11-23T07:00:00.000Z",
        "stoppedAt": None,
        "timeElapsed": 0,
        "runLocations": ["eu-central-1"],
        "name": "Home page answers",
        **fields,
    }


def started(*sessions: Any) -> dict[str, Any]:
    """Make the answer to a trigger."""
    return {"sessions": list(sessions) or [session(status="STARTED")]}
