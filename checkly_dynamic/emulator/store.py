"""
The state of the local Checkly: checks and sessions, the journal, and the active faults.

Everything happens on one event loop. There are no timers: a session's progress follows from its plan and the time.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from checkly_dynamic.emulator.faults import Faults
from checkly_dynamic.emulator.journal import Journal, RateLimit
from checkly_dynamic.emulator.problems import ScenarioError, validate
from checkly_dynamic.emulator.scenario import Check, Outcome, Scenario, seeded_uuid
from checkly_dynamic.emulator.simulation import Result, Session, TestSession, plan, retried

# Seconds between a cancel and the end of the session, before the speed.
CANCEL_DELAY = 0.2
# Heartbeats wait for a ping from outside; there is nothing to run.
NOT_RUNNABLE = frozenset({"HEARTBEAT"})


class Store:
    """
    The state while one scenario is served.

    *seed* determines ids and random faults; *speed* is how many scenario seconds pass in one real second.
    """

    def __init__(self, scenario: Scenario, seed: int, speed: float) -> None:
        self.seed, self.speed = seed, speed
        self.open_polls = 0
        self._interruption = asyncio.Event()
        self.load(scenario)

    def reset(self) -> None:
        """Forget sessions, requests, queued outcomes and added faults; the scenario starts again."""
        self.load(self.scenario)

    def load(self, scenario: Scenario) -> None:
        """Load a scenario and start again; ids start from the first."""
        self.scenario = scenario
        self.journal = Journal()
        self.faults = Faults(scenario.faults, self.seed)
        self.rate_limit = RateLimit(scenario.rate_limit)
        self.checks = {check.id: check for check in scenario.checks}
        self.sessions: dict[str, Session] = {}
        self.test_sessions: dict[str, TestSession] = {}
        self._triggers = 0
        self._runs: Counter[str] = Counter()
        self._conditional_runs: Counter[tuple[str, tuple[str, str]]] = Counter()
        self._next: dict[str, list[Outcome]] = {}
        self._interrupt()

    def trigger(self, target: dict[str, Any], account_id: str) -> list[Session]:
        """Start one session for each check that the target selects."""
        checks = select(self.checks.values(), target)
        self._triggers += bool(checks)
        now = time.time()
        started = [self._run(check, account_id, now) for check in checks]
        self.sessions |= {session.id: session for session in started}
        return started

    def trigger_tests(self, request: dict[str, Any], account_id: str) -> TestSession | None:
        """Start a test session with the checks that the request selects; None when it selects none."""
        checks = select(self.checks.values(), request.get("target") or {})
        if not checks:
            return None
        self._triggers += 1
        now = time.time()
        runs = tuple(self._run(check, account_id, now, request) for check in checks)
        session_id = seeded_uuid(self.seed, "test session", self._triggers)
        session = TestSession(session_id, request, self._triggers, account_id, now, runs)
        self.test_sessions[session_id] = session
        return session

    def _run(self, check: Check, account_id: str, now: float, request: dict[str, Any] | None = None) -> Session:
        """Plan a run of a check; *request* is a test session's request."""
        number = self._runs[check.id]
        self._runs[check.id] += 1
        outcome = self._outcome(check, number, request or {})
        locations = check.locations
        if request is not None:
            outcome = retried(outcome, request)
            locations = [request["runLocation"]]
        session_id = seeded_uuid(self.seed, "session", check.id, number)
        return Session(
            id=session_id,
            check=check,
            number=number + 1,
            trigger=self._triggers,
            account_id=account_id,
            started=now,
            seconds=outcome.seconds / self.speed,
            final_status=outcome.status,
            results=plan(self.seed, session_id, locations, outcome, self.speed),
        )

    def _outcome(self, check: Check, number: int, request: dict[str, Any]) -> Outcome:
        queued = self._next.get(check.id)
        if queued:
            return queued.pop(0)
        variables = {item["key"]: str(item["value"] or "") for item in request.get("environmentVariables", ())}
        condition = check.condition(variables)
        if condition is None:
            return check.outcome(number)
        self._conditional_runs[check.id, condition] += 1
        return check.outcome(self._conditional_runs[check.id, condition] - 1, condition)

    def cancel(self, session: Session | TestSession, sequence_ids: Sequence[str] | None = None) -> None:
        """Cancel a session, or the named runs of it; see :meth:`Session.cancel` for what can be cancelled."""
        session.cancel(time.time(), CANCEL_DELAY / self.speed, sequence_ids)
        self._interrupt()

    def next_outcome(self, check: str, wanted: dict[str, Any]) -> None:
        """Queue the outcome of one more run of a check: a ``nextOutcome`` of the scenario's schema."""
        check_id = self._check_id(check)
        validate(wanted, "nextOutcome")
        planned = self.checks[check_id].outcome(self._runs[check_id]).seconds
        outcome = Outcome(wanted["status"], wanted.get("failedAttempts", 0), wanted.get("seconds", planned))
        self._next.setdefault(check_id, []).append(outcome)

    def forget_next_outcomes(self, check: str) -> None:
        """Forget the outcomes queued by :meth:`next_outcome`."""
        self._next.pop(self._check_id(check), None)

    def _check_id(self, id_or_name: str) -> str:
        for check in self.scenario.checks:
            if id_or_name.lower() == check.id or id_or_name == check.name:
                return check.id
        raise ScenarioError(["no check of the scenario has this id or name"])

    def queued(self, check_id: str) -> str | None:
        """Return the first status queued by :meth:`next_outcome`; None if there is none."""
        return next((outcome.status for outcome in self._next.get(check_id, ())), None)

    def find_result(self, check_id: str, result_id: str) -> tuple[Session, Result] | None:
        """Return an available result of a check session, and its session."""
        now = time.time()
        for session in self.sessions.values():
            if session.check.id == check_id:
                for result in session.results_at(now):
                    if result.id == result_id:
                        return session, result
        return None

    def last_sessions(self) -> dict[str, Session]:
        """Return for each check the session that ended last; cancelled ones and test sessions do not count."""
        now = time.time()
        ended = [session for session in self.sessions.values() if session.is_final(now)]
        counting = [session for session in ended if session.final_status != "CANCELLED"]
        return {session.check.id: session for session in sorted(counting, key=lambda session: session.ends)}

    async def wait(self, session: Session | TestSession, seconds: float) -> bool:
        """Wait until a session has ended, at most *seconds*; return whether it has. A forgotten session never ends."""
        deadline = time.time() + seconds
        self.open_polls += 1
        try:
            while (now := time.time()) < min(session.ends, deadline) and self._knows(session):
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._interruption.wait(), min(session.ends, deadline) - now)
        finally:
            self.open_polls -= 1
        return self._knows(session) and session.is_final(time.time())

    def _knows(self, session: Session | TestSession) -> bool:
        return session in (self.sessions.get(session.id), self.test_sessions.get(session.id))

    def _interrupt(self) -> None:
        """Wake all waiting requests, because sessions end earlier or were forgotten."""
        self._interruption.set()
        self._interruption = asyncio.Event()


def select(checks: Iterable[Check], target: dict[str, Any]) -> list[Check]:
    """Return the checks that a target runs, by the rules of the API document; an empty list does not restrict."""
    ids = [check_id.lower() for check_id in _listed(target.get("checkId") or [])]
    groups = [_listed(group) for group in target.get("matchTags") or []]
    return [
        check
        for check in checks
        if check.check_type not in NOT_RUNNABLE
        and (check.is_activated() or target.get("allowDeactivated"))
        and (not ids or check.id in ids)
        and (not groups or any(_has_tags(check, group) for group in groups))
    ]


def _listed(value: str | list[str]) -> list[str]:
    """Put a lone string into a list, as v1 allows for ``checkId`` and for each tag group."""
    return [value] if isinstance(value, str) else value


def _has_tags(check: Check, group: Iterable[str]) -> bool:
    tags = check.all_tags()
    return all(tag[1:] not in tags if tag.startswith("!") else tag in tags for tag in group)
