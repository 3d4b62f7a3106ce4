"""Run resources against a server, as the provider does, with a clock of the test's own."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wire_data import ACCOUNT, KEY

from checkly_dynamic.api.client import Client
from checkly_dynamic.api.http import Http
from checkly_dynamic.api.rate_limit import RateLimit
from checkly_dynamic.api.retries import Retries
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Clock
from checkly_dynamic.core.operation import Operation, ProcessState

QUICK = Retries(first_wait=0.01, longest_wait=0.05, jitter=random.Random(0).random)
"""Its random numbers are its own: hypothesis does not allow that a thread draws from the shared ones meanwhile."""


class Lines:
    """A log that keeps its lines: ``(kind, line)``."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def progress(self, line: str) -> None:
        """Keep a line of progress."""
        self.shown.append(("progress", line))

    def info(self, line: str) -> None:
        """Keep a line that stays."""
        self.shown.append(("info", line))

    def warning(self, line: str) -> None:
        """Keep a warning."""
        self.shown.append(("warning", line))


def environment(url: str, version: str = "v1") -> dict[str, str]:
    """Return the settings, as environment variables."""
    values = {"API_KEY": KEY, "ACCOUNT_ID": ACCOUNT, "API_URL": url, "API_VERSION": version}
    return {f"CHECKLY_{name}": value for name, value in values.items()}


def connect(
    url: str,
    *,
    version: str = "v1",
    retries: Retries = QUICK,
    rate_limit: RateLimit | None = None,
) -> Client:
    """Make a client that tries again quickly and has a rate limit of its own."""
    settings = Settings.load(lambda _: None, environment(url, version))
    limit = rate_limit or RateLimit()
    return Client(settings, Http(settings, retries=retries, rate_limit=limit))


def operation(
    url: str,
    *,
    version: str = "v1",
    clock: Clock | None = None,
    log: Lines | None = None,
    process: ProcessState | None = None,
    wrap: Callable[[Client], Any] = lambda client: client,
) -> Operation:
    """Make an operation; *wrap* may put something around its client."""

    def open_client(_: Sequence[str]) -> Any:
        return wrap(connect(url, version=version))

    return Operation(
        connect=open_client,
        log=log or Lines(),
        before_trigger=lambda: None,
        process=process or ProcessState(),
        clock=clock or Clock(),
    )


def wait_for(sessions: Sequence[Mapping[str, Any]], **more: Any) -> list[dict[str, Any]]:
    """Make the ``waitFor`` of a gate behind one trigger of check sessions."""
    columns = {
        "sessionIds": "checkSessionId",
        "links": "checkSessionLink",
        "checkIds": "checkId",
        "names": "name",
    }
    return [{**{column: [one[field] for one in sessions] for column, field in columns.items()}, **more}]
