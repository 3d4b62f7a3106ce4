"""Answers: a status, a body and headers; and errors, which look the same in v1 and v2."""

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from checkly_dynamic.emulator.document import Operation

WORDS = {status.value: status.phrase for status in HTTPStatus} | {408: "Request Time-out"}
NO_MATCH = "No matching checks were found."
NO_SESSION = "No such check session."
STILL_RUNNING = "Check session is still in progress, but maximum per-request wait time was exceeded. Please retry."
# The document's own example messages, by operation and status.
MESSAGES = {
    ("trigger", 404): NO_MATCH,
    ("session", 404): NO_SESSION,
    ("completion", 404): NO_SESSION,
    ("completion", 408): STILL_RUNNING,
    ("cancel", 404): NO_SESSION,
    ("test-trigger", 404): NO_MATCH,
}


@dataclass
class Answer:
    """What goes back to the client. A string is sent as it is, None as an empty body, anything else as JSON."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        """Return the answer as starlette sends it."""
        if self.body is None or self.status in (204, 304):
            return Response(None, self.status, self.headers)
        if isinstance(self.body, str):
            return Response(self.body.encode(errors="replace"), self.status, self.headers, "text/plain")
        body = json.dumps(self.body, separators=(",", ":"))
        return Response(body, self.status, self.headers, "application/json; charset=utf-8")


class Refused(Exception):
    """A request is not carried out; *answer* says why."""

    def __init__(self, status: int, message: str | None = None, *, operation: Operation | None = None) -> None:
        super().__init__(status, message)
        self.answer = error(status, message, operation=operation)


def error(status: int, message: str | None = None, *, operation: Operation | None = None) -> Answer:
    """Return an error; the default message is the document's for the operation, if it has one."""
    word = WORDS.get(status, "Unknown")
    documented = MESSAGES.get((operation.name, status)) if operation else None
    return Answer(status, {"statusCode": status, "error": word, "message": message or documented or word})
