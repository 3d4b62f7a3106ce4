"""
The local Checkly as an ASGI application, routed by starlette.

An API request goes through one pipeline: journal, faults, rate limit, authorization, the document's rules, the
operation, a check of the answer, delivery. Admin routes and pages skip it.
"""

import asyncio
import time
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from checkly_dynamic.emulator import admin, conformance, guards, page
from checkly_dynamic.emulator.document import Operation, operations
from checkly_dynamic.emulator.faults import deliver, fault_answer
from checkly_dynamic.emulator.handlers import HANDLERS
from checkly_dynamic.emulator.json_input import MAX_BYTES
from checkly_dynamic.emulator.responses import Answer, Refused, error
from checkly_dynamic.emulator.store import Store

# The answers to bad requests, and their shape, used even where the document does not list them.
ADDED_STATUSES = (400, 413)
ERROR_SCHEMA: dict[str, Any] = {"$ref": "#/components/schemas/ApiError"}


class LocalChecklyApp(Starlette):
    """The application; with *check_answers*, an answer that breaks the document becomes a 500 and a violation."""

    def __init__(self, store: Store, *, check_answers: bool = False) -> None:
        self.store, self.check_answers = store, check_answers
        self.violations: list[str] = []
        super().__init__(
            routes=[
                *page.routes(),
                Mount("/_emulator", routes=admin.routes(store)),
                *(self._operation_route(operation) for operation in operations()),
            ],
            exception_handlers={
                404: self._not_served,
                405: self._not_served,
                ClientDisconnect: lambda _request, _error: Response(),
            },
        )
        self.router.redirect_slashes = False

    def _operation_route(self, operation: Operation) -> Route:
        async def endpoint(request: Request) -> Response:
            return await self._api(request, operation)

        return Route(operation.path, endpoint, methods=[operation.method])

    async def _not_served(self, request: Request, _error: Exception) -> Response:
        if request.scope["path"].startswith("/_emulator/"):
            return admin.not_served().response()
        return await self._api(request, None)

    async def _api(self, request: Request, operation: Operation | None) -> Response:
        body = await request.body()
        route = operation.name if operation else None
        entry = self.store.journal.open(request, body[:MAX_BYTES], route)
        fault = self.store.faults.pick(operation, self._check_id(request)) if operation else {}
        entry["fault"] = fault or None
        await asyncio.sleep(self.store.scenario.latency + fault.get("delay", 0))
        if operation is None:
            answer = guards.not_emulated(request)
        elif fault.get("drop") == "before" or "status" in fault:
            answer = fault_answer(operation, fault)
        else:
            answer = self._checked(operation, await self._answer(request, body, operation, entry))
        response, entry["status"] = deliver(answer, fault)
        return response

    def _check_id(self, request: Request) -> str | None:
        """Return the check that a request is about, for faults that name one."""
        session = self.store.sessions.get(request.path_params.get("checkSessionId", "").lower())
        return session.check.id if session else request.path_params.get("checkId", "").lower() or None

    async def _answer(self, request: Request, body: bytes, operation: Operation, entry: dict[str, Any]) -> Answer:
        store = self.store
        try:
            store.rate_limit.admit(time.time())
            guards.authorize(request, operation, store.scenario)
            call = guards.valid_call(request, operation, store.scenario, body)
            entry["sessionIds"] = call.started
            return await HANDLERS[operation.name](store, call)
        except Refused as refused:
            return refused.answer

    def _checked(self, operation: Operation, answer: Answer) -> Answer:
        if not self.check_answers:
            return answer
        documented = answer.status in operation.statuses()
        schema = operation.answer_schema(answer.status) if documented else ERROR_SCHEMA
        problem = conformance.problem(schema, answer.body, "answer") if schema else None
        if not documented and answer.status not in ADDED_STATUSES:
            problem = f"answer: the document has no status {answer.status}"
        if problem is None:
            return answer
        self.violations.append(f"{operation.method} {operation.path}: {problem}")
        return error(500, f"The local Checkly broke its own document: {self.violations[-1]}")
