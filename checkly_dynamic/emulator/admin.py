"""
Admin routes under ``/_emulator/``.

They control and show the local Checkly itself. They are not part of Checkly's API and stay out of the journal.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checkly_dynamic.emulator import conformance, page
from checkly_dynamic.emulator.faults import Faults
from checkly_dynamic.emulator.journal import Journal
from checkly_dynamic.emulator.json_input import parse_json, read_body
from checkly_dynamic.emulator.problems import ScenarioError
from checkly_dynamic.emulator.responses import Answer, error
from checkly_dynamic.emulator.scenario import Scenario
from checkly_dynamic.emulator.store import Store

Handler = Callable[[Store, Request], Awaitable[Answer]]
TRIGGER_SCHEMA: dict[str, Any] = {"$ref": "#/components/schemas/CheckSessionsV2TriggerRequest"}


def routes(store: Store) -> list[Route]:
    """Return the admin routes."""

    def route(method: str, path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return error(403, "Another web page may not control the local Checkly").response()
            try:
                return (await handler(store, request)).response()
            except ScenarioError as refusal:
                return error(400, str(refusal)).response()

        return Route(path, endpoint, methods=[method])

    return [route(*entry) for entry in ROUTES]


async def _json(request: Request) -> Any:
    """Read JSON; an empty body counts as ``{}``."""
    body = await read_body(request)
    if body is None:
        raise ScenarioError(["body: too large"])
    try:
        return parse_json(body or b"{}")
    except ValueError as refusal:
        raise ScenarioError([f"body: not JSON: {refusal}"]) from None


async def get_state(store: Store, request: Request) -> Answer:
    """Return all that the page shows."""
    return Answer(200, page.state(store, request.query_params.get("session")))


async def get_journal(store: Store, request: Request) -> Answer:
    """Return all requests, or those of one route, oldest first."""
    route = request.query_params.get("route")
    return Answer(200, [entry for entry in store.journal.entries if route in (None, entry["route"])])


async def delete_journal(store: Store, _request: Request) -> Answer:
    """Forget requests and counters; sessions stay."""
    store.journal = Journal()
    return Answer(204)


async def get_counters(store: Store, _request: Request) -> Answer:
    """Count requests, answers, triggers and sessions."""
    return Answer(200, page.counters(store))


async def post_reset(store: Store, _request: Request) -> Answer:
    """Start the scenario again."""
    store.reset()
    return Answer(204)


async def put_scenario(store: Store, request: Request) -> Answer:
    """Load another scenario and start again."""
    store.load(Scenario(await _json(request), store.seed))
    return Answer(204)


async def post_fault(store: Store, request: Request) -> Answer:
    """Add one fault."""
    store.faults.add(await _json(request))
    return Answer(204)


async def delete_faults(store: Store, _request: Request) -> Answer:
    """Remove all faults, including the scenario's, until the next reset."""
    store.faults = Faults([], store.seed)
    return Answer(204)


async def post_next_outcome(store: Store, request: Request) -> Answer:
    """Queue the outcome of one more run of a check."""
    store.next_outcome(request.path_params["id"], await _json(request))
    return Answer(204)


async def delete_next_outcome(store: Store, request: Request) -> Answer:
    """Forget the queued outcomes of a check; the scenario applies again."""
    store.forget_next_outcomes(request.path_params["id"])
    return Answer(204)


async def post_trigger(store: Store, request: Request) -> Answer:
    """Start sessions as the page's Run button does; the body is a target."""
    target = await _json(request)
    wrong = conformance.problem(TRIGGER_SCHEMA, {"target": target}, "body")
    if wrong:
        raise ScenarioError([wrong])
    started = store.trigger(target, store.scenario.default_account)
    return Answer(201, {"sessionIds": [session.id for session in started]})


ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", "/state", get_state),
    ("GET", "/journal", get_journal),
    ("DELETE", "/journal", delete_journal),
    ("GET", "/counters", get_counters),
    ("POST", "/reset", post_reset),
    ("PUT", "/scenario", put_scenario),
    ("POST", "/faults", post_fault),
    ("DELETE", "/faults", delete_faults),
    ("POST", "/checks/{id}/next-outcome", post_next_outcome),
    ("DELETE", "/checks/{id}/next-outcome", delete_next_outcome),
    ("POST", "/trigger", post_trigger),
)
