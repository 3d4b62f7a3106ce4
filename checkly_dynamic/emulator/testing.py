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

import copy
import json
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from checkly_dynamic.emulator import INSTALL

try:
    from checkly_dynamic.emulator import page_state, scenario as scenarios
    from checkly_dynamic.emulator.app import LocalChecklyApp
    from checkly_dynamic.emulator.guards import FALLBACK_ACCOUNT
    from checkly_dynamic.emulator.problems import ScenarioError, problems
    from checkly_dynamic.emulator.result_details import CANARY
    from checkly_dynamic.emulator.server import ThreadedServer
except ModuleNotFoundError as error:
    raise ImportError(f"the local Checkly needs {error.name}, which is not installed; run: {INSTALL}") from None

try:
    import pytest
except ModuleNotFoundError:  # LocalCheckly works without it
    pytest = None  # type: ignore[assignment]

__all__ = ["CANARY", "LocalCheckly", "local_checkly"]


class LocalCheckly:
    """
    A local Checkly on 127.0.0.1, while the ``with`` block lasts.

    Args:
        scenario: The content of a scenario file; the demo shop when None.
        seed: Makes ids and chances; the same seed and scenario give the same ids.
        speed: How many scenario seconds pass in one real second.
        port: 0 for a free one.
        latency: Seconds by which every answer is late; replaces the scenario's when given.
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
        latency: float | None = None,
        check_answers: bool = True,
    ) -> None:
        self._seed, self._latency = seed, latency
        self._app = LocalChecklyApp(self._build(scenario), seed=seed, speed=speed, check_answers=check_answers)
        self._server = ThreadedServer(self._app, "127.0.0.1", port)
        self.url: str = self._server.url

    def _build(self, data: dict[str, Any] | None) -> scenarios.Scenario:
        data = copy.deepcopy(scenarios.default() if data is None else data)
        if self._latency is not None:
            data["latency"] = self._latency
        return scenarios.build(data, self._seed)

    @property
    def env(self) -> dict[str, str]:
        """The variables that point a client here; the key is made up, unless the scenario asks for one."""
        return {
            "CHECKLY_API_KEY": self._app.scenario.api_key or "cu_local_checkly_made_up_key",
            "CHECKLY_ACCOUNT_ID": self._app.scenario.account_id or FALLBACK_ACCOUNT,
            "CHECKLY_API_URL": self.url,
        }

    @property
    def requests(self) -> list[dict[str, Any]]:
        """All API requests so far, oldest first: method, path, query, headers (key masked), body, status, at, …."""
        return self._server.call(lambda: list(map(_copied, self._app.journal.entries)))

    @property
    def triggers(self) -> list[dict[str, Any]]:
        """The trigger requests that started sessions, also those whose answer was lost."""
        return [entry for entry in self.requests if entry["sessionIds"]]

    @property
    def sessions(self) -> dict[str, dict[str, Any]]:
        """All check sessions by id, as v2 shows them, with their ordinal ``number`` among the runs of their check."""
        return self._server.call(lambda: page_state.session_records(self._app, self.url))

    @property
    def test_sessions(self) -> dict[str, dict[str, Any]]:
        """All test sessions by id, as the API shows them, with location and variables (secret ones masked)."""
        return self._server.call(lambda: page_state.test_session_records(self._app, self.url))

    @property
    def violations(self) -> list[str]:
        """Answers that did not fit the API document: always empty, unless the local Checkly itself is wrong."""
        return self._server.call(lambda: list(self._app.violations))

    def reset(self) -> None:
        """Forget sessions, requests and added faults; the scenario stays and starts from its first outcomes."""
        self._server.call(self._app.reset)

    def scenario(self, data: dict[str, Any]) -> None:
        """
        Replace the scenario and start from nothing.

        Raises:
            ScenarioError: The scenario cannot be used; the old one stays.
        """
        built = self._build(data)
        self._server.call(lambda: self._app.load(built))

    def add_fault(self, **fault: Any) -> None:
        """
        Let something go wrong: the keys of a scenario's fault, as in ``add_fault(route="trigger", status=503, nth=1)``.

        Raises:
            ScenarioError: The fault cannot be used.
        """
        found = problems(fault, "fault")
        if found:
            raise ScenarioError(found)
        self._server.call(lambda: self._app.faults.add(fault))

    def next_outcome(
        self, check_id: str, status: str, *, seconds: float | None = None, failed_attempts: int = 0
    ) -> None:
        """
        Let the next run of a check end as told.

        Raises:
            ScenarioError: No such status.
            KeyError: No such check.
        """
        found = problems({"status": status, "failedAttempts": failed_attempts}, "outcome")
        if found:
            raise ScenarioError(found)
        self._server.call(
            lambda: self._app.store.next_outcome(check_id, status, seconds=seconds, failed_attempts=failed_attempts),
        )

    def start(self) -> LocalCheckly:
        """Start serving; ``with`` does it for you."""
        self._server.start()
        return self

    def stop(self) -> None:
        """Stop serving; ``with`` does it for you."""
        self._server.stop()

    def __enter__(self) -> LocalCheckly:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()


def _copied(entry: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(entry))
    return copied


if pytest is not None:

    @pytest.fixture
    def local_checkly() -> Iterator[LocalCheckly]:
        """Give a local Checkly with the demo scenario; call ``scenario`` on it to take another."""
        with LocalCheckly() as server:
            yield server
