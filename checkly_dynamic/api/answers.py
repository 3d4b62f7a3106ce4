"""An answer of the server: read within a size limit, parsed strictly, safe to show."""

from __future__ import annotations

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
from checkly_dynamic.errors import ApiError, InvalidResponse, TransportError

__all__ = ["Answer", "asked", "failed", "read_answer", "said"]

_CHUNK = 65_536
_MAX_DIGITS = 300


@dataclass(frozen=True, kw_only=True)
class Answer:
    """
    What the server answered.

    Attributes:
        status: The HTTP status code.
        body: The JSON value, or None when the body is not JSON.
        is_json: Whether the body was JSON.
        retry_after: Seconds from the ``Retry-After`` header, or None when it is absent or malformed.
        message: What an error body says, in one line without any part of the credentials; empty when it says nothing.
    """

    status: int
    body: Any
    is_json: bool
    retry_after: float | None
    message: str


def read_answer(response: requests.Response, *, secrets: Sequence[str], max_bytes: int) -> Answer:
    """
    Read an answer completely.

    Args:
        response: A streamed response.
        secrets: What must not get any further, should the server, or a proxy in front of it, echo it.
        max_bytes: The largest body, in bytes after decompression.

    Raises:
        TransportError: The server redirects. That is never followed, because it can drop credentials or turn a POST into a GET.
        InvalidResponse: The body is too large.
        requests.RequestException: The connection broke, or the read timed out.
    """
    if 300 <= response.status_code < 400:
        msg = (
            f"{response.status_code}: the server sent a redirect, and redirects are not followed; "
            "set the final address as checkly:apiUrl"
        )
        raise TransportError(msg, retry=False)
    content = bytearray()
    for chunk in response.iter_content(_CHUNK):
        content += chunk
        if len(content) > max_bytes:
            msg = f"the answer is larger than {max_bytes // 1024 // 1024} MiB"
            raise InvalidResponse(msg)
    body, is_json = _json(bytes(content), secrets)
    return Answer(
        status=response.status_code,
        body=body,
        is_json=is_json,
        retry_after=_retry_after(response.headers.get("Retry-After"), response.headers.get("Date")),
        message=scrub(printable(_message(body), limit=200), secrets),
    )


def _json(content: bytes, secrets: Sequence[str]) -> tuple[Any, bool]:
    try:
        value = json.loads(content, parse_constant=_finite, parse_float=_finite, parse_int=_whole)
        return clean_json(value, secrets), True
    except (ValueError, RecursionError):
        return None, False


def _finite(text: str) -> float:
    """Refuse NaN, Infinity and what is as large, such as 1e999, which no JSON can hold again."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    """Refuse a number that no float, and so no engine, can hold."""
    if len(text) > _MAX_DIGITS:
        raise ValueError
    return int(text)


def _message(body: Any) -> str:
    if isinstance(body, Mapping):
        for key in ("message", "error"):
            if isinstance(body.get(key), str):
                return str(body[key])
    return ""


def _retry_after(value: str | None, date: str | None) -> float | None:
    """
    Read ``Retry-After``: seconds or an HTTP date (RFC 9110, 10.2.3).

    A date is compared with the answer's own ``Date``, so that a wrong clock on this machine does no harm.
    """
    if value is None:
        return None
    if re.fullmatch(r"\s*\d{1,9}(\.\d{1,9})?\s*", value, re.ASCII):
        return float(value)
    until = _timestamp(value)
    if until is None:
        return None
    now = _timestamp(date or "")
    return max(0.0, until - (time.time() if now is None else now))


def _timestamp(value: str) -> float | None:
    try:
        moment = email.utils.parsedate_to_datetime(value)
        return moment.replace(tzinfo=moment.tzinfo or timezone.utc).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def failed(answer: Answer) -> ApiError:
    """Return the error for a status of 500 or more."""
    return ApiError(
        f"{answer.status}: Checkly, or a proxy in front of it, failed{asked(answer)}{said(answer)}",
        status=answer.status,
        retry_after=answer.retry_after,
    )


def said(answer: Answer) -> str:
    """Quote what an error answer says."""
    return f" (Checkly says: {answer.message})" if answer.message else ""


def asked(answer: Answer) -> str:
    """Say how long an error answer asks to wait."""
    return "" if answer.retry_after is None else f", asked to wait {answer.retry_after:.0f} s"
