"""What Checkly would answer, for the fault server's scripts; and a key that must never show."""

from __future__ import annotations

import time
from typing import Any

from checkly_dynamic.core.deadline import Clock

KEY = "cu_CanaryQ7zX9vKp2LmW4"
ACCOUNT = "438ca4f3-1c3a-4f1e-9a52-0a4f0f7d3c11"

CHECK = "2e6095ca-28da-4c51-bc91-7142e68ae059"
SESSION = "bd9001e9-2332-4e6b-9328-8d2100160059"
TEST_SESSION = "7f3b1c52-91f4-4d8f-8c53-3c3a5e1f0a77"
RESULT = "0c1d5f0e-6a43-4b0d-9d51-5c6c6d0f9b10"
LINK = f"https://app.checklyhq.com/accounts/a/checks/{CHECK}/check-sessions/{SESSION}"
BODY = {"target": {"matchTags": [["production"]]}, "refreshCache": False}

NO_MATCH = {"statusCode": 404, "error": "Not Found", "message": "No matching checks were found."}
NO_SESSION = {"statusCode": 404, "error": "Not Found", "message": "Check session not found."}
NO_ROUTE = {"statusCode": 404, "error": "Not Found", "message": "Not Found"}
STILL_RUNNING = {"statusCode": 408, "error": "Request Timeout", "message": "The check session has not finished."}


def session(session_id: str = SESSION, status: str = "PASSED", **fields: Any) -> dict[str, Any]:
    """Make a check session as the API shows it."""
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


def a_test_session(status: str = "PASSED", *results: Any, **fields: Any) -> dict[str, Any]:
    """Make a test session as the API shows it."""
    return {"testSessionId": TEST_SESSION, "name": "shop", "status": status, "results": list(results), **fields}


def result(status: str = "PASSED", **fields: Any) -> dict[str, Any]:
    """Make one result of a test session."""
    return {"testSessionResultId": RESULT, "checkId": CHECK, "name": "home", "status": status, **fields}


def started(*sessions: Any) -> dict[str, Any]:
    """Make the answer to a trigger of check sessions."""
    return {"sessions": list(sessions) or [session(status="STARTED")]}


def fast(times: float) -> Clock:
    """Make a clock that is so many times faster than real time."""
    return Clock(monotonic=lambda: time.monotonic() * times, wait=lambda event, seconds: event.wait(seconds / times))


def leaks(text: str, secret: str = KEY) -> list[str]:
    """Return the six-character pieces of a secret that occur in a text."""
    return sorted({secret[i : i + 6] for i in range(len(secret) - 5)} & {text[i : i + 6] for i in range(len(text) - 5)})
