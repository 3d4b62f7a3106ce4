"""
The local Checkly as an ASGI application, routed by starlette.

An API request goes through one pipeline: journal, faults, rate limit, ``Prefer``, authorization, the document's rules,
the operation, a check of the answer, delivery. Admin routes and pages have none of that.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from checkly_dynamic.emulator import admin, conformance, delivery, guards, page, responses
from checkly_dynamic.emulator.call import Call
from checkly_dynamic.emulator.document import Operation, operations
from checkly_dynamic.emulator.faults import Faults
from checkly_dynamic.emulator.handlers import HANDLERS
from checkly_dynamic.emulator.journal import Journal, RateLimit, masked_headers, parse_body
from checkly_dynamic.emulator.json_input import MAX_BYTES, read_body
from checkly_dynamic.emulator.responses import Answer
from checkly_dynamic.emulator.scenario import Scenario
from checkly_dynamic.emulator.store import Store
from checkly_dynamic.emulator.views import timestamp

# What the local Checkly answers to a bad request also where the document lists no such answer, and its shape.
ADDED_STATUSES = (400, 413)
ERROR_SCHEMA: dict[str, Any] = {"$ref": "#/components/schemas/ApiError"}


class LocalChecklyApp:
    """
    The application, for one simulated account.

    Args:
        scenario: The scenario to serve.
        seed: Makes the ids and the chances of faults.
        speed: How many scenario seconds pass in one real second.
        check_answers: Check every answer against the document; one that does not fit becomes a 500 and is kept in
            ``violations``. For tests.
    """

    def __init__(self, scenario: Scenario, *, seed: int = 0, speed: float = 1.0, check_answers: bool = False) -> None:
        self.seed, self.check_answers = seed, check_answers
        self.store = Store(scenario, seed=seed, speed=speed)
        self.faults = Faults(seed)
        self.violations: list[str] = []
        self.load(scenario)
        self._starlette = Starlette(
            routes=[
                *page.routes(self),
                Mount("/_emulator", routes=admin.routes(self)),
                *(self._route(operation) for operation in operations()),
            ],
            exception_handlers={
                404: self._not_served,
                405: self._not_served,
                ClientDisconnect: lambda _request, _error: Response(),
            },
        )
        self._starlette.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        await self._starlette(scope, receive, send)

    def load(self, scenario: Scenario) -> None:
        """Take another scenario and start from nothing."""
        self.scenario = scenario
        self.store.load(scenario)
        self.reset()

    def reset(self) -> None:
        """Forget sessions, journal, counters and added faults; the scenario stays."""
        self.store.reset()
        self.journal = Journal()
        self.faults.load(self.scenario.faults)
        self.rate_limit = RateLimit(self.scenario.rate_limit)

    def _route(self, operation: Operation) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._api(request, operation)

        return Route(operation.path, endpoint, methods=[operation.method])

    async def _not_served(self, request: Request, _error: Exception) -> Response:
        """Answer what no route has taken."""
        if request.scope["path"].startswith("/_emulator/"):
            return admin.not_served().response()
        return await self._api(request, None)

    async def _api(self, request: Request, operation: Operation | None) -> Response:
        body = await read_body(request)
        journal = self.journal
        entry = journal.open(
            {
                "at": timestamp(time.time()),
                "method": request.method,
                "path": request.scope["path"],
                "query": dict(request.query_params),
                "headers": masked_headers(request.headers.items()),
                "body": parse_body(body or b""),
                "route": operation.name if operation else None,
            },
        )
        await asyncio.sleep(self.scenario.latency)
        fault: dict[str, Any] = {}
        if operation is None:
            answer = responses.error(501, guards.not_emulated(request))
        else:
            fault = self.faults.pick(operation, self._check_id(request))
            entry["fault"] = fault or None
            await asyncio.sleep(fault.get("delay", 0))
            answer = await self._answer(request, body, operation, fault, entry)
        response, status = delivery.deliver(answer, fault)
        journal.close(entry, status)
        return response

    def _check_id(self, request: Request) -> str | None:
        """Return the check that a request is about, for faults that name one."""
        session = self.store.sessions.get(request.path_params.get("checkSessionId", "").lower())
        return session.check.id if session else request.path_params.get("checkId", "").lower() or None

    async def _answer(
        self, request: Request, body: bytes | None, operation: Operation, fault: dict[str, Any], entry: dict[str, Any]
    ) -> Answer:
        """Answer one request of the API, without the faults that change the answer itself."""
        if fault.get("drop") == "before" or "status" in fault:
            return delivery.fault_answer(operation, fault)
        refusal = (
            guards.too_many(self.rate_limit, time.time())
            or guards.preferred(request, operation)
            or guards.unauthorized(request, operation, self.scenario)
        )
        if refusal is not None:
            return self._checked(operation, refusal)
        if body is None:
            return responses.error(413, f"the body is larger than {MAX_BYTES} bytes")
        query, query_problem = conformance.parse_query(operation, request.query_params.multi_items())
        parsed, body_problem = guards.json_body(operation, request, body)
        problem = (
            conformance.check_parameters(operation, "path", request.path_params)
            or conformance.check_parameters(operation, "header", request.headers)
            or query_problem
            or body_problem
        )
        if problem:
            return self._checked(operation, responses.error(400, problem))
        call = Call(
            operation=operation,
            path={name: value.lower() for name, value in request.path_params.items()},
            query=query,
            body=parsed,
            account_id=guards.account_id(request, self.scenario),
            base_url=base_url(request),
        )
        answer = await HANDLERS[operation.name](self.store, call)
        if call.started:
            self.journal.started(entry, call.started)
        return self._checked(operation, answer)

    def _checked(self, operation: Operation, answer: Answer) -> Answer:
        if not self.check_answers:
            return answer
        schema = operation.answer_schema(answer.status)
        problem = None
        if answer.status not in operation.statuses():
            schema = ERROR_SCHEMA
            if answer.status not in ADDED_STATUSES:
                problem = f"answer: the document has no status {answer.status}"
        if problem is None and schema is not None:
            problem = conformance.problem(schema, answer.body, "answer")
        if problem is None:
            return answer
        self.violations.append(f"{operation.method} {operation.path}: {problem}")
        return responses.error(500, f"The local Checkly broke its own document: {self.violations[-1]}")


def base_url(request: Request) -> str:
    """Return how the client reached this server; an odd Host header is not repeated."""
    host = request.headers.get("host", "")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?", host):
        address, port = request.scope.get("server") or ("127.0.0.1", 80)
        host = f"{address}:{port}"
    return f"http://{host}"
