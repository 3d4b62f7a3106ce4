"""
One update of a gate: carry over what still counts, wait, judge, run bad checks again, until good or out of attempts.

Knows the client and the clock, not Pulumi. Whatever goes wrong becomes part of the record: no exception loses a result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from typing import Any, NamedTuple, Protocol

from checkly_dynamic.core.awaited import Awaited
from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.core.polling import wait_for
from checkly_dynamic.core.progress import Progress
from checkly_dynamic.core.record import Record
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.timestamps import instant, utc
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, Verdict, current, explain, is_bad, judge
from checkly_dynamic.errors import ChecklyError, EngineGone, InvalidResponse, NoMatchingChecks, SessionNotFound

__all__ = ["Checks", "Gate", "Policy"]

_SHORTEST_RERUN = 2.0
"""With less time than this left, in seconds, nothing is started any more: its session could not be read."""

_NOT_RUN = "not run again: "
_NOT_STARTED = "Checkly started no session for it (deleted or deactivated?)"

_LONGEST_REASON = 2_000
"""In characters; the reason may have to name check sessions that nothing else will ever name."""


class Checks(Protocol):
    """What a gate needs of :class:`~checkly_dynamic.api.client.Client`."""

    def trigger(self, body: Mapping[str, Any], *, deadline: Deadline, before: Callable[[], None]) -> list[CheckSession]:
        """Start one session for each check of the body's target."""
        ...

    def completion(self, session_id: str, *, max_wait: float, deadline: Deadline) -> CheckSession | None:
        """Ask once whether a session has ended; None means not yet."""
        ...


class Policy(NamedTuple):
    """What a gate's inputs say about judging; see ``CheckSessionGate`` for the meaning of each."""

    timeout_seconds: float = 900.0
    fail_on: tuple[str, ...] = DEFAULT_FAIL_ON
    attempts: int = 1
    fail_fast: bool = False

    @classmethod
    def from_state(cls, inputs: Mapping[str, Any]) -> Policy:
        """Read the policy from validated inputs, where numbers are floats and defaults are absent."""
        usual = cls()
        return cls(
            timeout_seconds=float(inputs.get("timeoutSeconds", usual.timeout_seconds)),
            fail_on=tuple(inputs.get("failOn", usual.fail_on)),
            attempts=int(inputs.get("attempts", usual.attempts)),
            fail_fast=bool(inputs.get("failFast", usual.fail_fast)),
        )


class Gate:
    """
    One update of a gate.

    Args:
        policy: How to judge.
        awaited: What to wait for.
        checks: How to reach Checkly.
        say: Prints one line for people.
        before_trigger: Called right before each re-run; raises when nothing may be started any more.
        clock: Where time comes from.
    """

    def __init__(
        self,
        policy: Policy,
        awaited: Awaited,
        checks: Checks,
        *,
        say: Callable[[str], None] = lambda _: None,
        before_trigger: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
    ) -> None:
        self.policy = policy
        self.awaited = awaited
        self.checks = checks
        self.say = say
        self.before_trigger = before_trigger
        self.clock = clock or Clock()

    def run(
        self, stored: Sequence[CheckSession] = (), unchanged: Collection[str] = (), *, judge_only: bool = False
    ) -> Record:
        """
        Wait, judge and run again.

        Args:
            stored: The sessions of the last verdict. Those of unchanged checks still count: finished ones are not asked for
                again and unfinished ones are resumed.

            unchanged: The ids of the checks whose stored results still count (see
                :func:`~checkly_dynamic.core.awaited.unchanged_checks`). Those that are bad are run again at once, with all attempts.

            judge_only: Judge what is stored and make no request: nothing but the policy has changed.

        Returns:
            The record. Never raises for anything that Checkly or the network does.
        """
        started_at = self.clock.now()
        self._deadline = Deadline(self.policy.timeout_seconds, self.clock)
        self._progress = Progress(self.say, self._deadline, self.policy.fail_on)
        self._sessions = {session.id: session for session in stored if session.check_id in unchanged}
        for session in self.awaited.sessions:
            self._sessions.setdefault(session.id, session)
        self._unread: set[str] = set()
        self._why: dict[str, str] = {}
        self._said: set[str] = set()
        verdict = self._judge()
        if not verdict.passed and not judge_only:
            known = {session.check_id for session in self._sessions.values()} | set(self.awaited.missing_check_ids)
            self._runs = dict.fromkeys(known, 1) | dict.fromkeys(set(self._bad_checks()) & set(unchanged), 0)
            self._until_settled()
            verdict = self._judge()
        ended_at = _last_end(current(self._sessions.values()), self.clock.now())
        return Record(verdict, tuple(self._sessions.values()), min(started_at, ended_at), ended_at, self._why)

    def _until_settled(self) -> None:
        while not self._deadline.passed and not self._hopeless():
            running = {session.check_id for session in self._unfinished()}
            again = [check for check in self._bad_checks() if self._attempts_left(check) and check not in running]
            if again:
                self._run_again(again)
            if not self._wait():
                break
        if self._deadline.passed:
            late = [check_id for check_id in self._bad_checks() if self._attempts_left(check_id)]
            self._note(late, "the deadline came before the other checks had ended")

    def _judge(self) -> Verdict:
        return judge(
            tuple(self._sessions.values()),
            fail_on=self.policy.fail_on,
            missing_check_ids=self._missing(),
            unanswered=self.awaited.unanswered,
            unread=self._unread,
        )

    def _missing(self) -> list[str]:
        """Return the checks without a session; one of a trigger for another version is none, one of a re-run is."""
        known = {session.check_id.lower() for session in self._sessions.values() if session.attempt > 1}
        return [check_id for check_id in self.awaited.missing_check_ids if check_id not in known]

    def _bad_checks(self) -> list[str]:
        """Return the checks whose latest attempt ended bad or was forgotten, and those without a session."""
        bad = [session.check_id for session in current(self._sessions.values()) if is_bad(session, self.policy.fail_on)]
        return list(dict.fromkeys([*bad, *self._missing()]))

    def _hopeless(self) -> bool:
        """Whether fail-fast applies: a check ended bad and has no attempt left."""
        return self.policy.fail_fast and not all(map(self._attempts_left, self._bad_checks()))

    def _attempts_left(self, check_id: str) -> bool:
        return self._runs.get(check_id, 1) < self.policy.attempts

    def _unfinished(self) -> list[CheckSession]:
        return [s for s in current(self._sessions.values()) if not s.finished and s.id not in self._unread]

    def _wait(self) -> bool:
        """Wait for what is unfinished; tell whether anything ended."""
        ids = [session.id for session in self._unfinished()]
        progressed = False
        with closing(wait_for(ids, self._poll, deadline=self._deadline)) as polls:
            for ended in polls:
                if ended is not None:
                    progressed = True
                    self._take(ended.id, ended.result, ended.error)
                    if self._hopeless():
                        break
                self._progress.counts(self._sessions.values())
        return progressed

    def _poll(self, session_id: str, deadline: Deadline) -> CheckSession | None:
        # Rounded up, so that the last poll reaches the deadline, which ends it, and no further one is needed for the rest.
        return self.checks.completion(session_id, max_wait=math.ceil(deadline.remaining()), deadline=deadline)

    def _take(self, session_id: str, answer: CheckSession | None, error: Exception | None) -> None:
        session = self._sessions[session_id]
        if answer is not None:
            session = session.refreshed(answer)
        elif isinstance(error, SessionNotFound):
            session = session.forgotten()
        else:
            self._unread.add(session_id)
            session = session._replace(detail=_text(error))
            self._say_once(f"{printable(session.name) or session.check_id}: ", session.detail)
        self._sessions[session_id] = session
        self._progress.ended(session)

    def _run_again(self, check_ids: list[str]) -> None:
        """Start one session for each of these checks; what cannot be started stays bad, with the reason."""
        self._runs |= {check_id: self._runs.get(check_id, 1) + 1 for check_id in check_ids}
        if self._deadline.remaining() < _SHORTEST_RERUN:
            self._note(check_ids, "no time was left")
            return
        body = {"target": {"checkId": sorted(check_ids)}, "refreshCache": False}
        started: Sequence[CheckSession] = ()
        why = _NOT_STARTED
        try:
            started = self.checks.trigger(body, deadline=self._deadline, before=self.before_trigger)
        except NoMatchingChecks:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the results so far must not be lost
            if isinstance(error, InvalidResponse):
                started = error.started  # they run, so they count, whatever else was wrong with the answer
            why = _text(error, limit=_LONGEST_REASON)
            self._runs |= dict.fromkeys(check_ids, self.policy.attempts)
            if not isinstance(error, EngineGone):
                self._say_once(f"could not run {len(check_ids)} checks again: ", why)
        attempts = dict.fromkeys(check_ids, 1)
        for session in self._sessions.values():
            attempts[session.check_id] = max(attempts.get(session.check_id, 0), session.attempt)
        asked = {check_id.lower(): check_id for check_id in check_ids}
        unanswered = set(check_ids)
        for session in started:
            check_id = asked.get(session.check_id.lower(), session.check_id)
            if session.id in self._sessions and self._sessions[session.id].check_id != check_id:
                continue  # an answer that names another check's session has started none
            again = session._replace(check_id=check_id, attempt=attempts.get(check_id, 0) + 1, finished=False)
            self._sessions[session.id] = again
            self._runs.setdefault(check_id, self.policy.attempts)
            unanswered.discard(check_id)
            self.say(f"runs again: {explain(again)}")
        self._note(unanswered, why)

    def _note(self, check_ids: Collection[str], why: str) -> None:
        """Write down at the sessions that stay bad, and for checks without one, why they were not run again."""
        if why != _NOT_STARTED:
            self._why |= dict.fromkeys(check_ids, f"it has no session; {_NOT_RUN}{why}")
        for session in current(self._sessions.values()):
            if session.check_id in check_ids:
                before = session.detail.partition(_NOT_RUN)[0].removesuffix("; ")
                detail = "; ".join(filter(None, [before, _NOT_RUN + why]))
                self._sessions[session.id] = session._replace(detail=detail)

    def _say_once(self, about: str, text: str) -> None:
        """Print an error the first time only: with a revoked key every session has the same."""
        if text not in self._said:
            self._said.add(text)
            self.say(about + text)


def _last_end(sessions: Sequence[CheckSession], now: str) -> str:
    """
    Return when the last of the sessions ended, or *now* while that is not known.

    A gate that is new, renamed or late looks at sessions that ended long ago, and must not make their results look fresh.
    """
    ends = [end for end in (instant(session.stopped_at) for session in sessions) if end is not None]
    return min(now, utc(max(ends))) if ends and len(ends) == len(sessions) else now


def _text(error: Exception | None, *, limit: int = 300) -> str:
    """Return what an error says; of an unexpected one only its kind, because its text may hold anything."""
    return (
        printable(str(error), limit=limit) if isinstance(error, ChecklyError) else f"unexpected {type(error).__name__}"
    )
