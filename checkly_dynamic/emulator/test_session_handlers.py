"""What the operations of test sessions do once the request is known to be valid."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from checkly_dynamic.emulator import responses, session_views
from checkly_dynamic.emulator.call import DEFAULT_WAIT, Call
from checkly_dynamic.emulator.responses import Answer
from checkly_dynamic.emulator.simulation import TestSession
from checkly_dynamic.emulator.store import Store


def _session(store: Store, call: Call) -> TestSession | None:
    return store.test_sessions.get(call.path["testSessionId"])


def _view(store: Store, call: Call, session: TestSession) -> dict[str, Any]:
    return session_views.test_session_view(session, time.time(), call.base_url, store.scenario)


async def trigger(store: Store, call: Call) -> Answer:
    """Start a test session with the checks that the target selects."""
    session = store.trigger_tests(call.body, call.account_id)
    if session is None:
        return responses.documented("test-trigger", 404)
    call.started.append(session.id)
    view = _view(store, call, session)
    if not store.scenario.results_in_test_trigger:
        del view["results"]
    return Answer(201, view)


async def get(store: Store, call: Call) -> Answer:
    """Show a test session as it is now."""
    session = _session(store, call)
    return Answer(200, _view(store, call, session)) if session else responses.error(404)


async def completion(store: Store, call: Call) -> Answer:
    """Show a test session once it has ended; 408 when it has not after the client's time."""
    session = _session(store, call)
    if session and await store.wait(session, float(call.query.get("maxWaitSeconds", DEFAULT_WAIT))):
        return Answer(200, _view(store, call, session))
    return responses.error(408 if _session(store, call) else 404)


async def cancel(store: Store, call: Call) -> Answer:
    """Accept a cancel; it stops Playwright runs only, all or those that are named."""
    session = _session(store, call)
    if session is None:
        return responses.error(404)
    store.cancel(session, call.body.get("sequenceId"))
    return Answer(204)


async def result(store: Store, call: Call) -> Answer:
    """Show one result of a test session, with the details of its check type."""
    session = _session(store, call)
    wanted = call.path["testSessionResultId"]
    view = session and session_views.test_result_view(session, wanted, time.time(), call.base_url, store.scenario)
    return Answer(200, view) if view else responses.error(404)


async def listing(store: Store, call: Call) -> Answer:
    """List test sessions, newest first; the cursor of a page is the id of its first session."""
    found = [
        entry
        for session in reversed(store.test_sessions.values())
        if _listed(entry := session_views.test_list_entry(session, time.time()), session, call.query)
    ]
    ids = [entry["id"] for entry in found]
    cursor = call.query.get("nextId")
    first = ids.index(cursor) if cursor in ids else 0 if cursor is None else len(ids)
    last = first + max(call.query["limit"] or 0, 0)
    shown = found[first:last]
    next_id = ids[last] if last < len(ids) and shown else None
    return Answer(200, {"length": len(shown), "entries": shown, "nextId": next_id})


def _listed(entry: dict[str, Any], session: TestSession, query: dict[str, Any]) -> bool:
    created = session.started
    words = " ".join(str(entry[name]) for name in ("name", "branchName", "commitMessage", "commitId", "commitOwner"))
    owner_fits = not query["users"] or entry["commitOwner"] in query["users"]
    return (
        query.get("from", created) <= created
        and not query.get("to", created + 1) <= created
        and entry["status"] in query["statuses"]
        and (not query["branches"] or entry["branchName"] in query["branches"])
        and (owner_fits or (query["noUsers"] and entry["commitOwner"] is None))
        and (not query["providers"] or entry["provider"] in query["providers"])
        and query.get("textSearch", "").lower() in words.lower()
        and query.get("errorGroupId") is None
    )


HANDLERS: dict[str, Callable[[Store, Call], Awaitable[Answer]]] = {
    "test-trigger": trigger,
    "test-get": get,
    "test-completion": completion,
    "test-cancel": cancel,
    "test-result": result,
    "test-list": listing,
}
