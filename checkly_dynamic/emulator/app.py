"""
The local Checkly as an ASGI application: one pipeline for every API request.

Find the operation, write the journal, apply faults, the rate limit, ``Prefer``, authorization and the document's
rules, run the operation, check the answer, send it. Admin routes and pages branch off at the start.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

from starlette.requests import ClientDisconnect, Request

from checkly_dynamic.emulator import admin, answers, delivery, document, guards, validation
from checkly_dynamic.emulator.faults import Faults
from checkly_dynamic.emulator.journal import Journal, RateLimit, masked_headers, parse_body
from checkly_dynamic.emulator.reading import MAX_BYTES, read_body
from checkly_dynamic.emulator.routes import HANDLERS, Call
from checkly_dynamic.emulator.store import Store
from checkly_dynamic.emulator.views import timestamp

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from checkly_dynamic.emulator.answers import Answer
    from checkly_dynamic.emulator.document import Operation
    from checkly_dynamic.emulator.scenario import Scenario

# What the local Checkly answers to a bad request also where the document lists no such answer, and its shape.
ADDED_STATUSES = (400, 413)
ERROR_SCHEMA: dict[str, Any] = {"$ref": "#/components/schemas/ApiError"}


class LocalChecklyApp:
    """
    The application of one pretended account.

    Args:
        scenario: What to pretend.
        seed: Makes the ids and the chances of faults.
        speed: How many scenario seconds pass in one real second.
        check_answers: Check every answer against the document; one that does not fit becomes a 500 and is kept in
            ``violations``. For tests.
    """

    def __init__(self, scenario: Scenario, *, seed: int = 0, speed: float = 1.0, check_answers: bool = False) -> None:
        self.seed, self.check_answers = seed, check_answers
        self.store = Store(scenario, seed=seed, speed=speed)
        self.journal = Journal()
        self.faults = Faults(seed)
        self.violations: list[str] = []
        self.load(scenario)

    def load(self, scenario: Scenario) -> None:
        """Take another scenario and start from nothing."""
        self.scenario = scenario
        self.store.load(scenario)
        self.reset()

    def reset(self) -> None:
        """Forget sessions, journal, counters and added faults; the scenario stays."""
        self.store.reset()
        self.journal.reset()
        self.faults.load(self.scenario.faults)
        self.rate_limit = RateLimit(self.scenario.rate_limit)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            if admin.serves(scope["path"]):
                await delivery.send_answer(await admin.answer(self, request), send)
            else:
                await self._api(request, send)
        except ClientDisconnect:
            return

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            else:
                self.store.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _api(self, request: Request, send: Send) -> None:
        body = await read_body(request)
        found = document.find(request.method, request.scope["path"])
        entry = self.journal.open(
            {
                "at": timestamp(self.store.wall()),
                "method": request.method,
                "path": request.scope["path"],
                "query": dict(request.query_params),
                "headers": masked_headers(request.headers.items()),
                "body": parse_body(body or b""),
                "route": found[0].name if found else None,
            },
        )
        self.store.changed()
        await asyncio.sleep(self.scenario.latency)
        fault: dict[str, Any] = {}
        if found is None:
            answer = answers.error(501, guards.not_emulated(request))
        else:
            fault = self.faults.pick(found[0], self._check_id(found[1]))
            entry["fault"] = fault or None
            if "delay" in fault:
                await asyncio.sleep(fault["delay"])
            answer = await self._answer(request, body, found, fault, entry)
        status = await delivery.deliver(request, send, answer, fault)
        self.journal.close(entry, status)
        self.store.changed()

    def _check_id(self, path: dict[str, str]) -> str | None:
        session = self.store.sessions.get(path.get("checkSessionId", "").lower())
        return session.check.id if session else None

    async def _answer(
        self,
        request: Request,
        body: bytes | None,
        found: tuple[Operation, dict[str, str]],
        fault: dict[str, Any],
        entry: dict[str, Any],
    ) -> Answer:
        """Answer one request of the API, without the faults that change the answer itself."""
        if fault.get("drop") == "before" or "status" in fault:
            return delivery.fault_answer(found[0], fault)
        return self._checked(found[0], await self._serve(request, body, found, entry))

    async def _serve(
        self,
        request: Request,
        body: bytes | None,
        found: tuple[Operation, dict[str, str]],
        entry: dict[str, Any],
    ) -> Answer:
        """Let a request pass the guards and run its operation."""
        operation, path = found
        refusal = (
            guards.too_many(self.rate_limit, self.store.clock())
            or guards.preferred(request, operation)
            or guards.unauthorized(request, operation, self.scenario)
        )
        if refusal is not None:
            return refusal
        problem, call = self._read(request, body, operation, path)
        if problem is not None:
            return problem
        answer = await HANDLERS[operation.name](self.store, call)
        if call.started:
            self.journal.started(entry, call.started)
        return answer

    def _read(
        self, request: Request, body: bytes | None, operation: Operation, path: dict[str, str]
    ) -> tuple[Answer | None, Call]:
        """Check a request against the document; the call is complete only when there is no problem."""
        query, query_problem = validation.parse_query(operation, request.query_params.multi_items())
        parsed, body_problem = guards.json_body(operation, request, body)
        problem = (
            validation.check_parameters(operation, "path", path)
            or validation.check_parameters(operation, "header", request.headers)
            or query_problem
            or body_problem
        )
        call = Call(
            operation=operation,
            path=path,
            query=query,
            body=parsed,
            account_id=guards.account_id(request, self.scenario),
            base_url=base_url(request),
            session=self.store.sessions.get(path.get("checkSessionId", "").lower()),
            started=[],
        )
        if body is None:
            return answers.error(413, f"the body is larger than {MAX_BYTES} bytes"), call
        return (answers.error(400, problem) if problem else None), call

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
            problem = validation.problem(schema, answer.body, "answer")
        if problem is None:
            return answer
        self.violations.append(f"{operation.method} {operation.path}: {problem}")
        return answers.error(500, f"The local Checkly broke its own document: {self.violations[-1]}")


def base_url(request: Request) -> str:
    """Return how the client reached this server; an odd Host header is not repeated."""
    host = request.headers.get("host", "")
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?", host):
        address, port = request.scope.get("server") or ("127.0.0.1", 80)
        host = f"{address}:{port}"
    return f"http://{host}"
