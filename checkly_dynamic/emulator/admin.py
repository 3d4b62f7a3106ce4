"""
Admin routes under ``/_emulator/``.

They control and show the local Checkly itself. They are not part of Checkly's API and stay out of the journal.
"""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from checkly_dynamic.emulator import conformance, page
from checkly_dynamic.emulator.faults import Faults
from checkly_dynamic.emulator.journal import Journal
from checkly_dynamic.emulator.json_input import parse_json
from checkly_dynamic.emulator.problems import ScenarioError
from checkly_dynamic.emulator.responses import Answer, error
from checkly_dynamic.emulator.scenario import Scenario
from checkly_dynamic.emulator.store import Store

# Takes the JSON body ({} when there is none); what it returns is the answer, or 204 when that is None.
Handler = Callable[[Store, Request, Any], Any]
TRIGGER_SCHEMA: dict[str, Any] = {"$ref": "#/components/schemas/CheckSessionsV2TriggerRequest"}


def routes(store: Store) -> list[Route]:
    """Return the admin routes."""

    def route(method: str, path: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return error(403, "Another web page may not control the local Checkly").response()
            try:
                found = handler(store, request, await _json(request))
            except ScenarioError as refusal:
                return error(400, str(refusal)).response()
            return Answer(204 if found is None else 200, found).response()

        return Route(path, endpoint, methods=[method])

    return [route(*entry) for entry in ROUTES]


def not_served() -> Answer:
    """Return the answer for a path below the prefix that is not an admin route."""
    served = ", ".join(f"{method} /_emulator{path}" for method, path, _ in ROUTES)
    return error(501, f"No such admin route; there are: {served}")


async def _json(request: Request) -> Any:
    try:
        return parse_json(await request.body() or b"{}")
    except ValueError as refusal:
        raise ScenarioError([f"body: not JSON: {refusal}"]) from None


def get_state(store: Store, request: Request, _body: Any) -> dict[str, Any]:
    """Return all that the page shows."""
    return page.state(store, request.query_params.get("session"))


def get_journal(store: Store, request: Request, _body: Any) -> list[dict[str, Any]]:
    """Return all requests, or those of one route, oldest first."""
    route = request.query_params.get("route")
    return [entry for entry in store.journal.entries if route in (None, entry["route"])]


def delete_journal(store: Store, _request: Request, _body: Any) -> None:
    """Forget requests and counters; sessions stay."""
    store.journal = Journal()


def get_counters(store: Store, _request: Request, _body: Any) -> dict[str, Any]:
    """Count requests, answers, triggers and sessions."""
    return page.counters(store)


def post_reset(store: Store, _request: Request, _body: Any) -> None:
    """Start the scenario again."""
    store.reset()


def put_scenario(store: Store, _request: Request, body: Any) -> None:
    """Load another scenario and start again."""
    store.load(Scenario(body, store.seed))


def post_fault(store: Store, _request: Request, body: Any) -> None:
    """Add one fault."""
    store.faults.add(body)


def delete_faults(store: Store, _request: Request, _body: Any) -> None:
    """Remove all faults, including the scenario's, until the next reset."""
    store.faults = Faults([], store.seed)


def post_next_outcome(store: Store, request: Request, body: Any) -> None:
    """Queue the outcome of one more run of a check."""
    store.next_outcome(request.path_params["id"], body)


def delete_next_outcome(store: Store, request: Request, _body: Any) -> None:
    """Forget the queued outcomes of a check; the scenario applies again."""
    store.forget_next_outcomes(request.path_params["id"])


def post_trigger(store: Store, _request: Request, body: Any) -> dict[str, Any]:
    """Start sessions as the page's Run button does; the body is a target."""
    wrong = conformance.problem(TRIGGER_SCHEMA, {"target": body}, "body")
    if wrong:
        raise ScenarioError([wrong])
    started = store.trigger(body, store.scenario.default_account)
    return {"sessionIds": [session.id for session in started]}


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
