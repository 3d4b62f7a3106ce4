"""
Faults on demand: choose the requests they hit, and change the answers.

A fault is a plain dict of the scenario schema. Faults that break the connection need the transport below HTTP; the
server passes it in the request's scope.
"""

import random
from collections import Counter
from collections.abc import Iterable
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from checkly_dynamic.emulator.document import Operation
from checkly_dynamic.emulator.problems import validate
from checkly_dynamic.emulator.responses import Answer, error

# Where the server puts the connection's asyncio transport.
TRANSPORT = "checkly.transport"
GARBAGE = b"\x00\xff{not json, on purpose\xfe"


class Faults:
    """The active faults. Each counts the requests that fit it; if several hit the same request, the first applies."""

    def __init__(self, specs: Iterable[dict[str, Any]], seed: int) -> None:
        self.active = list(specs)
        self._fitting: Counter[int] = Counter()  # by the place in the list
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret

    def add(self, spec: dict[str, Any]) -> None:
        """Add a fault after the active ones; raise ScenarioError when it cannot be used."""
        validate(spec, "fault")
        self.active.append(spec)

    def pick(self, operation: Operation, check_id: str | None) -> dict[str, Any]:
        """Return the fault that hits a request, or ``{}``; *check_id* is the check that the request is about, if any."""
        hits = [spec for number, spec in enumerate(self.active) if self._hits(number, spec, operation, check_id)]
        return hits[0] if hits else {}

    def _hits(self, number: int, spec: dict[str, Any], operation: Operation, check_id: str | None) -> bool:
        """Count a request if the fault fits it; return whether the fault hits it."""
        if (
            spec["route"] not in ("*", operation.name)
            or spec.get("version", operation.version) != operation.version
            or ("checkId" in spec and spec["checkId"].lower() != check_id)
        ):
            return False
        self._fitting[number] += 1
        nth = spec.get("nth")
        wanted = nth is None or self._fitting[number] in (nth if isinstance(nth, list) else [nth])
        return wanted and ("probability" not in spec or self._chance.random() < spec["probability"])


class HangUp(Response):
    """Send an answer up to a part of its body, or nothing at all, and close the connection."""

    def __init__(self, answer: Answer | None = None, body_bytes: int = 0) -> None:
        super().__init__()
        self.answer = answer
        self.body_bytes = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hang up, and wait until the server has noticed."""
        transport = scope["extensions"][TRANSPORT]
        if self.answer is None:
            transport.abort()
        else:
            whole = self.answer.response()
            whole.headers["content-length"] = str(len(whole.body) + 1)  # never complete, wherever it is cut
            await send({"type": "http.response.start", "status": whole.status_code, "headers": whole.raw_headers})
            await send({"type": "http.response.body", "body": whole.body[: self.body_bytes], "more_body": True})
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


def fault_answer(operation: Operation, fault: dict[str, Any]) -> Answer:
    """Return the answer that a fault gives instead of the operation's."""
    status = fault.get("status", 500)
    if "body" in fault:
        return Answer(status, fault["body"])
    return Answer(status, {}) if status < 400 else error(status, operation=operation)


def deliver(answer: Answer, fault: dict[str, Any]) -> tuple[Response, int | None]:
    """Apply a fault to an answer; return the response, and the status that the client sees, if it sees one."""
    if "merge" in fault and isinstance(answer.body, dict):
        answer.body = {**answer.body, **fault["merge"]}
    answer.headers.update(fault.get("headers", {}))
    if "drop" in fault:
        return HangUp(), None
    if "truncate" in fault:
        return HangUp(answer, fault["truncate"]), answer.status
    if fault.get("garbage"):
        return Response(GARBAGE, 200, answer.headers, "application/json"), 200
    return answer.response(), answer.status
