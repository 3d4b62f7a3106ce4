"""
What a trigger does: one request when it runs, and a look at the statuses when it is refreshed.

From validated inputs to outputs, on plain wire data; the provider above it knows Pulumi, the client below it knows HTTP.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from checkly_dynamic.api.client import Client
from checkly_dynamic.core import target, validation as schema
from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.errors import ChecklyError, NoMatchingChecks, PayloadError, SessionNotFound

__all__ = ["READERS", "body", "refreshed", "running", "start"]

READERS = 10
"""How many sessions are read at once in a refresh."""

_START_SECONDS = 180.0
_REFRESH_SECONDS = 30.0


def body(inputs: Mapping[str, Any], *, api_version: str) -> dict[str, Any]:
    """
    Build the request body and validate it against the API document's schema for that version.

    Raises:
        PayloadError: With one line for each problem.
    """
    request = target.request_body(inputs.get("target"), refresh_cache=bool(inputs.get("refreshCache")))
    if problems := schema.problems(f"trigger-request-{api_version}", request):
        raise PayloadError(problems)
    return request


def start(
    inputs: Mapping[str, Any], request: Mapping[str, Any], client: Client, *, before: Callable[[], None]
) -> dict[str, Any]:
    """
    Post the request once and return the outputs.

    Args:
        inputs: The trigger's validated inputs.

        request: What :func:`body` returned.

        client: How to reach Checkly.

        before: Called right before each POST; raises when nothing may be started any more.

    Raises:
        NoMatchingChecks: No active check matches and ``onNoMatch`` is not ``"pass"``.
        ChecklyError: Everything else that :meth:`Client.trigger` raises.
    """
    try:
        started = client.trigger(request, deadline=Deadline(_START_SECONDS), before=before)
    except NoMatchingChecks:
        if inputs.get("onNoMatch") != "pass":
            raise
        started = []
    return {
        **_outputs(started),
        # Stored also when there is none: what the engine's answer lacks, Pulumi fills in from the program, and then old sessions
        # of an update that passed this trigger by would stand for the program's new version.
        "deployVersion": inputs.get("deployVersion") or "",
        "missingCheckIds": target.missing_check_ids(inputs.get("target"), {session.check_id for session in started}),
        "triggeredAt": Clock().now(),
    }


def running(stored: Mapping[str, Any]) -> list[CheckSession]:
    """Return the stored sessions that had not ended when they were last looked at."""
    return [session for session in _sessions(stored) if not session.finished]


def refreshed(stored: Mapping[str, Any], client: Client, say: Callable[[str], None]) -> dict[str, Any]:
    """
    Read the sessions that had not ended.

    Args:
        stored: The trigger's outputs.

        client: How to reach Checkly.

        say: Told in one line what could not be read.

    Returns:
        The outputs that follow. What cannot be read keeps what is stored. A session that Checkly has forgotten is one of many;
        any other failure would meet them all, so the rest is not asked for.
    """
    deadline = Deadline(_REFRESH_SECONDS)
    failures: list[ChecklyError] = []

    def ask(session: CheckSession) -> CheckSession | None:
        if any(not isinstance(failure, SessionNotFound) for failure in failures):
            return None
        try:
            return session.refreshed(client.get(session.id, deadline=deadline))
        except ChecklyError as error:
            failures.append(error)
            return None

    asked = running(stored)
    with ThreadPoolExecutor(READERS) as pool:
        found = {answer.id: answer for answer in pool.map(ask, asked) if answer}
    if failures:
        say(f"{len(asked) - len(found)} of {len(asked)} statuses were not refreshed: {failures[0]}")
    return _outputs(found.get(session.id, session) for session in _sessions(stored))


def _sessions(stored: Mapping[str, Any]) -> list[CheckSession]:
    return [CheckSession.from_state(raw) for raw in stored.get("sessions") or []]


def _outputs(sessions: Iterable[CheckSession]) -> dict[str, Any]:
    sessions = list(sessions)
    return {
        "sessions": [session.to_api() for session in sessions],
        "sessionIds": [session.id for session in sessions],
        "statuses": [session.status for session in sessions],
        "links": [session.link for session in sessions],
    }
