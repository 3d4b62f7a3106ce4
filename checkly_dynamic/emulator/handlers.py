"""
What each operation does with a valid request.

One function per operation name; v1 and v2 share them, as they differ only in what they show.
"""

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from checkly_dynamic.emulator import session_views, views
from checkly_dynamic.emulator.document import Operation
from checkly_dynamic.emulator.responses import Answer, Refused, error
from checkly_dynamic.emulator.simulation import Session, TestSession
from checkly_dynamic.emulator.store import Store

Found = TypeVar("Found")
# How long completion waits by default; the document gives no default, only this example.
DEFAULT_WAIT = 30.0
STATUS_FILTER = {"passing": {"PASSED"}, "failing": {"FAILED", "TIMED_OUT"}, "degraded": {"DEGRADED"}}


@dataclass
class Call:
    """A valid request: typed, with defaults, and ids in lower case."""

    operation: Operation
    path: dict[str, Any]
    query: dict[str, Any]
    body: dict[str, Any]  # {} when there was none
    account_id: str
    base_url: str
    started: list[str] = field(default_factory=list)  # filled with the ids of the sessions that the call starts


def _found(call: Call, wanted: Found | None) -> Found:
    """Return what a request asks for; refuse the request with the documented 404 when there is none."""
    if not wanted:
        raise Refused(404, operation=call.operation)
    return wanted


def _session(store: Store, call: Call) -> Session | TestSession:
    if "checkSessionId" in call.path:
        return _found(call, store.sessions.get(call.path["checkSessionId"]))
    return _found(call, store.test_sessions.get(call.path["testSessionId"]))


def _view(call: Call, session: Session | TestSession) -> dict[str, Any]:
    now = time.time()
    if isinstance(session, TestSession):
        return session_views.test_session_view(session, now, call.base_url)
    return session_views.session_view(session, now, call.base_url, call.operation.version)


async def trigger(store: Store, call: Call) -> Answer:
    """Start a session for each check that the target selects."""
    sessions = _found(call, store.trigger(call.body.get("target") or {}, call.account_id))
    call.started.extend(session.id for session in sessions)
    shown = [_view(call, session) for session in sessions]
    for view in shown:
        del view["results"]
    return Answer(201, {"sessions": shown})


async def test_trigger(store: Store, call: Call) -> Answer:
    """Start a test session with the checks that the target selects."""
    session = _found(call, store.trigger_tests(call.body, call.account_id))
    call.started.append(session.id)
    return Answer(201, _view(call, session))


async def show(store: Store, call: Call) -> Answer:
    """Show a session of either kind as it is now."""
    return Answer(200, _view(call, _session(store, call)))


async def completion(store: Store, call: Call) -> Answer:
    """Show a session once it has ended; 408 if it has not ended within the client's time."""
    ended = await store.wait(_session(store, call), float(call.query.get("maxWaitSeconds", DEFAULT_WAIT)))
    session = _session(store, call)  # again, as a reset may have forgotten it in between
    if ended:
        return Answer(200, _view(call, session))
    answer = error(408, operation=call.operation)
    if "Retry-After" in call.operation.spec["responses"]["408"]["description"]:
        answer.headers["Retry-After"] = "1"
    return answer


async def cancel(store: Store, call: Call) -> Answer:
    """Accept a cancel request; it stops only Playwright runs, all or the named ones."""
    store.cancel(_session(store, call), call.body.get("sequenceId"))
    return Answer(204)


async def result(store: Store, call: Call) -> Answer:
    """Show one result of a check session, with the details of its check type."""
    session, found = _found(call, store.find_result(call.path["checkId"], call.path["checkResultId"]))
    return Answer(200, session_views.check_result_view(session, found))


async def test_result(store: Store, call: Call) -> Answer:
    """Show one result of a test session, with the details of its check type."""
    session = _found(call, store.test_sessions.get(call.path["testSessionId"]))
    wanted = call.path["testSessionResultId"]
    return Answer(200, _found(call, session_views.test_result_view(session, wanted, time.time(), call.base_url)))


async def test_list(store: Store, call: Call) -> Answer:
    """List test sessions, newest first; the cursor of a page is the id of its first session."""
    entries = [session_views.test_list_entry(s, time.time()) for s in reversed(store.test_sessions.values())]
    found = [entry for entry in entries if _listed(entry, store.test_sessions[entry["id"]], call.query)]
    ids = [entry["id"] for entry in found]
    cursor = call.query.get("nextId")
    first = ids.index(cursor) if cursor in ids else 0 if cursor is None else len(ids)
    last = first + max(call.query["limit"] or 0, 0)
    shown = found[first:last]
    next_id = ids[last] if last < len(ids) and shown else None
    return Answer(200, {"length": len(shown), "entries": shown, "nextId": next_id})


def _listed(entry: dict[str, Any], session: TestSession, query: dict[str, Any]) -> bool:
    words = " ".join(str(entry[name]) for name in ("name", "branchName", "commitMessage", "commitId", "commitOwner"))
    owner_fits = not query["users"] or entry["commitOwner"] in query["users"]
    return (
        query.get("from", 0) <= session.started < query.get("to", math.inf)
        and entry["status"] in query["statuses"]
        and (not query["branches"] or entry["branchName"] in query["branches"])
        and (owner_fits or (query["noUsers"] and entry["commitOwner"] is None))
        and (not query["providers"] or entry["provider"] in query["providers"])
        and query.get("textSearch", "").lower() in words.lower()
        and query.get("errorGroupId") is None
    )


async def checks(store: Store, call: Call) -> Answer:
    """List checks, filtered and paged."""
    query = call.query
    statuses = {check_id: last.final_status for check_id, last in store.last_sessions().items()}
    found = [
        check
        for check in store.checks.values()
        if ("tag" not in query or set(check.tags) & set(query["tag"]))
        and query.get("checkType", check.check_type) == check.check_type
        and query.get("search", "").lower() in check.name.lower()
        and (
            "apiCheckUrlFilterPattern" not in query
            or (check.check_type == "API" and query["apiCheckUrlFilterPattern"] in check.url)
        )
        and ("status" not in query or statuses.get(check.id, "PASSED") in STATUS_FILTER[query["status"]])
    ]
    return _page(query, [views.check_view(check, apply_group=query["applyGroupSettings"]) for check in found])


async def check_statuses(store: Store, _call: Call) -> Answer:
    """List the status of each check from its last finished session; checks that have not run are fine."""
    last = store.last_sessions()
    return Answer(200, [views.check_status_view(check, last.get(check.id)) for check in store.checks.values()])


async def check_groups(store: Store, call: Call) -> Answer:
    """List check groups, filtered and paged."""
    query = call.query
    found = [
        group
        for group in store.scenario.groups
        if ("tag" not in query or set(group.tags) & set(query["tag"]))
        and ("name" not in query or group.name in query["name"])
    ]
    return _page(query, [views.group_view(group) for group in found])


def _page(query: dict[str, Any], items: list[dict[str, Any]]) -> Answer:
    limit, page = query["limit"], query["page"]
    first = max(int((page - 1) * limit), 0)
    shown = items[first : first + limit]
    last = first + len(shown) - 1 if shown else first
    return Answer(200, shown, {"Content-Range": f"{first}-{last}/{len(items)}"})


async def accounts(store: Store, call: Call) -> Answer:
    """Show the one account: as a list, as ``me``, or by its id."""
    account = views.account_view(store.scenario, call.account_id)
    if call.operation.operation_id == "getV1Accounts":
        return Answer(200, [account])
    asked_for = call.path.get("accountId", call.account_id)
    return Answer(200, _found(call, account if asked_for == call.account_id else None))


async def locations(_store: Store, _call: Call) -> Answer:
    """List the public locations."""
    return Answer(200, views.CONSTANTS["locations"])


HANDLERS: dict[str, Callable[[Store, Call], Awaitable[Answer]]] = {
    "trigger": trigger,
    "session": show,
    "completion": completion,
    "cancel": cancel,
    "result": result,
    "test-trigger": test_trigger,
    "test-list": test_list,
    "test-get": show,
    "test-completion": completion,
    "test-cancel": cancel,
    "test-result": test_result,
    "checks": checks,
    "check-statuses": check_statuses,
    "check-groups": check_groups,
    "accounts": accounts,
    "locations": locations,
}
