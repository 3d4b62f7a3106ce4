"""
How an answer gets onto the wire, whole or damaged.

Faults that harm the connection need the transport below HTTP; the server passes it in the request's scope.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checkly_dynamic.emulator import answers
from checkly_dynamic.emulator.answers import Answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Send

    from checkly_dynamic.emulator.document import Operation

# Where the server puts the connection's asyncio transport, so that a fault can break it.
TRANSPORT = "checkly.transport"
GARBAGE = b"\x00\xff{not json, on purpose\xfe"


def fault_answer(operation: Operation, fault: dict[str, Any]) -> Answer:
    """Return the answer that a fault gives instead of the operation's."""
    status = fault.get("status", 500)
    if "body" in fault:
        return Answer(status, fault["body"])
    if status in (204, 304):
        return Answer(status)
    if status < 400:  # a success without a body of its own
        return Answer(status, {})
    try:
        return answers.documented(operation.name, status)
    except ValueError:  # a number that HTTP has no word for
        return Answer(status, {"statusCode": status, "error": "Unknown", "message": "Unknown"})


async def send_answer(answer: Answer, send: Send) -> None:
    """Send an answer as it is."""
    await _send(answer, answer.encoded(), send)


async def _send(answer: Answer, payload: bytes, send: Send) -> None:
    headers = {key.lower(): value for key, value in answer.headers.items()}
    media = answer.content_type()
    if media:
        headers.setdefault("content-type", media)
    if answer.status not in (204, 304):
        headers["content-length"] = str(len(payload))
    else:
        payload = b""
    raw = [(key.encode("latin-1"), value.encode("latin-1")) for key, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": payload})


async def deliver(request: Request, send: Send, answer: Answer, fault: dict[str, Any]) -> int | None:
    """
    Send an answer through a fault.

    Returns:
        The status that the client could see, None when the connection was closed without one.
    """
    if "merge" in fault and isinstance(answer.body, dict):
        answer.body = {**answer.body, **fault["merge"]}
    answer.headers.update(fault.get("headers", {}))
    if "drop" in fault:
        await _hang_up(request, b"")
        return None
    if "truncate" in fault:
        head = f"HTTP/1.1 {answer.status} Cut\r\ncontent-type: application/json\r\n"
        extra = "".join(f"{key}: {value}\r\n" for key, value in answer.headers.items())
        payload = answer.encoded()
        sent = (
            f"{head}{extra}content-length: {len(payload) + 1}\r\n\r\n".encode("latin-1") + payload[: fault["truncate"]]
        )
        await _hang_up(request, sent)
        return answer.status
    if fault.get("garbage"):
        answer.status = 200
        answer.headers["Content-Type"] = "application/json"
        await _send(answer, GARBAGE, send)
        return 200
    await send_answer(answer, send)
    return answer.status


async def _hang_up(request: Request, last_bytes: bytes) -> None:
    """Write raw bytes, close the connection, and wait until the server has noticed."""
    transport = request.scope["extensions"][TRANSPORT]
    if last_bytes:
        transport.write(last_bytes)
        transport.close()
    else:
        transport.abort()
    while (await request.receive())["type"] != "http.disconnect":
        pass
