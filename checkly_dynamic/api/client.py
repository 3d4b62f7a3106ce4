"""
The verbs of Checkly's API that this library uses: trigger, get, completion, list checks, account.

Turns documented answers into sessions and everything else into errors that say what to do next. Knows no Pulumi, no gate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from checkly_dynamic.api.settings import Settings
from checkly_dynamic.api.transport import Answer, Transport
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import (
    ApiError,
    BadRequest,
    Forbidden,
    InvalidResponse,
    NoMatchingChecks,
    PaymentRequired,
    ServerError,
    SessionNotFound,
    TransportError,
    Unauthorized,
    UnexpectedStatus,
)

__all__ = ["LONGEST_POLL", "Client"]

LONGEST_POLL = 30
"""The longest time the server holds a completion request open, in seconds (API document, ``maxWaitSeconds``)."""

_NOT_AS_DOCUMENTED = "Checkly's answer to the trigger is not the documented one"
_MAY_HAVE_STARTED = (
    "Checks may have started, so the request was not sent again. Look at the latest results of these checks "
    "at https://app.checklyhq.com before you run pulumi up again."
)


class Client:
    """
    One account of Checkly, through version 1 or 2 of its API.

    Args:
        settings: Credentials, base URL and version.

        transport: How requests are exchanged; by default a transport of its own, closed with the client.
    """

    def __init__(self, settings: Settings, transport: Transport | None = None) -> None:
        self._settings = settings
        self._transport = transport or Transport(settings)
        self._sessions_path = f"/{settings.api_version}/check-sessions"

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._transport.close()

    def trigger(
        self, body: Mapping[str, Any], *, deadline: Deadline, before: Callable[[], None] = lambda: None
    ) -> list[CheckSession]:
        """
        Start a check session for each check that matches.

        Args:
            body: The request body of the API document: ``{"target": {…}, "refreshCache": false}``.

            deadline: Rules everything, also waiting for a rate limit to pass.

            before: Called right before each POST; raises when nothing may be started any more.

        Returns:
            The sessions, without duplicates, in the order of the answer; at least one.

        Raises:
            NoMatchingChecks: The documented 404, or an empty list.
            ApiError: 400, 401, 402, 403, 404 or 429: nothing started. Any other status: checks may have started.
            TransportError: No usable answer; the text says whether checks may have started. An :class:`InvalidResponse` holds the
                sessions that could be read, and names all.
        """
        try:
            answer = self._transport.send_once(f"{self._sessions_path}/trigger", body, deadline=deadline, before=before)
        except TransportError as error:
            if error.sent == "no":
                raise
            raise type(error)(f"{error}. {_MAY_HAVE_STARTED}") from None
        if answer.status in (200, 201):
            return self._started(answer)
        if answer.status == 404 and _says_no_match(answer.body):
            msg = "404: no active check matches the target; correct the target, or allow it with on_no_match"
            raise NoMatchingChecks(msg, status=404)
        refused = self._refused(answer, "trigger check sessions")
        if answer.status in _NOTHING_STARTED:
            raise refused
        raise type(refused)(f"{refused}. {_MAY_HAVE_STARTED}", status=answer.status)

    def get(self, session_id: str, *, deadline: Deadline) -> CheckSession:
        """
        Read a session as it is now.

        Raises:
            SessionNotFound: Checkly does not know the id, or no longer.
            ApiError: Another error status.
            TransportError: No usable answer came, after the retries.
        """
        answer = self._transport.read(f"{self._sessions_path}/{quote(session_id, safe='')}", deadline=deadline)
        if answer.status == 200:
            return self._session(answer, session_id, finished=False)
        raise self._refused(answer, "read check sessions")

    def completion(self, session_id: str, *, max_wait: float, deadline: Deadline) -> CheckSession | None:
        """
        Ask once whether a check session has finished.

        The server holds the request open for up to *max_wait* seconds. "Not yet" is an ordinary answer, not an error, so it is
        returned as ``None`` and the caller decides whether to ask again.

        Args:
            session_id: The id that :meth:`trigger` returned.

            max_wait: How long the server may hold the request, in seconds. The API takes whole seconds from 1 to 30; other
                values are clamped.

            deadline: When the answer must be here, whatever the server was asked to wait.

        Returns:
            The finished session, or ``None`` while it is still running.

        Raises:
            SessionNotFound: Checkly does not know the id, or no longer.
            ApiError: Another error status.
            TransportError: No usable answer came, after the retries.
        """
        seconds = max(1, min(LONGEST_POLL, int(max_wait)))
        answer = self._transport.read(
            f"{self._sessions_path}/{quote(session_id, safe='')}/completion",
            query={"maxWaitSeconds": seconds},
            deadline=deadline,
            seconds=seconds + 15,
        )
        if answer.status == 408:
            return None
        if answer.status == 200:
            session = self._session(answer, session_id, finished=True)
            return session if session.finished else None
        raise self._refused(answer, "read check sessions")

    def checks(self, *, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        """List all checks of the account (``GET /v1/checks``), page by page."""
        return self._pages("/v1/checks", deadline)

    def check_groups(self, *, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        """List all check groups of the account (``GET /v1/check-groups``), page by page."""
        return self._pages("/v1/check-groups", deadline)

    def account(self, *, deadline: Deadline) -> Mapping[str, Any]:
        """Read the account that the credentials belong to (``GET /v1/accounts/me``): harmless, so fit for a doctor."""
        answer = self._transport.read("/v1/accounts/me", deadline=deadline)
        if answer.status == 200 and isinstance(answer.body, Mapping):
            return answer.body
        raise self._refused(answer, "read the account")

    def _pages(self, path: str, deadline: Deadline) -> Iterator[Mapping[str, Any]]:
        page, size = 1, 100
        while True:
            answer = self._transport.read(path, query={"limit": size, "page": page}, deadline=deadline)
            if answer.status != 200:
                raise self._refused(answer, "list checks")
            if not isinstance(answer.body, list) or not all(isinstance(item, Mapping) for item in answer.body):
                msg = f"the answer of {path} is not a list of objects"
                raise InvalidResponse(msg)
            yield from answer.body
            if len(answer.body) < size:
                return
            page += 1

    def _started(self, answer: Answer) -> list[CheckSession]:
        listed = answer.body.get("sessions") if isinstance(answer.body, Mapping) else None
        if not isinstance(listed, list):
            msg = f"{_NOT_AS_DOCUMENTED} (no list of sessions). {_MAY_HAVE_STARTED}"
            raise InvalidResponse(msg)
        sessions: dict[str, CheckSession] = {}
        problem = ""
        for raw in listed:
            try:
                session: CheckSession | None = CheckSession.from_api(raw)
            except InvalidResponse as error:
                problem = problem or str(error)
                session = _named(raw)
            if session is not None and sessions.setdefault(session.id, session).check_id != session.check_id:
                problem = problem or "one check session stands for two checks"
        if problem:
            msg = f"{_NOT_AS_DOCUMENTED} ({problem}). {_MAY_HAVE_STARTED} Sessions in the answer: {_ids(listed)}"
            raise InvalidResponse(msg, started=tuple(sessions.values()))
        if not sessions:
            msg = "Checkly started no check session: no active check matches the target"
            raise NoMatchingChecks(msg, status=answer.status)
        return list(sessions.values())

    def _session(self, answer: Answer, session_id: str, *, finished: bool) -> CheckSession:
        session = CheckSession.from_api(answer.body, finished=finished)
        if session.id.lower() != session_id.lower():
            msg = "Checkly answered with another session than the one that was asked for"
            raise InvalidResponse(msg)
        return session

    def _refused(self, answer: Answer, doing: str) -> ApiError:
        """Turn an error status into an error that says what to do next."""
        status = answer.status
        said = f" (Checkly says: {answer.message})" if answer.message else ""
        if status == 404 and doing == "read check sessions" and _is_documented(answer.body, 404):
            return SessionNotFound(f"404: Checkly does not know this check session{said}", status=404)
        kind, text = _ANSWERS.get(status, (None, ""))
        if kind is not None:
            key = self._settings.sources.get("api_key", "the API key")
            return kind(f"{status}: {text.format(doing=doing, key=key)}{said}", status=status)
        if status >= 500:
            return ServerError(f"{status}: Checkly, or a proxy before it, failed{said}", status=status)
        hint = "; is checkly:apiUrl right, and does a proxy answer in its place?" if status == 404 else ""
        return UnexpectedStatus(f"{status}: unexpected answer when trying to {doing}{hint}{said}", status=status)


_NOTHING_STARTED = (400, 401, 402, 403, 404)
"""The documented refusals of a trigger. What a proxy in between makes up, such as 408, says nothing about what has started."""

_ANSWERS: dict[int, tuple[type[ApiError], str]] = {
    400: (BadRequest, "Checkly refused the request to {doing} as malformed"),
    401: (Unauthorized, "the API key was not accepted; check {key}, and that the account id belongs to it"),
    402: (PaymentRequired, "the account's plan does not allow to {doing}; see the plan and usage in Checkly"),
    403: (Forbidden, "the API key may not {doing}; it needs at least the role Read & Run in this account"),
}


def _named(raw: Any) -> CheckSession | None:
    """Read an entry without a usable status: it still names a session that runs."""
    try:
        return CheckSession.from_api({**raw, "status": "STARTED"}) if isinstance(raw, Mapping) else None
    except InvalidResponse:
        return None


def _ids(listed: list[Any]) -> str:
    """Name every session of an answer that is not usable as a whole, because nobody else will ever tell them."""
    ids = [raw.get("checkSessionId") for raw in listed if isinstance(raw, Mapping)]
    return ", ".join(printable(session_id, limit=80) for session_id in ids if isinstance(session_id, str)) or "none"


def _is_documented(body: Any, status: int) -> bool:
    """Whether an error body is Checkly's own (``{"statusCode": 404, …}``) and not that of a proxy."""
    return isinstance(body, Mapping) and body.get("statusCode") == status


_NO_MATCH = r"\bno\s+(matching\s+checks?\b|checks?\s+(were\s+)?(found|match))"


def _says_no_match(body: Any) -> bool:
    """
    Whether a 404 is the documented "No matching checks were found.".

    An unknown route answers 404 in the same shape, so the words decide.
    """
    message = body.get("message") if _is_documented(body, 404) else None
    return isinstance(message, str) and re.search(_NO_MATCH, message, re.IGNORECASE) is not None
