"""
Answers: a status, a body and headers, and the error bodies that the document describes.

Error messages teach: they say what was missing and what to send instead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

NO_KEY = "Bad Token: send the header 'Authorization: Bearer <key>'; the local Checkly takes any made-up key"
NO_ACCOUNT = "Bad Token: send the header 'X-Checkly-Account: <account id>'; the local Checkly takes any uuid"
WORDS = {408: "Request Time-out"}
NO_MATCH = "No matching checks were found."
NO_SESSION = "No such check session."
STILL_RUNNING = "Check session is still in progress, but maximum per-request wait time was exceeded. Please retry."
MESSAGES = {
    "trigger": {404: NO_MATCH},
    "session": {404: NO_SESSION},
    "completion": {404: NO_SESSION, 408: STILL_RUNNING},
    "cancel": {404: NO_SESSION},
    "test-trigger": {404: NO_MATCH},
}


@dataclass
class Answer:
    """
    What goes back to the client.

    Attributes:
        status: HTTP status.
        body: A string is sent as it is, None as an empty body, anything else as JSON.
        headers: Beside Content-Type and Content-Length.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the bytes of the body."""
        if self.body is None or self.status in (204, 304):
            return b""
        if isinstance(self.body, str):
            return self.body.encode(errors="replace")
        return json.dumps(self.body, separators=(",", ":")).encode()

    def response(self) -> Response:
        """Return the answer as starlette sends it."""
        kind = "text/plain" if isinstance(self.body, str) else "application/json; charset=utf-8"
        return Response(self.encoded(), self.status, self.headers, None if self.body is None else kind)


def error(status: int, message: str | None = None, *, headers: dict[str, str] | None = None) -> Answer:
    """Return an error in the one shape that v1 and v2 share: ``statusCode``, ``error``, ``message``."""
    try:
        word = WORDS.get(status) or HTTPStatus(status).phrase
    except ValueError:  # HTTP has no word for this number
        word = "Unknown"
    return Answer(status, {"statusCode": status, "error": word, "message": message or word}, headers or {})


def documented(name: str, status: int) -> Answer:
    """Return an error of one operation, with the document's own example message where it has one."""
    return error(status, MESSAGES.get(name, {}).get(status))
