"""
A simulated Checkly in virtual time.

Time stands still while any thread that should be polling is busy, and jumps to the next event when all of them wait. So a
test of a fifteen-minute wait takes milliseconds, and threads cannot race with time.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from checkly_dynamic.core import sessions
from checkly_dynamic.core.deadline import Clock
from checkly_dynamic.core.session_results import ended_test_session, read_check_session, read_test_session
from checkly_dynamic.core.timestamps import utc
from checkly_dynamic.errors import NoMatchingChecks, SessionNotFound

LONGEST_POLL = 30
BEGIN = datetime(2026, 1, 1, tzinfo=timezone.utc)
FORGOTTEN = SessionNotFound("404: Checkly does not know this session", status=404)


def at(seconds: float) -> str:
    """Return a time of the world as the API writes it."""
    return utc(BEGIN + timedelta(seconds=seconds))


@dataclass
class Run:
    """
    The outcome of one run of a check.

    Attributes:
        ends: Its final status; or the error that reading its session raises; or None: its test session has no result for it.
        seconds: How long it takes.
    """

    ends: str | Exception | None = "PASSED"
    seconds: float = 1.0


@dataclass
class Plan:
    """The runs of one check, in order; the last one stays for all later ones."""

    runs: list[Run]
    started: int = 0

    def next(self) -> Run:
        """Return the outcome of the next run."""
        self.started += 1
        return self.runs[min(self.started, len(self.runs)) - 1]


@dataclass
class Suite:
    """
    What a test session trigger selects.

    Attributes:
        plans: Check id → its runs.
        named: Whether results have a check id; otherwise only a name.
        says: The status of the next test sessions, one after another; an empty list means what their results mean.
    """

    plans: dict[str, Plan]
    named: bool = True
    says: list[str] = field(default_factory=list)


@dataclass
class Session:
    """One session: when it began, the check and run of each result, and what its own status will be."""

    first: sessions.Run
    began: float
    rows: list[tuple[str, Run]]
    named: bool = True
    says: str = ""

    @property
    def ends_at(self) -> float:
        """Return when the last run ends."""
        return self.began + max(run.seconds for _, run in self.rows)


class World:
    """
    Checkly, as a gate sees it, with the clock that rules it.

    Args:
        plans: Check id → how its check sessions go.
        suites: Name of a test session → what it runs.
        skew: For how many seconds longer than in truth sessions say that they are running: not young, so 404 is final.
    """

    local_url = ""

    def __init__(
        self, plans: dict[str, Plan] | None = None, suites: dict[str, Suite] | None = None, skew: float = 0.0
    ) -> None:
        self.plans = plans or {}
        self.suites = suites or {}
        self.skew = skew
        self.posts: list[Any] = []  # the body of each trigger request
        self.polls: list[str] = []  # the session id of each completion request
        self.post_errors: list[Exception] = []  # what the next trigger requests raise
        self.deaf: set[str] = set()  # checks for which a trigger starts nothing
        self.appears_after = 0.0  # for how many seconds a new session is answered with 404
        self.details: dict[str, tuple[str, ...] | Exception] = {}  # why each check failed, or what reading it raises
        self.detailed: list[str] = []  # the checks whose details were read
        self.sessions: dict[str, Session] = {}  # all sessions that were started, by id
        self.until = float("inf")  # when the gate leaves; no poll is answered later
        self.now = 0.0
        self.clock = Clock(monotonic=lambda: self.now, now=lambda: at(self.now), wait=self._pause)
        self._changed = threading.Condition()
        self._sleeping: list[float] = []
        self._round = 0
        self._open: set[str] = set()

    @contextmanager
    def connect(self, _secrets: Sequence[str] = ()) -> Any:
        """Be the client of an operation."""
        yield self

    def release(self) -> None:
        """Release polls that nobody waits for any more."""
        with self._changed:
            self._round += 1
            self._changed.notify_all()
            while self._sleeping:
                self._changed.wait()

    def start_check(self, check_id: str) -> sessions.Run:
        """Start a check session now."""
        id_ = f"s{len(self.sessions) + 1}"
        raw = {"checkSessionId": id_, "checkSessionLink": f"https://checkly.example/{id_}", "checkId": check_id}
        described = {"name": check_id.upper(), "status": "STARTED", "startedAt": at(self.now - self.skew)}
        first = read_check_session({**raw, **described})
        self._open_session(Session(first, self.now, [(check_id, self.plans[check_id].next())]))
        return first

    def start_test(self, name: str, ids: Sequence[str] = ()) -> list[sessions.Run]:
        """Start a test session now, for all its checks or for these."""
        suite = self.suites[name]
        id_ = f"t{len(self.sessions) + 1}"
        rows = [(check, plan.next()) for check, plan in suite.plans.items() if not ids or check in ids]
        raw = {"testSessionId": id_, "testSessionLink": f"https://checkly.example/{id_}", "name": name}
        started = read_test_session({**raw, "status": "RUNNING", "startedAt": at(self.now - self.skew)})
        says = suite.says.pop(0) if suite.says else ""
        self._open_session(Session(started[0], self.now, rows, named=suite.named, says=says))
        return started

    def _open_session(self, session: Session) -> None:
        self.sessions[session.first.id] = session
        self._open.add(session.first.id)

    def start(self, kind: str, body: Any, *, deadline: Any, sending: Any) -> list[sessions.Run]:
        """Start what the body selects, as the client would."""
        sending.before_trigger()
        sending.begin()
        self.posts.append(body)
        if self.post_errors:
            raise self.post_errors.pop(0)
        ids = [check for check in body["target"].get("checkId", []) if check not in self.deaf]
        if kind == "test":
            return self.start_test(body["name"], ids)
        if not ids:
            raise NoMatchingChecks("404: no active check matches the target", status=404)
        return [self.start_check(check_id) for check_id in ids]

    def completion(self, kind: str, session_id: str, *, max_wait: float) -> list[sessions.Run] | None:
        """Hold the request as the server would."""
        assert max_wait > 0
        self.polls.append(session_id)
        assert len(self.polls) < 10_000, "a hot loop"
        session = self.sessions[session_id]
        assert kind == session.first.kind
        if self.now - session.began < self.appears_after:
            if self.now - session.began >= 30:
                self._open.discard(session_id)
            raise FORGOTTEN
        self._open.add(session_id)
        held = max(1, min(LONGEST_POLL, int(max_wait)))
        self._sleep_until(min(session.ends_at, self.now + held, self.until))
        return self._end(session) if self.now >= session.ends_at else None

    def _end(self, session: Session) -> list[sessions.Run] | None:
        with self._changed:
            self._open.discard(session.first.id)
            self._go_on()
        for _, run in session.rows:
            if isinstance(run.ends, Exception):
                raise run.ends
        if session.first.kind == "test":
            return self._end_of_test(session)
        [(check_id, run)] = session.rows
        result = {"checkResultId": f"result of {check_id}", "hasFailures": run.ends == "FAILED"}
        ended = {"status": run.ends, "stoppedAt": at(session.ends_at), "results": [result], "name": None}
        return [read_check_session({**session.first.to_api(), **ended}, finished=True)]

    def _end_of_test(self, session: Session) -> list[sessions.Run] | None:
        results = [
            {
                "testSessionResultId": f"{session.first.id}-{check}",
                "checkId": check if session.named else None,
                "name": check.upper(),
                "status": run.ends,
                "runLocation": "eu-central-1",
                "stoppedAt": at(session.ends_at),
            }
            for check, run in session.rows
            if run.ends is not None
        ]
        bad = any(result["status"] not in ("PASSED", "DEGRADED") for result in results)
        says = session.says or ("FAILED" if bad else "PASSED")
        common = {key: value for key, value in session.first.to_api().items() if key in ("testSessionId", "name")}
        return ended_test_session({**common, "status": says, "stoppedAt": at(session.ends_at), "results": results})

    def failure_details(self, run: sessions.Run) -> tuple[str, ...]:
        """Say why a check failed."""
        self.detailed.append(run.check_id)
        found = self.details.get(run.check_id, ())
        if isinstance(found, Exception):
            raise found
        return found

    def _pause(self, event: threading.Event, seconds: float) -> None:
        if not event.is_set():
            self._sleep_until(self.now + seconds)

    def _sleep_until(self, when: float) -> None:
        with self._changed:
            before = self._round
            self._sleeping.append(when)
            self._go_on()
            while self.now < when and self._round == before:
                # A session that was given up is never polled again; after a second of real time nobody waits for it.
                if not self._changed.wait(1.0):
                    self._go_on(at_once=True)
            self._sleeping.remove(when)
            self._changed.notify_all()

    def _go_on(self, *, at_once: bool = False) -> None:
        """Jump to the next event, when every session that should be polled is or *at_once*; to be called under the lock."""
        ahead = [when for when in self._sleeping if when > self.now]
        if ahead and (at_once or len(ahead) >= len(self._open)):
            self.now = min(ahead)
            self._changed.notify_all()
