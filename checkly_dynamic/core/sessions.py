"""One run of one check, and its form in Pulumi's state."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Kind = Literal["check", "test"]

FINAL_STATUSES = frozenset({"PASSED", "DEGRADED", "FAILED", "TIMED_OUT", "CANCELLED"})
"""The final statuses of the API document."""

UNFINISHED_STATUSES = frozenset({"STARTED", "PROGRESS", "PROGRESS_FAILED", "PROGRESS_DEGRADED", "RUNNING"})
"""The statuses of a session that is still running, from the API document; test sessions use ``RUNNING``."""

NOT_FOUND = "NOT_FOUND"
"""This library's status for a session that Checkly has forgotten (404): finished, and never good."""

NO_SESSION = "NO_SESSION"
"""This library's status for a check that was asked for by id and has no session: never good."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """
    One run of one check: a check session, or one result of a test session.

    While a test session runs, its results are not known. Then one object without a ``check_id`` stands for the session; in a
    re-run, there is one for each check that runs again.

    A value that Checkly did not give is an empty string or None.

    Attributes:
        id: ``checkSessionId`` or ``testSessionId``.
        status: The last known status; an unknown one is kept and is never good.
        result_id: ``testSessionResultId``; empty for check sessions and while a test session is running.
        link: The page of this run in Checkly.
        time_elapsed: In milliseconds.
        attempt: 1 for the run that a trigger started, then one more for each re-run.
        rerun_of: For a re-run test session, the id of the test session that the trigger started.
        whole: Whether this stands for a whole test session and not for one of its checks.
        detail: What the status alone does not tell, as one sentence; usually empty.
        errors: Why the check failed, at most three short lines.
        finished: Whether this run has ended, even with an unknown status.
        non_blocking: Whether the gate ignores its result.
        failed_results: Ids of the results that tell why a check failed; not stored.
        unread: Whether it could not be read in this update; not stored.
    """

    id: str
    status: str
    kind: Kind = "check"
    result_id: str = ""
    link: str = ""
    check_id: str = ""
    check_type: str = ""
    name: str = ""
    started_at: str | None = None
    stopped_at: str | None = None
    time_elapsed: float | None = None
    run_locations: tuple[str, ...] = ()
    attempt: int = 1
    rerun_of: str = ""
    whole: bool = False
    detail: str = ""
    errors: tuple[str, ...] = ()
    finished: bool = False
    non_blocking: bool = False
    failed_results: tuple[str, ...] = field(default=(), compare=False)
    unread: bool = field(default=False, compare=False)

    @property
    def run_key(self) -> tuple[str, str]:
        """Identify this run among all runs of a gate."""
        return self.id, "" if self.kind == "check" or self.whole else self.result_id or self.check_id or self.name

    @property
    def source(self) -> str:
        """
        Return the key that matches this run with triggers' answers: the check id, or the id of a trigger's test session.

        Test sessions are kept apart, because two of them may run the same check against different URLs.
        """
        return self.check_id.lower() or self.id if self.kind == "check" else self.rerun_of or self.id

    @property
    def check_key(self) -> str:
        """Identify the check among all checks of a gate; of its runs only the latest attempt counts."""
        if self.kind == "check" or self.whole:
            return self.source
        return f"{self.source}/{self.check_id.lower() or self.name}"

    @property
    def label(self) -> str:
        """The check's name, or an id if there is no name."""
        return self.name or self.check_id or self.id

    @classmethod
    def from_state(cls, raw: Mapping[str, Any]) -> Run:
        """Read a run from Pulumi's state, where numbers are floats and None is absent."""
        session = described(raw, "test" if "testSessionId" in raw else "check")
        return replace(
            session,
            attempt=int(_number(raw.get("attempt")) or 1),
            rerun_of=string(raw.get("rerunOf")),
            whole=raw.get("wholeSession") is True,
            detail=string(raw.get("detail")),
            errors=_strings(raw.get("errors")),
            non_blocking=raw.get("nonBlocking") is True,
            # A trigger does not store `finished`; the status tells.
            finished=bool(raw.get("finished", session.status in FINAL_STATUSES)),
        )

    def to_api(self) -> dict[str, Any]:
        """Return the run with the API's own field names, as a trigger stores it."""
        common = {
            "checkId": self.check_id or None,
            "checkType": self.check_type,
            "status": self.status,
            "startedAt": self.started_at,
            "stoppedAt": self.stopped_at,
            "timeElapsed": self.time_elapsed,
            "runLocations": list(self.run_locations),
            "name": self.name,
        }
        if self.kind == "check":
            return {"checkSessionId": self.id, "checkSessionLink": self.link, **common}
        if not self.result_id:
            return {"testSessionId": self.id, "testSessionLink": self.link, **common}
        result = {"testSessionResultId": self.result_id, "testSessionResultLink": self.link}
        return {"testSessionId": self.id, **result, **common}

    def to_state(self) -> dict[str, Any]:
        """Return the run as a verdict stores it: the API's fields, and the gate's own fields that are not empty."""
        more = {
            "detail": self.detail,
            "errors": list(self.errors),
            "nonBlocking": self.non_blocking,
            "rerunOf": self.rerun_of,
            "wholeSession": self.whole,
        }
        return {
            **self.to_api(),
            "attempt": self.attempt,
            "finished": self.finished,
            **{key: value for key, value in more.items() if value},
        }

    def is_about(self, answer: Run) -> bool:
        """Whether a later answer is about the check of this run; a run without a check id matches any."""
        return self.check_id.lower() in ("", answer.check_id.lower())

    def updated(self, answer: Run) -> Run:
        """Return what a later answer says about this run, and keep what only the first answer contained."""
        return replace(
            answer,
            id=self.id,
            check_id=self.check_id or answer.check_id,
            attempt=self.attempt,
            rerun_of=self.rerun_of,
            name=answer.name or self.name,
            link=answer.link or self.link,
            check_type=answer.check_type or self.check_type,
            run_locations=answer.run_locations or self.run_locations,
            started_at=answer.started_at or self.started_at,
        )


def string(value: Any) -> str:
    """Return a string, and an empty one for anything else."""
    return value if isinstance(value, str) else ""


def described(raw: Mapping[str, Any], kind: Kind) -> Run:
    """Read the fields that an answer of the API and the state have in common; what is missing or malformed becomes empty."""
    link = raw.get("checkSessionLink") or raw.get("testSessionResultLink") or raw.get("testSessionLink")
    return Run(
        kind=kind,
        id=string(raw.get("checkSessionId" if kind == "check" else "testSessionId")),
        result_id=string(raw.get("testSessionResultId")),
        link=string(link),
        check_id=string(raw.get("checkId")),
        check_type=string(raw.get("checkType")),
        name=string(raw.get("name")),
        status=string(raw.get("status")),
        started_at=string(raw.get("startedAt")) or None,
        stopped_at=string(raw.get("stoppedAt")) or None,
        time_elapsed=_number(raw.get("timeElapsed")),
        run_locations=_strings(raw.get("runLocations")),
    )


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
