"""
What each operation does once the request is known to be valid.

One function per operation name; v1 and v2 share them, as they differ only in what they show. Those of test sessions
are in a module of their own.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from checkly_dynamic.emulator import responses, session_views, views
from checkly_dynamic.emulator.call import DEFAULT_WAIT, Call
from checkly_dynamic.emulator.responses import Answer
from checkly_dynamic.emulator.simulation import Session
from checkly_dynamic.emulator.store import Store
from checkly_dynamic.emulator.test_session_handlers import HANDLERS as TEST_SESSION_HANDLERS

# A page this far out is empty in any scenario.
MAX_OFFSET = 10**9
STATUS_FILTER = {"passing": {"PASSED"}, "failing": {"FAILED", "TIMED_OUT"}, "degraded": {"DEGRADED"}}


def _session(store: Store, call: Call) -> Session | None:
    return store.sessions.get(call.path["checkSessionId"])


def _session_answer(call: Call, session: Session) -> Answer:
    now = time.time()
    return Answer(200, session_views.session_view(session, now, call.base_url, call.operation.version, results=True))


async def trigger(store: Store, call: Call) -> Answer:
    """Start a session for each check that the target selects."""
    sessions = store.trigger(as_lists(call.body.get("target") or {}), call.account_id)
    if not sessions:
        return responses.documented("trigger", 404)
    call.started.extend(session.id for session in sessions)
    now, version = time.time(), call.operation.version
    shown = [session_views.session_view(session, now, call.base_url, version, results=False) for session in sessions]
    return Answer(201, {"sessions": shown})


def as_lists(target: dict[str, Any]) -> dict[str, Any]:
    """Put lone values into lists, as v1 allows for ``checkId`` and for each tag group."""
    ids, groups = target.get("checkId"), target.get("matchTags")
    return {
        "checkId": [ids] if isinstance(ids, str) else ids,
        "matchTags": [[group] if isinstance(group, str) else group for group in groups or []],
    }


async def session(store: Store, call: Call) -> Answer:
    """Show a session as it is now."""
    found = _session(store, call)
    return _session_answer(call, found) if found else responses.documented("session", 404)


async def completion(store: Store, call: Call) -> Answer:
    """Show a session once it has ended; 408 when it has not after the client's time."""
    found = _session(store, call)
    if found and await store.wait(found, float(call.query.get("maxWaitSeconds", DEFAULT_WAIT))):
        return _session_answer(call, found)
    if _session(store, call) is None:  # unknown, or forgotten by a reset in between
        return responses.documented("completion", 404)
    answer = responses.documented("completion", 408)
    if call.operation.version == "v1":  # only v1's description speaks of this header
        answer.headers["Retry-After"] = "1"
    return answer


async def cancel(store: Store, call: Call) -> Answer:
    """Accept a cancel; it stops Playwright Check Suites only, and has no effect on the others."""
    found = _session(store, call)
    if found is None:
        return responses.documented("cancel", 404)
    if found.id in call.body.get("sequenceId", [found.id]):
        store.cancel(found)
    return Answer(204)


async def result(store: Store, call: Call) -> Answer:
    """Show one result of a check session, with the details of its check type."""
    found = store.find_result(call.path["checkId"], call.path["checkResultId"])
    if found is None:
        return responses.documented("result", 404)
    return Answer(200, session_views.check_result_view(*found))


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
    """List how the last finished session of each check ended; checks that have not run are fine."""
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
    first = int(min(max((page - 1) * limit, 0), MAX_OFFSET))
    shown = items[first : first + limit]
    last = first + len(shown) - 1 if shown else first
    return Answer(200, shown, {"Content-Range": f"{first}-{last}/{len(items)}"})


async def accounts(store: Store, call: Call) -> Answer:
    """Show the one account: as a list, as ``me``, or by its id."""
    account = views.account_view(store.scenario, call.account_id)
    if call.operation.operation_id == "getV1Accounts":
        return Answer(200, [account])
    wanted = call.path.get("accountId", call.account_id)
    if wanted != call.account_id:
        return responses.documented("accounts", 404)
    return Answer(200, account)


async def locations(_store: Store, _call: Call) -> Answer:
    """List the public locations."""
    return Answer(200, views.location_views())


HANDLERS: dict[str, Callable[[Store, Call], Awaitable[Answer]]] = {
    "trigger": trigger,
    "session": session,
    "completion": completion,
    "cancel": cancel,
    "result": result,
    **TEST_SESSION_HANDLERS,
    "checks": checks,
    "check-statuses": check_statuses,
    "check-groups": check_groups,
    "accounts": accounts,
    "locations": locations,
}
