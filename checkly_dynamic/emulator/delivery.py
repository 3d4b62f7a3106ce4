"""
How an answer is sent, whole or damaged by a fault.

Faults that harm the connection need the transport below HTTP; the server passes it in the request's scope.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from checkly_dynamic.emulator import responses
from checkly_dynamic.emulator.document import Operation
from checkly_dynamic.emulator.responses import Answer

# Where the server puts the connection's asyncio transport, so that a fault can break it.
TRANSPORT = "checkly.transport"
GARBAGE = b"\x00\xff{not json, on purpose\xfe"


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
    if status in (204, 304):
        return Answer(status)
    return Answer(status, {}) if status < 400 else responses.documented(operation.name, status)


def deliver(answer: Answer, fault: dict[str, Any]) -> tuple[Response, int | None]:
    """
    Put an answer through a fault.

    Returns:
        What is sent, and the status that the client sees: None when the connection is closed without one.
    """
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
