"""
The plain data of the domain: a check session, as it comes from the API and as it stands in Pulumi's state.

The one place where camelCase becomes snake_case and back. Version 1 and 2 of the API come out alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from checkly_dynamic.errors import InvalidResponse

__all__ = ["FINAL_STATUSES", "NOT_FOUND", "UNFINISHED_STATUSES", "CheckSession"]

FINAL_STATUSES = frozenset({"PASSED", "DEGRADED", "FAILED", "TIMED_OUT", "CANCELLED"})
"""The final statuses of the API document."""

UNFINISHED_STATUSES = frozenset({"STARTED", "PROGRESS", "PROGRESS_FAILED", "PROGRESS_DEGRADED"})
"""The statuses of a session that still runs, from the API document."""

NOT_FOUND = "NOT_FOUND"
"""Our own word for a session that Checkly has forgotten (404): finished, and never good."""


class CheckSession(NamedTuple):
    """
    One run of one check.

    Attributes:
        id: ``checkSessionId``.
        link: ``checkSessionLink``, a page for people; empty when Checkly gave none.
        check_id: The check that runs.
        check_type: Such as ``API`` or ``BROWSER``; a word not known here is kept.
        name: The check's name; empty when Checkly gave none.
        status: The last known status; a word not known here is kept and never counts as good.
        started_at: ISO 8601, or None.
        stopped_at: ISO 8601, or None while it runs.
        time_elapsed: Milliseconds, or None.
        run_locations: Where it runs.
        attempt: 1 for the run that a trigger started, then one more for each re-run.
        detail: Why the status is not simply what Checkly said, as one sentence; usually empty.
        finished: Whether Checkly said that this run has ended, also with a status word that is not known here.
    """

    id: str
    link: str
    check_id: str
    check_type: str
    name: str
    status: str
    started_at: str | None = None
    stopped_at: str | None = None
    time_elapsed: float | None = None
    run_locations: tuple[str, ...] = ()
    attempt: int = 1
    detail: str = ""
    finished: bool = False

    @classmethod
    def from_api(cls, raw: Any, *, finished: bool = False) -> CheckSession:
        """
        Read a session from an answer of the API.

        Args:
            raw: The JSON object. ``checkSessionId``, ``checkId`` and ``status`` are needed; the rest may be missing or
                malformed; unknown fields are ignored.

            finished: Whether the answer itself says that the session has ended (completion answered 200).

        Returns:
            The session. When its results contradict its status, the status is the worse of the two and ``detail`` says so;
            a session that version 1 shows as ``TIMED_OUT`` because it was cancelled is ``CANCELLED``.

        Raises:
            InvalidResponse: The object lacks what identifies a session.
        """
        if not isinstance(raw, Mapping):
            msg = "a check session in the answer is not an object"
            raise InvalidResponse(msg)
        for key in ("checkSessionId", "checkId", "status"):
            if not _text(raw.get(key)):
                msg = f"a check session in the answer has no {key}"
                raise InvalidResponse(msg)
        status, detail = _status(str(raw["status"]), raw.get("results"))
        return cls(
            **_described(raw),
            status=status,
            detail=detail,
            finished=status in FINAL_STATUSES or (finished and status not in UNFINISHED_STATUSES),
        )

    @classmethod
    def from_state(cls, raw: Mapping[str, Any]) -> CheckSession:
        """Read a session from Pulumi's state, where numbers are floats and None is absent."""
        status = _text(raw.get("status"))
        return cls(
            **_described(raw),
            status=status,
            attempt=int(_number(raw.get("attempt")) or 1),
            detail=_text(raw.get("detail")),
            # A trigger stores no `finished`: there the status decides.
            finished=bool(raw.get("finished", status in FINAL_STATUSES)),
        )

    def to_api(self) -> dict[str, Any]:
        """Return the session with the API's own field names, as the trigger stores it."""
        return {
            "checkSessionId": self.id,
            "checkSessionLink": self.link,
            "checkId": self.check_id,
            "checkType": self.check_type,
            "status": self.status,
            "startedAt": self.started_at,
            "stoppedAt": self.stopped_at,
            "timeElapsed": self.time_elapsed,
            "runLocations": list(self.run_locations),
            "name": self.name,
        }

    def to_state(self) -> dict[str, Any]:
        """Return the session as a verdict stores it: the API's fields, ``attempt``, ``finished`` and ``detail``."""
        detail = {"detail": self.detail} if self.detail else {}
        return {**self.to_api(), "attempt": self.attempt, "finished": self.finished, **detail}

    def refreshed(self, answer: CheckSession) -> CheckSession:
        """Return what a later answer says of this session, keeping who it is and what only the first answer told."""
        return answer._replace(
            id=self.id,
            # One that stands for itself learns its check now; otherwise another check in the answer changes nothing.
            check_id=answer.check_id if self.check_id == self.id else self.check_id,
            attempt=self.attempt,
            name=answer.name or self.name,
            link=answer.link or self.link,
            check_type=answer.check_type or self.check_type,
            run_locations=answer.run_locations or self.run_locations,
            started_at=answer.started_at or self.started_at,
        )

    def forgotten(self) -> CheckSession:
        """Return this session as one that Checkly no longer knows."""
        return self._replace(status=NOT_FOUND, finished=True, detail="Checkly does not know this session (any more)")


def _described(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Read what an answer of the API and the state say in the same words; what is missing or malformed becomes empty."""
    return {
        "id": _text(raw.get("checkSessionId")),
        "link": _text(raw.get("checkSessionLink")),
        "check_id": _text(raw.get("checkId")),
        "check_type": _text(raw.get("checkType")),
        "name": _text(raw.get("name")),
        "started_at": _text(raw.get("startedAt")) or None,
        "stopped_at": _text(raw.get("stoppedAt")) or None,
        "time_elapsed": _number(raw.get("timeElapsed")),
        "run_locations": _texts(raw.get("runLocations")),
    }


def _status(status: str, results: Any) -> tuple[str, str]:
    """
    Weigh a status against the results that came with it.

    Only final results count: a failed attempt before a good one is how a check's own retries look (API document, v2
    ``GET /check-sessions/{id}``).
    """
    listed = results if isinstance(results, list) else []
    finals = [r for r in listed if isinstance(r, Mapping) and r.get("resultType") != "ATTEMPT"]
    cancelled = any(_is(r, "isCancelled") for r in finals)
    failed = any(
        _is(r, "hasFailures") or (_is(r, "hasErrors", "aborted") and not _is(r, "isCancelled")) for r in finals
    )
    if status in ("TIMED_OUT", "CANCELLED") and any(_is(r, "hasFailures") for r in finals):
        return "FAILED", f"Checkly says {status}, but a result has failures"
    if status == "TIMED_OUT" and cancelled and not failed:
        return "CANCELLED", ""
    if status in ("PASSED", "DEGRADED"):
        if failed:
            return "FAILED", f"Checkly says {status}, but a result has failures"
        if cancelled:
            return "CANCELLED", f"Checkly says {status}, but a result was cancelled"
    if status == "PASSED" and any(_is(r, "isDegraded") for r in finals):
        return "DEGRADED", "Checkly says PASSED, but a result is degraded"
    return status, ""


def _is(result: Mapping[str, Any], *flags: str) -> bool:
    return any(result.get(flag) is True for flag in flags)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
