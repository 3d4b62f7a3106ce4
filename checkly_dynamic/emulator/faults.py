"""
Faults on demand: choose the requests they hit, and change the answers.

A fault is a plain dict of the scenario schema. Faults that break the connection need the transport below HTTP; the
server passes it in the request's scope.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from checkly_dynamic.emulator.document import Operation
from checkly_dynamic.emulator.problems import validate
from checkly_dynamic.emulator.responses import Answer, error

# Where the server puts the connection's asyncio transport.
TRANSPORT = "checkly.transport"
GARBAGE = b"\x00\xff{not json, on purpose\xfe"


@dataclass
class Fault:
    """A fault, with how many requests it matched and hit so far."""

    spec: dict[str, Any]
    fitting: int = 0
    applied: int = 0

    def hits(self, operation: Operation, check_id: str | None, chance: random.Random) -> bool:
        """Count a request if the fault fits it; return whether the fault hits it."""
        spec = self.spec
        fits = (
            spec["route"] in ("*", operation.name)
            and spec.get("version", operation.version) == operation.version
            and ("checkId" not in spec or spec["checkId"].lower() == check_id)
        )
        self.fitting += fits
        nth = spec.get("nth")
        wanted = fits and (nth is None or self.fitting in (nth if isinstance(nth, list) else [nth]))
        hit = wanted and ("probability" not in spec or chance.random() < spec["probability"])
        self.applied += hit
        return hit


class Faults:
    """The active faults. Each counts the requests that fit it; if several hit the same request, the first applies."""

    def __init__(self, specs: Iterable[dict[str, Any]], seed: int) -> None:
        self._active = [Fault(spec) for spec in specs]
        self._chance = random.Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret

    def add(self, spec: dict[str, Any]) -> None:
        """Add a fault after the active ones; raise ScenarioError when it cannot be used."""
        validate(spec, "fault")
        self._active.append(Fault(spec))

    def pick(self, operation: Operation, check_id: str | None) -> dict[str, Any]:
        """Return the fault that hits a request, or ``{}``; *check_id* is the check that the request is about, if any."""
        hits = [fault.spec for fault in self._active if fault.hits(operation, check_id, self._chance)]
        return hits[0] if hits else {}

    def listing(self) -> list[dict[str, Any]]:
        """Return the faults with their counts."""
        return [{**fault.spec, "fitting": fault.fitting, "applied": fault.applied} for fault in self._active]


class HangUp(Response):
    """Write raw bytes, or none, and close the connection."""

    def __init__(self, last_bytes: bytes = b"") -> None:
        super().__init__()
        self.last_bytes = last_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - nothing is sent by ASGI
        """Hang up, and wait until the server has noticed."""
        transport = scope["extensions"][TRANSPORT]
        if self.last_bytes:
            transport.write(self.last_bytes)
            transport.close()
        else:
            transport.abort()
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
        payload = answer.encoded()
        extra = "".join(f"{key}: {value}\r\n" for key, value in answer.headers.items())
        head = f"HTTP/1.1 {answer.status} Cut\r\ncontent-type: application/json\r\n{extra}content-length: "
        cut = f"{head}{len(payload) + 1}\r\n\r\n".encode("latin-1") + payload[: fault["truncate"]]
        return HangUp(cut), answer.status
    if fault.get("garbage"):
        return Response(GARBAGE, 200, answer.headers, "application/json"), 200
    return answer.response(), answer.status
