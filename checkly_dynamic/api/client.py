"""The endpoints of Checkly's API that this library uses: documented answers become sessions, everything else an error."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import quote

from checkly_dynamic.api.failure_details import failure_lines
from checkly_dynamic.api.http import Http
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sending import Sending, may_have_started
from checkly_dynamic.core.session_results import ended_test_session, read_check_session, read_test_session
from checkly_dynamic.core.sessions import Kind, Run
from checkly_dynamic.core.text import printable, scrub
from checkly_dynamic.errors import ApiError, InvalidResponse, NoMatchingChecks, TransportError

_LONGEST_POLL = 30
"""The API allows whole seconds from 1 to 30 (``maxWaitSeconds``)."""

_LATE_SECONDS = 15.0
"""How many seconds longer than requested the server may hold a completion request open."""

_RETRY_SECONDS = 60.0
"""How much longer than its caller waits a completion request is retried: the caller's deadline ends it, not this one."""

_DETAILS_SECONDS = 5.0
_NOTHING_STARTED = (400, 401, 402, 403, 404, 429)
"""The documented refusals of a trigger request. A proxy's own status, such as 408, does not tell whether checks have started."""


class Client:
    """One Checkly account. *secrets* are masked in all answers, like the API key."""

    def __init__(self, settings: Settings, http: Http | None = None, *, secrets: Sequence[str] = ()) -> None:
        self._settings = settings
        self._secrets = (settings.api_key.reveal(), *secrets)
        self._http = http or Http(settings, secrets=secrets)
        self.local_url = settings.origin if settings.is_local else ""
        # Test sessions exist in version 1 only.
        self._paths = {"check": f"/{settings.api_version}/check-sessions", "test": "/v1/test-sessions"}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._http.close()

    def start(self, kind: Kind, body: Mapping[str, Any], *, deadline: Deadline, sending: Sending) -> list[Run]:
        """Send one trigger request. Return the check sessions; or the test session, followed by its results so far."""
        try:
            path = f"{self._paths[kind]}/trigger"
            answer = self._http.post_once(path, body, action="start checks", deadline=deadline, sending=sending)
            return _started(kind, answer)
        except NoMatchingChecks:
            raise
        except (ApiError, TransportError) as error:
            if error.sent != "no" and getattr(error, "status", None) not in _NOTHING_STARTED:
                may_have_started(error)
            raise

    def get(self, kind: Kind, session_id: str, *, deadline: Deadline) -> list[Run]:
        """Read a session as it is now: the check session; or the test session, followed by its results."""
        path = self._path(kind, session_id)
        body = self._http.get(path, action="read sessions", about_session=True, deadline=deadline)
        return _same(session_id, [read_check_session(body)] if kind == "check" else read_test_session(body))

    def completion(self, kind: Kind, session_id: str, *, max_wait: float) -> list[Run] | None:
        """Ask once, for at most *max_wait* seconds, and return the check session or the test results; None while it runs."""
        seconds = max(1, min(_LONGEST_POLL, int(max_wait)))
        try:
            body = self._http.get(
                f"{self._path(kind, session_id)}/completion",
                action="read sessions",
                about_session=True,
                query={"maxWaitSeconds": seconds},
                deadline=Deadline(max(seconds, max_wait) + _RETRY_SECONDS),
                seconds=seconds + _LATE_SECONDS,
            )
        except ApiError as error:
            if error.status == 408:
                return None
            raise
        if kind == "test":
            rows = ended_test_session(body)
            return None if rows is None else _same(session_id, rows)
        [session] = _same(session_id, [read_check_session(body, finished=True)])
        return [session] if session.finished else None

    def failure_details(self, run: Run) -> tuple[str, ...]:
        """Read why a run failed; empty if Checkly's API gives no details for this type of check."""
        result = quote(run.failed_results[0], safe="")
        path = f"/v1/check-results/{quote(run.check_id, safe='')}/{result}"
        if run.kind == "test":
            path = f"{self._path('test', run.id)}/results/{result}"
        deadline = Deadline(_DETAILS_SECONDS)
        body = self._http.get(path, action="read check results", deadline=deadline, seconds=_DETAILS_SECONDS)
        return tuple(scrub(line, self._secrets) for line in failure_lines(_object(body)))

    def list_all(self, what: Literal["checks", "check-groups"], *, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        """List all checks or check groups of the account, page by page."""
        size = 100
        for page in itertools.count(1):
            query = {"limit": size, "page": page}
            body = self._http.get(f"/v1/{what}", action="list checks", query=query, deadline=deadline)
            if not isinstance(body, list):
                raise InvalidResponse(f"the answer from /v1/{what} is not a list")
            yield from map(_object, body)
            if len(body) < size:
                return

    def account(self, *, deadline: Deadline) -> Mapping[str, Any]:
        """Read the account that the credentials belong to, which changes nothing."""
        return _object(self._http.get("/v1/accounts/me", action="read the account", deadline=deadline))

    def _path(self, kind: Kind, session_id: str) -> str:
        return f"{self._paths[kind]}/{quote(session_id, safe='')}"


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidResponse("Checkly's answer does not match the API document (no object)")
    return value


def _started(kind: Kind, body: Any) -> list[Run]:
    listed = _object(body).get("sessions")
    try:
        return read_test_session(body) if kind == "test" else _sessions(listed)
    except InvalidResponse as error:
        # These ids are nowhere else.
        raws = [raw for raw in (body, *(listed if isinstance(listed, list) else [])) if isinstance(raw, Mapping)]
        ids = [raw[key] for raw in raws for key in ("checkSessionId", "testSessionId") if isinstance(raw.get(key), str)]
        named = ", ".join(printable(id_, limit=80) for id_ in ids) or "none"
        msg = f"Checkly's answer to the trigger does not match the API document ({error}). Sessions in it: {named}"
        raise InvalidResponse(msg) from None


def _sessions(listed: Any) -> list[Run]:
    if not isinstance(listed, list):
        raise InvalidResponse("no list of sessions")
    if not listed:
        raise NoMatchingChecks("Checkly started no check session: no active check matches the target", status=201)
    found: dict[str, Run] = {}
    for session in map(read_check_session, listed):
        if found.setdefault(session.id, session).check_id != session.check_id:
            raise InvalidResponse("Checkly returned the same session id for two checks")
    return list(found.values())


def _same(session_id: str, read: list[Run]) -> list[Run]:
    if any(run.id.lower() != session_id.lower() for run in read):
        raise InvalidResponse("Checkly returned a different session from the one requested")
    return [replace(run, id=session_id) for run in read]
