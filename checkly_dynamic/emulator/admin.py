"""
Admin routes under ``/_emulator/``.

They control and show the local Checkly itself. They are not part of Checkly's API and stay out of the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from checkly_dynamic.emulator import conformance, page_state, responses, scenario as scenarios
from checkly_dynamic.emulator.document import operations
from checkly_dynamic.emulator.guards import FALLBACK_ACCOUNT
from checkly_dynamic.emulator.journal import Journal
from checkly_dynamic.emulator.json_input import parse_json, read_body
from checkly_dynamic.emulator.not_verified import NOT_VERIFIED
from checkly_dynamic.emulator.problems import ScenarioError, problems
from checkly_dynamic.emulator.responses import Answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from checkly_dynamic.emulator.app import LocalChecklyApp

    Handler = Callable[[LocalChecklyApp, Request], Awaitable[Answer]]


def routes(app: LocalChecklyApp) -> list[Route]:
    """Return the admin routes of an application."""

    def route(method: str, path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            return (await _guarded(app, request, handler)).response()

        return Route(path, endpoint, methods=[method])

    return [route(*entry) for entry in ROUTES]


async def _guarded(app: LocalChecklyApp, request: Request, handler: Handler) -> Answer:
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return responses.error(403, "Another web page may not control the local Checkly")
    try:
        return await handler(app, request)
    except ScenarioError as refusal:
        answer = responses.error(400, refusal.problems[0])
        answer.body["problems"] = refusal.problems
        return answer


async def _json(request: Request) -> dict[str, Any]:
    """Read a JSON object; an empty body counts as ``{}``."""
    body = await read_body(request)
    if body is None:
        raise ScenarioError(["body: too large"])
    try:
        parsed = parse_json(body or b"{}")
    except ValueError as error:
        raise ScenarioError([f"body: not JSON: {error}"]) from None
    if not isinstance(parsed, dict):
        raise ScenarioError(["body: must be a JSON object"])
    return parsed


def not_served() -> Answer:
    """Return the answer for a path below the prefix that is no admin route."""
    served = ", ".join(f"{method} /_emulator{path}" for method, path, _ in ROUTES)
    return responses.error(501, f"No such admin route; there are: {served}")


async def get_state(app: LocalChecklyApp, request: Request) -> Answer:
    """``GET state?session=ID``: all that the page shows."""
    return Answer(200, page_state.page_state(app, request.query_params.get("session")))


async def get_journal(app: LocalChecklyApp, request: Request) -> Answer:
    """``GET journal?route=trigger``: all requests, oldest first, or those of one route."""
    route = request.query_params.get("route")
    return Answer(200, [entry for entry in app.journal.entries if route in (None, entry["route"])])


async def delete_journal(app: LocalChecklyApp, _request: Request) -> Answer:
    """``DELETE journal``: forget requests and counters; sessions stay."""
    app.journal = Journal()
    return Answer(204)


async def get_counters(app: LocalChecklyApp, _request: Request) -> Answer:
    """``GET counters``: requests by route, answers by status, triggers, sessions."""
    return Answer(200, page_state.counters(app))


async def post_reset(app: LocalChecklyApp, _request: Request) -> Answer:
    """``POST reset``: forget sessions, requests, counters, added faults, and outcomes set for next runs."""
    app.reset()
    return Answer(204)


async def get_scenario(app: LocalChecklyApp, _request: Request) -> Answer:
    """``GET scenario``: the current scenario; a key in it is masked."""
    raw = dict(app.scenario.raw)
    if "apiKey" in raw:
        raw["apiKey"] = f"***({len(raw['apiKey'])} characters)"
    return Answer(200, raw)


async def put_scenario(app: LocalChecklyApp, request: Request) -> Answer:
    """``PUT scenario``: take another scenario and start from nothing."""
    app.load(scenarios.build(await _json(request), app.seed))
    return Answer(204)


async def get_faults(app: LocalChecklyApp, _request: Request) -> Answer:
    """``GET faults``: the active faults, with how many requests they matched and hit."""
    return Answer(200, app.faults.listing())


async def post_fault(app: LocalChecklyApp, request: Request) -> Answer:
    """``POST faults``: add one fault."""
    fault = await _json(request)
    found = problems(fault, "fault")
    if found:
        raise ScenarioError(found)
    app.faults.add(fault)
    return Answer(201, app.faults.listing())


async def delete_faults(app: LocalChecklyApp, _request: Request) -> Answer:
    """``DELETE faults``: remove all faults, those of the scenario too, until the next reset."""
    app.faults.load(())
    return Answer(204)


async def post_next_outcome(app: LocalChecklyApp, request: Request) -> Answer:
    """``POST checks/{id}/next-outcome``: let one more of the next runs of a check end as told."""
    check = _check_id(app, request)
    if check is None:
        return responses.error(404, "No such check in the scenario")
    wanted = await _json(request)
    seconds = wanted.pop("seconds", None)
    found = problems(wanted, "outcome")
    if seconds is not None:
        found += problems(seconds, "seconds")
    if found:
        raise ScenarioError(found)
    app.store.next_outcome(check, wanted["status"], seconds=seconds, failed_attempts=wanted.get("failedAttempts", 0))
    return Answer(204)


async def delete_next_outcome(app: LocalChecklyApp, request: Request) -> Answer:
    """``DELETE checks/{id}/next-outcome``: forget the outcomes set for the check; the scenario counts again."""
    check = _check_id(app, request)
    if check is None:
        return responses.error(404, "No such check in the scenario")
    app.store.forget_next_outcomes(check)
    return Answer(204)


def _check_id(app: LocalChecklyApp, request: Request) -> str | None:
    """Find the check that a route is about, by its id or its name."""
    given = request.path_params["id"]
    if given.lower() in app.store.checks:
        return str(given.lower())
    return next((check.id for check in app.store.checks.values() if check.name == given), None)


async def post_trigger(app: LocalChecklyApp, request: Request) -> Answer:
    """``POST trigger``: what the page's button does: a trigger with the body ``{"matchTags": …, "checkId": …}``."""
    target = await _json(request)
    schema = next(
        operation for operation in operations() if operation.path == "/v2/check-sessions/trigger"
    ).body_schema()
    wrong = conformance.problem(schema or {}, {"target": target}, "body")
    if wrong:
        raise ScenarioError([wrong])
    started = app.store.trigger(target, app.scenario.account_id or FALLBACK_ACCOUNT)
    return Answer(201, {"sessionIds": [session.id for session in started]})


async def get_not_verified(_app: LocalChecklyApp, _request: Request) -> Answer:
    """``GET not-verified``: behaviours that no public document settles."""
    return Answer(200, list(NOT_VERIFIED))


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/state", get_state),
    ("GET", "/journal", get_journal),
    ("DELETE", "/journal", delete_journal),
    ("GET", "/counters", get_counters),
    ("POST", "/reset", post_reset),
    ("GET", "/scenario", get_scenario),
    ("PUT", "/scenario", put_scenario),
    ("GET", "/faults", get_faults),
    ("POST", "/faults", post_fault),
    ("DELETE", "/faults", delete_faults),
    ("POST", "/checks/{id}/next-outcome", post_next_outcome),
    ("DELETE", "/checks/{id}/next-outcome", delete_next_outcome),
    ("POST", "/trigger", post_trigger),
    ("GET", "/not-verified", get_not_verified),
)
