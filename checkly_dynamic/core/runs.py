"""All runs that a gate knows during one update, and the questions that it asks about them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from checkly_dynamic.core.policy import Policy
from checkly_dynamic.core.reruns import BadCheck, resolve_results
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.verdict import Verdict, current, is_bad, judge
from checkly_dynamic.core.wait_for import Answer, Carried, missing_checks

__all__ = ["NOT_STARTED", "Runs"]

NOT_STARTED = "Checkly started no session for it (deleted or deactivated?)"

_NOT_RUN = "not run again: "


class Runs:
    """
    All runs of a gate's checks, with their attempts.

    Args:
        policy: How to judge.
        answers: What the triggers started.
        carried: What still counts of the last update.
        started_earlier: Whether all triggers ran in an earlier update, so that no check has run in this one yet.

    Attributes:
        not_rerun: For checks without any run: why they were not run again, by :attr:`CheckSession.check`.
    """

    def __init__(
        self, policy: Policy, answers: Sequence[Answer], carried: Carried, *, started_earlier: bool = False
    ) -> None:
        self._policy = policy
        self._answers = answers
        self._runs: dict[tuple[str, str], CheckSession] = {}
        self._unread: set[tuple[str, str]] = set()
        self.not_rerun: dict[str, str] = {}
        self.add(carried.runs)
        known = {run.id for run in carried.runs}
        self.add(session for answer in answers for session in answer.sessions if session.id not in known)
        self._earlier = {run.key for run in carried.runs if run.finished}
        """What ended before this update: a check that passes now is not flaky because of it."""
        # How often each check has run in this update. What was bad before has all its attempts.
        again = [check for check in self.bad() if carried.same or (check.source or check.check) in carried.sources]
        self._tries = {check.check: 0 for check in again}
        self._first_try = 0 if started_earlier else 1

    def all(self) -> tuple[CheckSession, ...]:
        """Return all runs, in the order in which they became known."""
        return tuple(self._runs.values())

    def current(self) -> list[CheckSession]:
        """Return the runs that count: for each check those of its latest attempt."""
        return current(self._runs.values())

    def unfinished(self) -> list[CheckSession]:
        """Return the runs that count, have not ended, and can be read."""
        return [run for run in self.current() if not run.finished and run.key not in self._unread]

    def bad(self) -> list[BadCheck]:
        """
        Return the checks whose latest attempt ended bad or was forgotten, and those without a run.

        Of a test session that is bad as a whole only that: it runs again with all its checks.
        """
        bad = {
            run.check: BadCheck(
                check=run.check,
                check_id=run.check_id,
                name=run.name,
                source=run.source if run.kind == "test" else "",
                attempt=run.attempt,
                whole=run.whole,
            )
            for run in self.current()
            if is_bad(run, self._policy.fail_on)
        }
        for check in missing_checks(self._answers, self.all()):
            no_run = BadCheck(check=check.check, check_id=check.check_id, name="", source=check.source, attempt=0)
            bad.setdefault(check.check, no_run)
        whole = {check.source for check in bad.values() if check.whole}
        return [check for check in bad.values() if check.whole or check.source not in whole]

    def judge(self) -> Verdict:
        """Judge all runs."""
        return judge(
            self.all(),
            fail_on=self._policy.fail_on,
            missing=missing_checks(self._answers, self.all()),
            unanswered=sum(not answer.sessions and not answer.no_match_allowed for answer in self._answers),
            unread=self._unread,
            flaky=self._flaky(),
            non_blocking={word.lower() for word in self._policy.non_blocking},
        )

    def _flaky(self) -> int:
        """Count the checks that ended bad in this update and passed in a re-run."""
        first = 2 - self._first_try
        new = [run for run in self._runs.values() if run.key not in self._earlier and run.attempt >= first]
        bad_now = {run.check for run in new if is_bad(run, self._policy.fail_on)}
        good = [run for run in self.current() if run.finished and not is_bad(run, self._policy.fail_on)]
        return len({run.check for run in good} & bad_now)

    def attempts_left(self, check: str) -> bool:
        """Whether a check may run once more in this update."""
        return self._tries.get(check, self._first_try) < self._policy.attempts

    def hopeless(self) -> bool:
        """Whether fail-fast applies: a blocking check ended bad and has no attempt left."""
        return self._policy.fail_fast and any(
            not self.attempts_left(check.check) and not self._policy.is_non_blocking(check.check_id, check.name)
            for check in self.bad()
        )

    def count_tries(self, checks: Iterable[str], *, last: bool = False) -> None:
        """Count one more run of checks in this update, or with *last* allow no other one."""
        for check in checks:
            self._tries[check] = self._policy.attempts if last else self._tries.get(check, self._first_try) + 1

    def add(self, runs: Iterable[CheckSession]) -> None:
        """Add runs, or replace them. A run that is known for another check stays as it is."""
        for run in runs:
            known = self._runs.get(run.key)
            if known is None or known.check == run.check:
                self._put(run)

    def _put(self, run: CheckSession) -> None:
        self._runs[run.key] = replace(run, non_blocking=self._policy.is_non_blocking(run.check_id, run.name))

    def add_rerun(self, run: CheckSession) -> bool:
        """
        Add the run of a check that was started again.

        Returns False when its session is known for another check: then nothing was started.

        The check's own old session may come back: a local Checkly that is started anew gives the same ids again.
        """
        known = self._runs.get(run.key)
        if known is not None and known.check != run.check:
            return False
        self._put(run)
        self._tries.setdefault(run.check, self._policy.attempts)
        return True

    def end(self, waiting: Sequence[CheckSession], answer: Sequence[CheckSession]) -> list[CheckSession]:
        """Put what Checkly says about a session that has ended in the place of its runs, and return the new ones."""
        if waiting[0].kind == "check":
            ended = [waiting[0].updated(answer[0])]
            self._put(ended[0])
            return ended
        ended = resolve_results(waiting, answer)
        asked = {run.check for run in waiting}
        replaced = {run.key for run in waiting}
        runs, self._runs = self._runs, {}
        for key, run in runs.items():
            if key == waiting[0].key:
                for result in ended:
                    self._put(result)
            elif key not in replaced:
                self._runs[key] = run
        # What ran again beside the checks that were asked for has used an attempt too.
        self.count_tries({run.check for run in ended if run.rerun_of} - asked)
        return ended

    def unread(self, waiting: Sequence[CheckSession], why: str) -> None:
        """Keep runs that could not be read, with the reason."""
        self._unread |= {run.key for run in waiting}
        self.add(replace(run, detail=why) for run in waiting)

    def note(self, checks: Collection[str], why: str) -> None:
        """Store with the runs that stay bad, and for checks without one, why they were not run again."""
        if why != NOT_STARTED:
            self.not_rerun |= dict.fromkeys(checks, f"it has no session; {_NOT_RUN}{why}")
        for run in self.current():
            if run.check in checks:
                before = run.detail.partition(_NOT_RUN)[0].removesuffix("; ")
                self.add([replace(run, detail="; ".join(filter(None, [before, _NOT_RUN + why])))])
