"""
A local Checkly for your tests: a real server in a thread.

With pytest, import the fixture and use it::

    from checkly_dynamic.emulator.testing import local_checkly

    def test_deployment_triggers_once(local_checkly):
        deploy(env=local_checkly.env)
        assert len(local_checkly.triggers) == 1

Without pytest, use :class:`LocalCheckly` as a context manager. This module does not need pytest itself.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from checkly_dynamic.emulator import INSTALL

try:
    from anyio.from_thread import BlockingPortal, start_blocking_portal

    from checkly_dynamic.emulator.app import LocalChecklyApp
    from checkly_dynamic.emulator.page import session_record, test_session_record
    from checkly_dynamic.emulator.scenario import Scenario, default
    from checkly_dynamic.emulator.server import LocalServer
    from checkly_dynamic.emulator.store import Store
    from checkly_dynamic.emulator.views import CANARY
except ModuleNotFoundError as error:
    raise ImportError(f"the local Checkly needs {error.name}, which is not installed; run: {INSTALL}") from None

try:
    import pytest
except ModuleNotFoundError:  # LocalCheckly works without it
    pytest = None  # type: ignore[assignment]

__all__ = ["CANARY", "LocalCheckly", "local_checkly"]

Result = TypeVar("Result")


class LocalCheckly:
    """
    A local Checkly on 127.0.0.1, while the ``with`` block lasts.

    Args:
        scenario: The content of a scenario file; the demo shop when None.
        seed: Determines ids and chances; the same seed and scenario give the same ids.
        speed: How many scenario seconds pass in one real second.
        port: 0 for a free one.
        check_answers: Check every answer against the API document; turn it off for benchmarks.

    Raises:
        ScenarioError: The scenario cannot be used; one line per problem.
    """

    def __init__(
        self,
        scenario: dict[str, Any] | None = None,
        *,
        seed: int = 0,
        speed: float = 1.0,
        port: int = 0,
        check_answers: bool = True,
    ) -> None:
        built = Scenario(copy.deepcopy(default() if scenario is None else scenario), seed)
        self._store = Store(built, seed, speed)
        self._app = LocalChecklyApp(self._store, check_answers=check_answers)
        self._server = LocalServer(self._app, "127.0.0.1", port)
        self._portal: BlockingPortal | None = None
        self._block = contextlib.ExitStack()
        self.url: str = self._server.url

    @property
    def env(self) -> dict[str, str]:
        """The variables that point a client here; the key is made up, unless the scenario asks for one."""
        return {
            "CHECKLY_API_KEY": self._store.scenario.api_key or "cu_local_checkly_made_up_key",
            "CHECKLY_ACCOUNT_ID": self._store.scenario.default_account,
            "CHECKLY_API_URL": self.url,
        }

    @property
    def requests(self) -> list[dict[str, Any]]:
        """All API requests so far, oldest first: method, path, query, headers (key masked), body, status, at, …."""
        return self._call(lambda: copy.deepcopy(list(self._store.journal.entries)))

    @property
    def triggers(self) -> list[dict[str, Any]]:
        """The trigger requests that started sessions, also those whose answer was lost."""
        return [entry for entry in self.requests if entry["sessionIds"]]

    @property
    def sessions(self) -> dict[str, dict[str, Any]]:
        """All check sessions by id, as v2 shows them, with their ordinal ``number`` among the runs of their check."""
        return self._call(lambda: {s.id: session_record(s, self.url) for s in self._store.sessions.values()})

    @property
    def test_sessions(self) -> dict[str, dict[str, Any]]:
        """All test sessions by id, as the API shows them, with location and variables (secret ones masked)."""
        return self._call(lambda: {s.id: test_session_record(s, self.url) for s in self._store.test_sessions.values()})

    @property
    def violations(self) -> list[str]:
        """Answers that did not fit the API document: always empty, unless the local Checkly itself is wrong."""
        return self._call(lambda: list(self._app.violations))

    def reset(self) -> None:
        """Forget sessions, requests and added faults; the scenario stays and starts from its first outcomes."""
        self._call(self._store.reset)

    def scenario(self, data: dict[str, Any]) -> None:
        """
        Replace the scenario and start again.

        Raises:
            ScenarioError: The scenario cannot be used; the old one stays.
        """
        built = Scenario(copy.deepcopy(data), self._store.seed)
        self._call(lambda: self._store.load(built))

    def add_fault(self, **fault: Any) -> None:
        """
        Add a fault, with the keys of a scenario's fault, as in ``add_fault(route="trigger", status=503, nth=1)``.

        Raises:
            ScenarioError: The fault cannot be used.
        """
        self._call(lambda: self._store.faults.add(fault))

    def next_outcome(
        self, check_id: str, status: str, *, seconds: float | None = None, failed_attempts: int = 0
    ) -> None:
        """
        Set the outcome of the next run of a check, given by its id or name.

        Raises:
            ScenarioError: No such check or status.
        """
        wanted: dict[str, Any] = {"status": status, "failedAttempts": failed_attempts}
        if seconds is not None:
            wanted["seconds"] = seconds
        self._call(lambda: self._store.next_outcome(check_id, wanted))

    def _call(self, function: Callable[[], Result]) -> Result:
        """Run a function on the server's loop, where the state lives, and return its result."""
        assert self._portal is not None, "use it in a with block"
        return self._portal.call(function)

    def __enter__(self) -> LocalCheckly:
        self._portal = self._block.enter_context(start_blocking_portal())
        self._portal.start_task_soon(self._server.serve, [self._server.socket])
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._block.close()  # waits for the end of the server
        self._server.socket.close()


if pytest is not None:

    @pytest.fixture
    def local_checkly() -> Iterator[LocalCheckly]:
        """Yield a local Checkly with the demo scenario; call ``scenario`` on it to use another."""
        with LocalCheckly() as server:
            yield server
