"""Answers as Checkly gives them, clients and operations for the fault server, and a key that must never be shown."""

import random
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from checkly_dynamic.api.client import Client
from checkly_dynamic.api.http import Http
from checkly_dynamic.api.rate_limit import RateLimit
from checkly_dynamic.api.retries import Retries
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.core.operation import Operation, ProcessState
from checkly_dynamic.core.sending import send_until
from checkly_dynamic.core.sessions import Kind, Run
from checkly_dynamic.errors import ChecklyError

KEY = "cu_CanaryQ7zX9vKp2LmW4"
ACCOUNT = "438ca4f3-1c3a-4f1e-9a52-0a4f0f7d3c11"

CHECK = "2e6095ca-28da-4c51-bc91-7142e68ae059"
SESSION = "bd9001e9-2332-4e6b-9328-8d2100160059"
TEST_SESSION = "7f3b1c52-91f4-4d8f-8c53-3c3a5e1f0a77"
BODY = {"target": {"matchTags": [["production"]]}, "refreshCache": False}

NO_MATCH = {"statusCode": 404, "error": "Not Found", "message": "No matching checks were found."}
NO_SESSION = {"statusCode": 404, "error": "Not Found", "message": "Check session not found."}
STILL_RUNNING = {"statusCode": 408, "error": "Request Timeout", "message": "The check session has not finished."}

QUICK = Retries(first_wait=0.01, longest_wait=0.05, jitter=random.Random(0).random)
"""Its random numbers are its own: hypothesis does not allow that a thread draws from the shared ones meanwhile."""


def session(session_id: str = SESSION, status: str = "PASSED", **fields: Any) -> dict[str, Any]:
    """Make a check session as the API shows it."""
    return {
        "checkSessionId": session_id,
        "checkSessionLink": f"https://app.checklyhq.com/check-sessions/{session_id}",
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
    return {"testSessionResultId": "r1", "checkId": CHECK, "name": "home", "status": status, **fields}


def started(*sessions: Any) -> dict[str, Any]:
    """Make the answer to a trigger of check sessions."""
    return {"sessions": list(sessions) or [session(status="STARTED")]}


def wait_for(*sessions: Mapping[str, Any], **more: Any) -> list[dict[str, Any]]:
    """Make the ``waitFor`` of a gate on one trigger of check sessions."""
    fields = {"sessionIds": "checkSessionId", "links": "checkSessionLink", "checkIds": "checkId", "names": "name"}
    return [{**{column: [one[field] for one in sessions] for column, field in fields.items()}, **more}]


def fast(times: float) -> Clock:
    """Make a clock that is *times* faster than real time."""
    return Clock(monotonic=lambda: time.monotonic() * times, wait=lambda event, seconds: event.wait(seconds / times))


def leaks(text: str, secret: str = KEY) -> list[str]:
    """Return the six-character pieces of a secret that occur in a text."""
    return sorted({secret[i : i + 6] for i in range(len(secret) - 5)} & {text[i : i + 6] for i in range(len(text) - 5)})


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Isolate every test from the proxies, certificates and home folder of this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


class Lines:
    """A log that keeps its lines: ``(kind, line)``."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def __getattr__(self, kind: str) -> Callable[[str], None]:
        return lambda line: self.shown.append((kind, line))


def make_client(url: str, *, version: str = "v1", rate_limit: RateLimit | None = None) -> Client:
    """Make a client with the canary key that retries quickly and has its own rate limit."""
    values = {"API_KEY": KEY, "ACCOUNT_ID": ACCOUNT, "API_URL": url, "API_VERSION": version}
    settings = Settings.load(lambda _: None, {f"CHECKLY_{name}": value for name, value in values.items()})
    return Client(settings, Http(settings, retries=QUICK, rate_limit=rate_limit or RateLimit()))


def operation(
    url: str, *, version: str = "v1", clock: Clock | None = None, log: Any = None, process: ProcessState | None = None
) -> Operation:
    """Make an operation, as a provider does."""
    return Operation(
        connect=lambda _: make_client(url, version=version),
        log=log or Lines(),
        before_trigger=lambda: None,
        process=process or ProcessState(),
        clock=clock or Clock(),
    )


def trigger(
    client: Client,
    *,
    kind: Kind = "check",
    seconds: float = 10.0,
    clock: Clock | None = None,
    before_trigger: Callable[[], None] = lambda: None,
) -> list[Run]:
    """Send a trigger request and stop at its deadline, as the triggers do."""
    deadline = Deadline(seconds, clock)
    return send_until(
        deadline,
        lambda sending: client.start(kind, BODY, deadline=deadline, sending=sending),
        before_trigger=before_trigger,
    )


def raised(kind: type[ChecklyError], call: Callable[[], Any]) -> Any:
    """Call something, expect an error of this class, and assert that it shows no piece of the key."""
    with pytest.raises(kind) as caught:
        call()
    error = caught.value
    shown = [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
    assert leaks("\n".join(shown)) == []
    assert error.__cause__ is None, "the HTTP library's own exception holds the request's headers"
    return error
