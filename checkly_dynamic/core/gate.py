"""One update of a gate: wait, judge, and run bad checks again while attempts are left. No exception loses a run."""

import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.operation import Client, Operation
from checkly_dynamic.core.polling import Ended, poll_all
from checkly_dynamic.core.progress import Progress, names
from checkly_dynamic.core.reruns import plan_reruns, started_runs
from checkly_dynamic.core.runs import NOT_STARTED, Runs
from checkly_dynamic.core.sending import SHORTEST_SEND
from checkly_dynamic.core.sessions import NOT_FOUND, Run
from checkly_dynamic.core.text import number_of, printable
from checkly_dynamic.core.timestamps import instant, utc
from checkly_dynamic.core.verdict import Policy, current, is_bad
from checkly_dynamic.errors import (
    InvalidResponse,
    NoMatchingChecks,
    OperationCancelled,
    SessionNotFound,
    describe,
)

_APPEARS_WITHIN = 30.0
"""A session that was started fewer seconds ago than this may not be visible everywhere yet: after a 404 it is read again."""

_DETAILS_SECONDS = 5.0
_MAX_DETAILS = 10

_LONGEST_REASON = 2_000
"""In characters; the reason may have to name check sessions that are named nowhere else."""


class GateUpdate:
    """
    One update of a gate.

    *runs* are what the triggers started, and the runs of the last update that still count. They are kept up to date; bad ones
    run again. *rerun_requests* maps the id of each trigger's test session to the request that started it.
    """

    def __init__(
        self,
        policy: Policy,
        runs: Runs,
        client: Client,
        operation: Operation,
        *,
        rerun_requests: Mapping[str, Mapping[str, Any]],
    ) -> None:
        self._policy = policy
        self._runs = runs
        self._client = client
        self._operation = operation
        self._rerun_requests = rerun_requests
        self._deadline = Deadline(policy.timeout_seconds, operation.clock)
        self._progress = Progress(operation.log, self._deadline, policy.fail_on)
        self._logged: set[str] = set()

    def run(self) -> tuple[str, str]:
        """Wait, judge and run again, whatever errors there are; return when this look at the checks began and ended."""
        began = self._operation.clock.now()
        if not self._runs.judge().passed or self._runs.unfinished():
            self._until_settled()
        if self._policy.failure_details:
            self._read_details()
        ended = _last_end(current(self._runs.all()), self._operation.clock.now())
        return min(began, ended), ended

    def _until_settled(self) -> None:
        while not (self._deadline.passed or self._operation.stop.is_set() or self._runs.fail_fast_applies()):
            self._run_again(self._runs.may_run_again())
            if not self._wait():
                break
        if self._deadline.passed:
            self._runs.note(self._runs.may_run_again(), "the deadline passed before the other checks ended")

    def _wait(self) -> bool:
        """Wait until all unfinished runs have ended, or the deadline; return whether any ended."""
        waiting: dict[str, list[Run]] = {}
        for run in self._runs.unfinished():
            waiting.setdefault(run.id, []).append(run)
        ended_any = False
        with closing(poll_all(waiting, lambda id_: self._poll(waiting[id_][0]), deadline=self._deadline)) as polls:
            for ended in polls:
                if ended is not None:
                    ended_any = True
                    self._record_end(waiting[ended.id], ended)
                    if self._runs.fail_fast_applies():
                        break
                if self._operation.stop.is_set():
                    break
                self._progress.update(self._runs.all())
        return ended_any

    def _poll(self, run: Run) -> list[Run] | None:
        try:
            # Rounded up, so that the last poll reaches the deadline and no further one is needed for the rest.
            answer = self._client.completion(run.kind, run.id, max_wait=math.ceil(self._deadline.remaining()))
        except SessionNotFound:
            if self._is_young(run):
                return None
            raise
        if answer and run.kind == "check" and not run.is_about(answer[0]):
            msg = "Checkly returned the session of a different check"
            raise InvalidResponse(msg)
        return answer

    def _is_young(self, run: Run) -> bool:
        started, now = instant(run.started_at), instant(self._operation.clock.now())
        return started is not None and now is not None and abs((now - started).total_seconds()) < _APPEARS_WITHIN

    def _record_end(self, waiting: Sequence[Run], ended: Ended[list[Run]]) -> None:
        """Record the result of waiting for one session."""
        if ended.result is not None:
            self._runs.end(waiting, ended.result)
        elif isinstance(ended.error, SessionNotFound):
            forgotten = "Checkly does not know this session (any more)"
            self._runs.add(replace(run, status=NOT_FOUND, finished=True, detail=forgotten) for run in waiting)
        elif ended.error is not None:
            why = printable(describe(ended.error))
            self._runs.add(replace(run, unread=True, detail=why) for run in waiting)
            self._log_once(f"{printable(waiting[0].label)}: ", why)

    def _run_again(self, checks: Sequence[Run]) -> None:
        """Start these checks again; a check that cannot be started stays bad, with the reason."""
        if self._deadline.remaining() < SHORTEST_SEND:
            self._runs.note(checks, "no time was left")
            return
        for together, body in plan_reruns(checks, self._rerun_requests):
            if body is None:
                why = "the request that started its test session is not known; run the trigger again"
                self._runs.note(together, why)
            else:
                self._start(together, body)

    def _start(self, checks: Sequence[Run], body: Mapping[str, Any]) -> None:
        started: list[Run] = []
        why = NOT_STARTED
        try:
            started = self._operation.start(self._client, checks[0].kind, body, self._deadline)
        except NoMatchingChecks:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, the runs so far must not be lost
            why = printable(describe(error), limit=_LONGEST_REASON)
            if not isinstance(error, OperationCancelled):
                self._log_once(f"could not run {number_of(len(checks), 'check')} again: ", why)
        # The answer may contain a check's old session: a restarted local Checkly gives the same ids again.
        added = self._runs.add(started_runs(checks, started, self._operation.clock.now()))
        if added:
            self._operation.log.progress(f"running {number_of(len(added), 'check')} again: {names(added)}")
        running = {run.check_key for run in added}
        self._runs.note([check for check in checks if check.check_key not in running], why)

    def _read_details(self) -> None:
        """Read why runs of this update failed. Errors are ignored, because they do not change the verdict."""
        bad = [
            run
            for run in self._runs.all()
            if is_bad(run, self._policy.fail_on) and run.failed_results and not run.errors
        ]
        counting = {run.run_key for run in self._runs.counting()}
        # The failed attempts of checks that have run again come last.
        bad.sort(key=lambda run: (run.run_key not in counting, run.non_blocking))
        runs = {"/".join(run.run_key): run for run in bad[:_MAX_DETAILS]}
        limit = Deadline(_DETAILS_SECONDS, self._operation.clock)
        with closing(poll_all(runs, lambda key: self._client.failure_details(runs[key]), deadline=limit)) as polls:
            for ended in polls:
                if self._operation.stop.is_set():
                    break
                if ended is not None and ended.result:
                    self._runs.add([replace(runs[ended.id], errors=ended.result)])

    def _log_once(self, about: str, text: str) -> None:
        """Show an error the first time only: with a revoked key it is the same for every session."""
        if text not in self._logged:
            self._logged.add(text)
            self._operation.log.progress(about + text)


def _last_end(runs: Sequence[Run], now: str) -> str:
    """
    Return when the last run ended, or *now* while that is not known.

    A gate that is new, renamed or late may read runs that ended long ago, and must not make their results look new.
    """
    ends = [end for end in (instant(run.stopped_at) for run in runs) if end is not None]
    return min(now, utc(max(ends))) if ends and len(ends) == len(runs) else now
