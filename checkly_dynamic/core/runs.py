"""All runs that a gate knows during one update, and the questions that it asks about them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from checkly_dynamic.core.reruns import resolve_results
from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.verdict import Policy, Verdict, current, is_bad, judge
from checkly_dynamic.core.wait_for import Carried, Started, missing_checks

NOT_STARTED = "Checkly started no session for it (deleted or deactivated?)"

_NOT_RUN = "not run again: "


class Runs:
    """
    All attempts of a gate's checks: the runs that the triggers started, and those of the last update that still count.

    *started_earlier* means that all triggers ran in an earlier update, so their runs do not count as attempts of this one.
    """

    def __init__(
        self, policy: Policy, started: Sequence[Started], carried: Carried, *, started_earlier: bool = False
    ) -> None:
        self._policy = policy
        self._started = started
        self._runs: dict[tuple[str, str], Run] = {}
        self._not_rerun: dict[str, str] = {}
        """Why checks cannot run again in this update."""
        self.add(carried.runs)
        known = {run.id for run in carried.runs}
        self.add(session for trigger in started for session in trigger.sessions if session.id not in known)
        self._attempts_before = {run.check_key: run.attempt - 1 for run in current(carried.runs)}
        """Attempts that do not count in this update: all of a check that had ended bad, all but the last of any other."""
        bad = [check for check in self._to_run_again() if check.source in carried.sources]
        whole = {check.source for check in bad if check.whole}
        bad += [run for run in current(carried.runs) if run.source in whole]
        self._attempts_before |= {check.check_key: check.attempt for check in bad}
        self._default_before = 1 if started_earlier else 0

    def all(self) -> tuple[Run, ...]:
        """Return all runs, in the order in which they became known."""
        return tuple(self._runs.values())

    def counting(self) -> list[Run]:
        """Return the runs that count, the latest attempt of each check, and a stand-in for each check without a run."""
        return [*current(self._runs.values()), *self._missing()]

    def unfinished(self) -> list[Run]:
        """Return the runs that count, have not ended, and can be read."""
        return [run for run in self.counting() if not run.finished and not run.unread]

    def judge(self, *, flaky_before: int = 0) -> Verdict:
        """Judge all runs; the last update found *flaky_before* checks flaky, if nothing was read since."""
        return judge(
            self.counting(),
            fail_on=self._policy.fail_on,
            unanswered=sum(not trigger.sessions and not trigger.no_match_allowed for trigger in self._started),
            flaky=flaky_before + self._flaky(),
        )

    def _missing(self) -> list[Run]:
        missing = []
        for check in missing_checks(self._started, self.all()):
            why = self._not_rerun.get(check.check_key)
            error = f"asked for by id, but {'it has no session' if why else NOT_STARTED}"
            if check.kind == "test":
                error = "the test session has no result for it"
            error += f"; {_NOT_RUN}{why}" if why else ""
            missing.append(replace(check, errors=(error,), non_blocking=self._policy.is_non_blocking(check)))
        return missing

    def _flaky(self) -> int:
        """Count the checks that ended bad in this update and passed in a re-run."""
        new = [run for run in self._runs.values() if self._attempts_used(run) > 0]
        bad = {run.check_key for run in new if is_bad(run, self._policy.fail_on)}
        good = [run for run in self.counting() if run.finished and not is_bad(run, self._policy.fail_on)]
        return len({run.check_key for run in good} & bad)

    def may_run_again(self) -> list[Run]:
        """Return the bad checks that have an attempt left in this update, and no run that has not ended."""
        # The key of a whole test session is the source of its checks: it does not start while one of them runs.
        running = {key for run in self.unfinished() for key in (run.check_key, run.source)}
        bad = [check for check in self._to_run_again() if check.check_key not in running]
        return [check for check in bad if self._attempts_left(check)]

    def fail_fast_applies(self) -> bool:
        """Whether fail-fast applies: a blocking check ended bad and has no attempt left."""
        if not self._policy.fail_fast:
            return False
        return any(not check.non_blocking and not self._attempts_left(check) for check in self._bad())

    def _to_run_again(self) -> list[Run]:
        """
        Return what is to run again for the bad checks.

        A test session with a status of its own, even one that ``fail_on`` allows, stands for its bad checks: it runs again as
        a whole, because one check alone would prove nothing about the others.
        """
        whole = {run.source: run for run in self.counting() if run.whole and run.finished}
        return list(dict.fromkeys(whole.get(check.source, check) for check in self._bad()))

    def _bad(self) -> list[Run]:
        """Return one run for each bad check, unless a test session that runs again as a whole will replace it."""
        counting = self.counting()
        running = {run.source for run in counting if run.whole and not run.finished}
        bad = {run.check_key: run for run in counting if is_bad(run, self._policy.fail_on)}
        return [check for check in bad.values() if check.source not in running]

    def _attempts_left(self, check: Run) -> bool:
        return check.check_key not in self._not_rerun and self._attempts_used(check) < self._policy.attempts

    def _attempts_used(self, run: Run) -> int:
        """Return how many attempts a check had used in this update, up to this run."""
        return run.attempt - self._attempts_before.get(run.check_key, self._default_before)

    def add(self, runs: Iterable[Run]) -> list[Run]:
        """Add or replace runs, and return them; a run that is known for another check stays as it is."""
        added = []
        for run in runs:
            known = self._runs.get(run.run_key)
            if known is None or known.check_key == run.check_key:
                self._put(run)
                added.append(run)
        return added

    def _put(self, run: Run) -> None:
        self._runs[run.run_key] = replace(run, non_blocking=self._policy.is_non_blocking(run))

    def end(self, waiting: Sequence[Run], answer: Sequence[Run]) -> None:
        """Replace the runs of a session that has ended with Checkly's answer."""
        if waiting[0].kind == "check":
            self._put(waiting[0].updated(answer[0]))
            return
        source = waiting[0].source
        latest = max(run.attempt for run in self._runs.values() if run.source == source)
        triggers = [trigger for trigger in self._started if source in trigger.sources]
        asked = [check_id for trigger in triggers for check_id in trigger.asked]
        results = resolve_results(waiting, answer, latest, asked)
        replaced = [run.run_key for run in waiting]
        runs, self._runs = self._runs, {}
        for key, run in runs.items():
            if key == replaced[0]:  # not at the end, so that the order does not depend on which session ends first
                for result in results:
                    self._put(result)
            elif key not in replaced:
                self._runs[key] = run

    def note(self, checks: Iterable[Run], why: str) -> None:
        """Do not run these checks again in this update, and store the reason with their runs."""
        keys = {check.check_key for check in checks}
        self._not_rerun |= dict.fromkeys(keys, why)
        for run in current(self._runs.values()):
            if run.check_key in keys:
                before = run.detail.partition(_NOT_RUN)[0].removesuffix("; ")
                self._put(replace(run, detail="; ".join(filter(None, [before, _NOT_RUN + why]))))
