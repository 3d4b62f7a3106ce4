"""
The page at ``/``, the pages of sessions, and the state that they show.

The page is one file, sent as it is. Its script reads the state from the admin routes and writes everything as text.
"""

import base64
import hashlib
import time
from collections import Counter
from itertools import islice
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checkly_dynamic.emulator import packaged_text, session_views, views
from checkly_dynamic.emulator.document import NOT_VERIFIED
from checkly_dynamic.emulator.result_details import errors_of
from checkly_dynamic.emulator.scenario import Check
from checkly_dynamic.emulator.simulation import Session, TestSession
from checkly_dynamic.emulator.store import Store

CHECK_SESSION = "/accounts/{account}/checks/{check}/check-sessions/{session}"
TEST_SESSION = "/accounts/{account}/test-sessions/{session}"
SHOWN_SESSIONS = 200
SHOWN_TEST_SESSIONS = 50
SHOWN_REQUESTS = 100
Kind = TypeVar("Kind")


def routes() -> list[Route]:
    """Return the routes of the pages."""
    html = packaged_text("emulator/page.html")
    headers = _headers(html)

    async def page(_request: Request) -> Response:
        return Response(html, 200, headers)

    sessions = [f"{path}{result}" for path in (CHECK_SESSION, TEST_SESSION) for result in ("", "/results/{result}")]
    return [Route(path, page) for path in ("/", *sessions)]


def _headers(html: str) -> dict[str, str]:
    """Return headers that let the page run its own script, talk to this server, and nothing else."""
    script = html.partition("<script>")[2].partition("</script>")[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; connect-src 'self'; "
            "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }


def counters(store: Store) -> dict[str, Any]:
    """Count the requests and answers of the journal, the sessions, and what is running and waiting now."""
    now = time.time()
    entries = store.journal.entries
    every: list[Session | TestSession] = [*store.sessions.values(), *store.test_sessions.values()]
    return {
        "requests": Counter(entry["route"] or "not emulated" for entry in entries),
        "answers": Counter(str(entry["status"]) for entry in entries if entry["status"]),
        "triggers": sum(bool(entry["sessionIds"]) for entry in entries),
        "sessionsStarted": sum(len(entry["sessionIds"]) for entry in entries),
        "sessions": len(store.sessions),
        "testSessions": len(store.test_sessions),
        "inFlight": sum(not session.is_final(now) for session in every),
        "openPolls": store.open_polls,
    }


def state(store: Store, wanted: str | None = None) -> dict[str, Any]:
    """Return all that the page shows, newest first; always include the session with the *wanted* id."""
    last = store.last_sessions()
    newest = _newest(store.sessions, SHOWN_SESSIONS, wanted)
    newest_tests = _newest(store.test_sessions, SHOWN_TEST_SESSIONS, wanted)
    return {
        "account": store.scenario.account_name,
        "accountId": store.scenario.default_account,
        "speed": store.speed,
        "counters": counters(store),
        "checks": [_check(store, check, last.get(check.id)) for check in store.checks.values()],
        "sessions": [session_record(session, "") for session in newest],
        "testSessions": [test_session_record(session, "") for session in newest_tests],
        "journal": [_request(entry) for entry in islice(reversed(store.journal.entries), SHOWN_REQUESTS)],
        "faults": store.faults.active,
        "notVerified": NOT_VERIFIED,
    }


def _newest(sessions: dict[str, Kind], count: int, wanted: str | None) -> list[Kind]:
    newest = list(islice(reversed(sessions.values()), count))
    asked_for = sessions.get(wanted or "")
    return newest if asked_for is None or asked_for in newest else [*newest, asked_for]


def session_record(session: Session, base_url: str) -> dict[str, Any]:
    """Return a check session as v2 shows it, with its number, planned duration and errors."""
    view = session_views.session_view(session, time.time(), base_url, "v2")
    return {
        **view,
        "number": session.number,
        "trigger": session.trigger,
        "plannedMs": round(session.seconds * 1000),
        "errors": _errors(session.check, view["results"]),
    }


def _errors(check: Check, rows: list[dict[str, Any]]) -> list[str]:
    """Return why the last bad result is bad."""
    bad = [row for row in rows if row["hasErrors"] or row["hasFailures"]]
    return errors_of(check, "TIMED_OUT" if bad[-1]["hasErrors"] else "FAILED") if bad else []


def test_session_record(session: TestSession, base_url: str) -> dict[str, Any]:
    """Return a test session as the API shows it, with its request; secret variables are masked."""
    request = session.request
    view = session_views.test_session_view(session, time.time(), base_url)
    runs = {result.id: run for run in session.runs for result in run.results}
    for row in view["results"]:
        run = runs[row["testSessionResultId"]]
        row |= {"errors": _errors(run.check, [row]), "plannedMs": round(run.seconds * 1000)}
    return {
        **view,
        "trigger": session.trigger,
        "plannedMs": round(session.seconds * 1000),
        "runLocation": request["runLocation"],
        "environmentVariables": _masked(request.get("environmentVariables", [])),
        "retryStrategy": request.get("retryStrategy"),
    }


def _masked(variables: Any) -> Any:
    """Return environment variables with the values of secret ones replaced; anything else is returned as it is."""
    if not isinstance(variables, list):
        return variables
    return [{**item, "value": "***"} if isinstance(item, dict) and item.get("secret") else item for item in variables]


def _request(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a request of the journal as the page shows it: secret variables are masked."""
    body = entry["body"]
    if not isinstance(body, dict) or "environmentVariables" not in body:
        return entry
    return {**entry, "body": {**body, "environmentVariables": _masked(body["environmentVariables"])}}


def _check(store: Store, check: Check, last: Session | None) -> dict[str, Any]:
    return {
        **views.check_view(check, apply_group=False),
        "groupName": check.group.name if check.group else None,
        "groupTags": [*check.group.tags] if check.group else [],
        "lastStatus": last.final_status if last else None,
        "nextOutcome": store.queued(check.id),
    }
