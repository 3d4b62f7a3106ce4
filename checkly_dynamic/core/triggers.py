"""The triggers. A trigger sends one request when it runs, and reads the statuses when it is refreshed."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.changes import canonical, stripped, trigger_changes
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.operation import Operation, Resource
from checkly_dynamic.core.payload import check_body, secret_values, test_body
from checkly_dynamic.core.polling import poll_all
from checkly_dynamic.core.session_results import same_check
from checkly_dynamic.core.sessions import UNFINISHED_STATUSES, Kind, Run, described, string
from checkly_dynamic.core.target import guard, missing_check_ids
from checkly_dynamic.core.validation import problems, refuse
from checkly_dynamic.errors import ChecklyError, NoMatchingChecks, SessionNotFound, describe

_SECONDS = 180.0
"""How long a trigger takes at most, retries included."""

_WHAT_TO_DO = (
    'correct the target, or set on_no_match="pass" if that is fine; '
    "`checkly-dynamic checks --tag TAG --all` shows why each check is left out, and similar tags"
)

_REFRESH_SECONDS = 30.0
_READERS = 10


class _Trigger(Resource):
    """Base class of both kinds of trigger."""

    kind: Kind
    body: Callable[[Mapping[str, Any]], dict[str, Any]]

    def normalise(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Drop whitespace at both ends of the deploy version."""
        version = inputs.get("deployVersion")
        return {**inputs, "deployVersion": version.strip()} if isinstance(version, str) else dict(inputs)

    def check(self, inputs: Mapping[str, Any]) -> list[str]:
        """List everything that is wrong with the inputs."""
        given = {key: value for key, value in inputs.items() if value is not None}
        return problems(self.id, given) or guard(given.get("target"), given.get("runAllChecks"))

    def diff(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Compare only the inputs that run the checks again. With an alias, the old state can be of the other kind of trigger."""
        other = "sessions" if self.kind == "test" else "sessionId"
        return [other] if other in olds and other not in news else trigger_changes(olds, news)

    def run(self, _olds: Mapping[str, Any], inputs: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
        """Send one trigger request. An error says whether checks may have started."""
        refuse(self.check(inputs), inputs)
        body = self.body(inputs)
        refuse(problems(f"{self.kind}-session-request", body), body)
        started = self._send(inputs, body, operation)
        return {
            **inputs,
            **self._outputs(inputs, started),
            # Stored even if empty: Pulumi fills in outputs that are missing from the program's inputs. After an update that
            # left this trigger out, its old sessions would then have the program's new version.
            "deployVersion": stripped(inputs.get("deployVersion")) or "",
            "triggeredAt": operation.clock.now(),
        }

    def _send(self, inputs: Mapping[str, Any], body: Mapping[str, Any], operation: Operation) -> list[Run]:
        request = (f"{self.id} {inputs.get('resourceName')}", canonical(body))
        if message := operation.process.unknown_outcomes.get(request):
            raise ChecklyError(message)
        try:
            with operation.connect(secret_values(inputs)) as client:
                return operation.start(client, self.kind, body, Deadline(_SECONDS, operation.clock))
        except NoMatchingChecks as error:
            if inputs.get("onNoMatch") == "pass":
                return []
            raise NoMatchingChecks(f"{error}; {_WHAT_TO_DO}", status=error.status) from None
        except ChecklyError as error:
            if error.may_have_started:
                operation.process.unknown_outcomes[request] = str(error)
            raise

    def read(self, stored: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
        """Refresh the sessions that had not ended. One that cannot be read keeps its stored values."""
        try:
            return self._refreshed(stored, operation)
        except Exception as error:  # noqa: BLE001 - a refresh never fails
            operation.log.info(f"statuses were not refreshed: {describe(error)}")
            return dict(stored)

    def _refreshed(self, stored: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
        """If Checkly has forgotten a session, the others are still read. After any other failure the rest would fail too."""
        runs = self.stored_runs(stored)
        asked = list(dict.fromkeys(run.id for run in runs if not run.finished))
        if not asked:
            return dict(stored)
        found: dict[str, list[Run]] = {}
        failure: Exception | None = None
        deadline = Deadline(_REFRESH_SECONDS, operation.clock)
        with operation.connect(secret_values(stored)) as client:

            def get(session_id: str) -> list[Run]:
                return client.get(self.kind, session_id, deadline=deadline)

            with closing(poll_all(asked, get, deadline=deadline, connections=_READERS)) as polls:
                for ended in polls:
                    if ended and ended.result is not None:
                        found[ended.id] = ended.result
                    elif ended:
                        failure = ended.error
                    if operation.stop.is_set() or (failure and not isinstance(failure, SessionNotFound)):
                        break
        if len(found) < len(asked):
            why = describe(failure) if failure else "no time left"
            operation.log.info(f"{len(asked) - len(found)} of {len(asked)} statuses were not refreshed: {why}")
        if not found:
            return dict(stored)
        latest = [now for run in runs for now in _latest(run, found.get(run.id))]
        return {**stored, **self._outputs(stored, latest)}

    def _outputs(self, inputs: Mapping[str, Any], runs: list[Run]) -> dict[str, Any]:
        return {**self.outputs(runs), "missingCheckIds": missing_check_ids(inputs.get("target"), runs)}

    @abstractmethod
    def outputs(self, runs: Sequence[Run]) -> dict[str, Any]:
        """Return the outputs for these runs."""

    @abstractmethod
    def stored_runs(self, stored: Mapping[str, Any]) -> list[Run]:
        """Read the runs from stored outputs."""


def _latest(run: Run, answer: list[Run] | None) -> list[Run]:
    """Return a stored run as a refresh leaves it. A check that a test session once named stays: it must have a result."""
    if not answer:
        return [run]
    if run.kind == "test":
        known = any(same_check(run, row) for row in answer[1:])
        return answer if run.whole else [] if known else [run]
    return [run.updated(answer[0])] if run.is_about(answer[0]) else [run]


class CheckSessionTriggerResource(_Trigger):
    """Starts check sessions; see ``CheckSessionTrigger``."""

    id = "check-session-trigger"
    kind: Kind = "check"
    body = staticmethod(check_body)

    def outputs(self, runs: Sequence[Run]) -> dict[str, Any]:
        """Return the sessions, and their ids, statuses and links in the same order."""
        return {
            "sessions": [run.to_api() for run in runs],
            "sessionIds": [run.id for run in runs],
            "statuses": [run.status for run in runs],
            "links": [run.link for run in runs],
        }

    def stored_runs(self, stored: Mapping[str, Any]) -> list[Run]:
        """Read the sessions."""
        return [Run.from_state(raw) for raw in stored.get("sessions") or []]


class TestSessionTriggerResource(_Trigger):
    """Starts a test session; see ``TestSessionTrigger``."""

    __test__ = False  # pytest would take the name for a test

    id = "test-session-trigger"
    kind: Kind = "test"
    body = staticmethod(test_body)

    def outputs(self, runs: Sequence[Run]) -> dict[str, Any]:
        """Return the test session's id, link, status and results; empty ones when nothing matched."""
        session, *results = [*runs] or [Run(kind="test", id="", status="")]
        return {
            "sessionId": session.id,
            "link": session.link,
            "status": session.status,
            "results": [
                {
                    "checkId": run.check_id or None,
                    "name": run.name,
                    "checkType": run.check_type,
                    "runLocation": next(iter(run.run_locations), None),
                    "status": run.status,
                    "link": run.link,
                }
                for run in results
            ],
        }

    def stored_runs(self, stored: Mapping[str, Any]) -> list[Run]:
        """Return the session, then its results."""
        session_id, status = stored.get("sessionId"), string(stored.get("status"))
        if not session_id:
            return []
        finished = status not in ("", *UNFINISHED_STATUSES)
        session = Run(kind="test", id=session_id, whole=True, status=status, finished=finished)
        rows = [
            {
                **row,
                "testSessionId": session_id,
                "testSessionResultLink": row.get("link"),
                "runLocations": [row.get("runLocation")],
            }
            for row in stored.get("results") or []
        ]
        return [session, *(replace(described(row, "test"), finished=True) for row in rows)]
