"""What the admin routes and the page show of the whole server."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from checkly_dynamic.emulator import views
from checkly_dynamic.emulator.not_verified import NOT_VERIFIED

if TYPE_CHECKING:
    from checkly_dynamic.emulator.app import LocalChecklyApp
    from checkly_dynamic.emulator.scenario import Check
    from checkly_dynamic.emulator.simulation import Session
    from checkly_dynamic.emulator.store import Store

SHOWN_SESSIONS = 200
SHOWN_REQUESTS = 100


def session_records(app: LocalChecklyApp, base_url: str) -> dict[str, dict[str, Any]]:
    """Return all sessions by id, as v2 shows them, with their number and planned duration."""
    now = app.store.clock()
    return {session.id: _session(session, now, base_url) for session in app.store.sessions.values()}


def counters(app: LocalChecklyApp) -> dict[str, Any]:
    """Return requests by route, answers by status, triggers, sessions, and what runs and waits now."""
    now = app.store.clock()
    running = sum(not session.is_final(now) for session in app.store.sessions.values())
    sessions = {"sessions": len(app.store.sessions), "inFlight": running, "openPolls": app.store.open_polls}
    return {**app.journal.counters(), **sessions}


def page_state(app: LocalChecklyApp, wanted: str | None = None) -> dict[str, Any]:
    """
    Return all that the page shows: checks, the newest sessions and requests first, counters, faults.

    Args:
        app: The application.
        wanted: The id of a session that is shown even when many are newer.
    """
    store = app.store
    newest = list(islice(reversed(store.sessions.values()), SHOWN_SESSIONS))
    if wanted in store.sessions and store.sessions[wanted] not in newest:
        newest.append(store.sessions[wanted])
    return {
        "version": store.version,
        "account": store.scenario.account_name,
        "speed": store.speed,
        "counters": counters(app),
        "checks": [_check(store, check) for check in store.checks.values()],
        "sessions": [_session(session, store.clock(), "") for session in newest],
        "journal": list(islice(reversed(app.journal.entries), SHOWN_REQUESTS)),
        "faults": app.faults.listing(),
        "notVerified": list(NOT_VERIFIED),
    }


def _session(session: Session, now: float, base_url: str) -> dict[str, Any]:
    return {
        **views.session_view(session, now, base_url, "v2", results=True),
        "number": session.number,
        "plannedMs": round(session.seconds * 1000),
    }


def _check(store: Store, check: Check) -> dict[str, Any]:
    return {
        **views.check_view(check, apply_group=False),
        "groupName": check.group.name if check.group else None,
        "groupTags": [*check.group.tags] if check.group else [],
        "lastStatus": store.last_status(check.id),
        "nextOutcome": store.queued(check.id),
    }
