"""
Answers: a status, a body and headers, and the error bodies that the document describes.

Error texts teach: they say what was missing and what to send instead.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

NO_KEY = "Bad Token: send the header 'Authorization: Bearer <key>'; the local Checkly takes any made-up key"
NO_ACCOUNT = "Bad Token: send the header 'X-Checkly-Account: <account id>'; the local Checkly takes any uuid"
WORDS = {408: "Request Time-out"}
MESSAGES = {
    "trigger": {404: "No matching checks were found."},
    "session": {404: "No such check session."},
    "completion": {
        404: "No such check session.",
        408: "Check session is still in progress, but maximum per-request wait time was exceeded. Please retry.",
    },
    "cancel": {404: "No such check session."},
}


@dataclass
class Answer:
    """
    What goes back to the client.

    Attributes:
        status: HTTP status.
        body: A text is sent as it is, None as an empty body, anything else as JSON.
        headers: Beside Content-Type and Content-Length.
    """

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the bytes of the body."""
        if self.body is None:
            return b""
        if isinstance(self.body, str):
            return self.body.encode(errors="replace")
        return json.dumps(self.body, separators=(",", ":")).encode()

    def content_type(self) -> str | None:
        """Return the media type, None for an empty body."""
        if self.body is None:
            return None
        return "text/plain; charset=utf-8" if isinstance(self.body, str) else "application/json; charset=utf-8"


def error(status: int, message: str | None = None, *, headers: dict[str, str] | None = None) -> Answer:
    """Return an error in the one shape that v1 and v2 share: ``statusCode``, ``error``, ``message``."""
    word = WORDS.get(status) or HTTPStatus(status).phrase
    return Answer(status, {"statusCode": status, "error": word, "message": message or word}, headers or {})


def documented(name: str, status: int, message: str | None = None) -> Answer:
    """Return an error of one operation, with the document's own example text where it has one."""
    return error(status, message or MESSAGES.get(name, {}).get(status))
