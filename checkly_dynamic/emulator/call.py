"""A valid request of the API, as the handlers get it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from checkly_dynamic.emulator.document import Operation

# What completion waits for when the client does not say; the document gives no default, only this example.
DEFAULT_WAIT = 30.0


@dataclass
class Call:
    """
    A valid request.

    Attributes:
        operation: The requested operation.
        path: Path parameters in small letters, as the ids are.
        query: Query parameters, typed, with defaults.
        body: Parsed JSON body, ``{}`` when there was none.
        account_id: Whose account.
        base_url: How the client reached this server.
        started: Filled with the ids of the sessions that the call starts.
    """

    operation: Operation
    path: dict[str, str]
    query: dict[str, Any]
    body: dict[str, Any]
    account_id: str
    base_url: str
    started: list[str] = field(default_factory=list)
