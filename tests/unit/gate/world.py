"""
A pretended Checkly in virtual time.

Time stands still while any thread that should be polling is busy, and jumps to the next event when all of them wait. So a
test of a fifteen-minute wait takes milliseconds, and threads cannot race with time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

from checkly_dynamic.core.deadline import Clock
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.errors import ChecklyError, NoMatchingChecks, ReadTimeout

LONGEST_POLL = 30


@dataclass
class Run:
    """How one session of a check goes: its final word, or the error that reading it raises, after so many seconds."""

    ends: str | ChecklyError = "PASSED"
    seconds: float = 1.0


@dataclass
class Plan:
    """The runs of one check, in order; the last one stays for all later ones."""

    runs: list[Run]
    started: int = 0

    def next(self) -> Run:
        """Return how the next session goes."""
        self.started += 1
        return self.runs[min(self.started, len(self.runs)) - 1]


@dataclass
class World:
    """
    Checkly, as a gate sees it, with the clock that rules it.

    Attributes:
        plans: Check id → how its sessions go.
        hold: The longest time that a poll is held open, in seconds; 0 answers at once.
        posts: The body of each trigger request.
        polls: The session id of each completion request.
        post_errors: What the next trigger requests raise; None lets one through.
        deaf: Checks for which a trigger starts nothing.
    """

    plans: dict[str, Plan] = field(default_factory=dict)
    hold: float = LONGEST_POLL
    posts: list[Any] = field(default_factory=list)
    polls: list[str] = field(default_factory=list)
    post_errors: list[Exception | None] = field(default_factory=list)
    deaf: set[str] = field(default_factory=set)
    connections: int = 256

    def __post_init__(self) -> None:
        self.now = 0.0
        self._mine = threading.local()
        self.clock = Clock(monotonic=self._time, now=lambda: f"at {self.now:g}", wait=self._pause)
        self._changed = threading.Condition()
        self._sleeping: list[float] = []
        self._known: dict[str, CheckSession] = {}
        self._runs: dict[str, tuple[float, Run]] = {}
        self._open: set[str] = set()
        self._closed = False
        self._number = 0

    def __enter__(self) -> World:
        return self

    def _time(self) -> float:
        """Tell a thread that has just been answered the time of that answer, although the others may be further by now."""
        return getattr(self._mine, "now", self.now)

    def __exit__(self, *_: object) -> None:
        with self._changed:  # let go of polls that nobody waits for any more
            self._closed = True
            self._changed.notify_all()

    def start(self, check_id: str) -> CheckSession:
        """Start a session of a check now."""
        self._number += 1
        session = CheckSession(
            f"s{self._number}", f"https://checkly.example/s{self._number}", check_id, "API", check_id.upper(), "STARTED"
        )
        self.resume(session)
        return session

    def resume(self, *sessions: CheckSession) -> None:
        """Let sessions start, or start anew, as the next run of their check goes."""
        for session in sessions:
            self._known[session.id] = session
            self._runs[session.id] = (self.now, self.plans[session.check_id].next())
            self._open.add(session.id)

    def trigger(self, body, *, deadline, before) -> list[CheckSession]:
        """Start a session for each check of the body, as the client would."""
        before()
        self.posts.append(body)
        if self.post_errors and (error := self.post_errors.pop(0)):
            raise error
        started = [self.start(check_id) for check_id in body["target"]["checkId"] if check_id not in self.deaf]
        if not started:
            raise NoMatchingChecks("404: no active check matches the target", status=404)
        return started

    def completion(self, session_id, *, max_wait, deadline) -> CheckSession | None:
        """Hold the request as the server would, and break off at the deadline as the client would."""
        self.polls.append(session_id)
        assert max_wait > 0
        assert len(self.polls) < 10_000, "a hot loop"
        vars(self._mine).clear()
        began, run = self._runs[session_id]
        self._open.add(session_id)
        held = min(max(1, min(LONGEST_POLL, int(max_wait))), self.hold)
        end, cut = began + run.seconds, self.now + deadline.remaining()
        self._sleep_until(min(end, self.now + held, cut))
        if self.now >= end:
            return self._end(session_id, run)
        if self.now >= cut:
            raise ReadTimeout("the answer did not arrive in time")
        return None

    def _end(self, session_id: str, run: Run) -> CheckSession:
        with self._changed:
            self._mine.now = self.now
            self._open.discard(session_id)
            self._go_on()
        if isinstance(run.ends, Exception):
            raise run.ends
        known = self._known[session_id]
        raw = {**known.to_api(), "status": run.ends, "stoppedAt": self.clock.now(), "name": None}
        return CheckSession.from_api(raw, finished=True)

    def _pause(self, event: threading.Event, seconds: float) -> None:
        assert not event.is_set(), "a pause that is over before it begins"
        self._sleep_until(self.now + seconds)

    def _sleep_until(self, when: float) -> None:
        with self._changed:
            self._sleeping.append(when)
            self._go_on()
            while self.now < when and not self._closed:
                self._changed.wait()
            self._sleeping.remove(when)

    def _go_on(self) -> None:
        """Jump to the next event when every session that should be polled is; to be called under the lock."""
        ahead = [when for when in self._sleeping if when > self.now]
        if ahead and len(ahead) >= min(len(self._open), self.connections):
            self.now = min(ahead)
            self._changed.notify_all()
