"""Read an answer of the server within a size limit, parse it strictly, make it safe to show, and explain error statuses."""

import email.utils
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timezone
from typing import Any

import requests

from checkly_dynamic.core.text import clean_json, printable, scrub
from checkly_dynamic.errors import ApiError, InvalidResponse, NoMatchingChecks, SessionNotFound, TransportError

_CHUNK = 65_536

_MEANINGS = {
    400: "Checkly refused the request to {action} as malformed",
    401: "the API key was not accepted; check {key}, and that the account id belongs to it",
    402: "the account's plan does not let you {action}; see the plan and usage in Checkly",
    403: "the API key may not {action}; it needs at least the role Read & Run in this account",
    404: (
        "unexpected answer when trying to {action}; "
        "check checkly:apiUrl, and whether a proxy answered instead of Checkly"
    ),
    429: "too many requests",
    500: "Checkly, or a proxy in front of it, failed",
}
_NO_MATCH = r"\bno\s+(matching\s+checks?\b|checks?\s+(were\s+)?(found|match))"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server answered: *body* is None if it is not JSON; *message* is what an error body says, safe to show."""

    status: int
    body: Any
    retry_after: float | None
    message: str


def read_answer(response: requests.Response, *, secrets: Sequence[str], max_bytes: int) -> Answer:
    """Read a whole streamed response, at most *max_bytes* after decompression, and mask every echoed secret."""
    # Following a redirect can drop credentials or turn a POST into a GET.
    if 300 <= response.status_code < 400:
        msg = "the server sent a redirect, and redirects are not followed; set the final address as checkly:apiUrl"
        raise TransportError(f"{response.status_code}: {msg}", retry=False)
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > max_bytes:
            raise InvalidResponse(f"the answer is larger than {max_bytes // 1024 // 1024} MiB")
    body = _json(bytes(content), secrets)
    fields = body if isinstance(body, Mapping) else {}
    message = next((fields[key] for key in ("message", "error") if isinstance(fields.get(key), str)), "")
    return Answer(
        status=response.status_code,
        body=body,
        retry_after=_retry_after(response.headers.get("Retry-After"), response.headers.get("Date")),
        message=scrub(printable(message, limit=200), secrets),
    )


def _json(content: bytes, secrets: Sequence[str]) -> Any:
    try:
        return clean_json(json.loads(content, parse_constant=_finite, parse_float=_finite, parse_int=_whole), secrets)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float:
    """Refuse NaN, Infinity and too large numbers such as 1e999, which JSON cannot hold."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    _finite(text)
    return int(text)


def _retry_after(value: str | None, date: str | None) -> float | None:
    """Read seconds or an HTTP date. A date is compared with the answer's own, because the local clock may be wrong."""
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", value or "", re.ASCII):
        return float(value or "")
    until, now = _timestamp(value), _timestamp(date)
    return None if until is None else max(0.0, until - (time.time() if now is None else now))


def _timestamp(value: str | None) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(value or "")
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def refusal(answer: Answer, *, action: str, key_source: str, about_session: bool) -> ApiError:
    """Return the error for an error status; *key_source* is where the API key comes from."""
    said = f" (Checkly says: {answer.message})" if answer.message else ""
    # A proxy's 404 has another shape. Checkly answers for unknown routes in this one, too.
    if answer.status == 404 and isinstance(answer.body, Mapping) and answer.body.get("statusCode") == 404:
        if about_session:
            return SessionNotFound(f"404: Checkly does not know this session{said}", status=404)
        if re.search(_NO_MATCH, str(answer.body.get("message")), re.IGNORECASE):
            return NoMatchingChecks("404: no active check matches the target", status=404)
    meaning = _MEANINGS.get(min(answer.status, 500), "unexpected answer when trying to {action}")
    asked = "" if answer.retry_after is None else f", asked to wait {answer.retry_after:.0f} s"
    message = f"{answer.status}: {meaning.format(action=action, key=key_source)}{asked}{said}"
    return ApiError(message, status=answer.status, retry_after=answer.retry_after)
