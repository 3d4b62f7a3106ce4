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
from checkly_dynamic.errors import InvalidResponse, TransportError

__all__ = ["Answer", "read_answer"]

_CHUNK = 65_536


@dataclass(frozen=True, kw_only=True)
class Answer:
    """
    What the server answered.

    Attributes:
        status: The HTTP status code.
        body: The JSON value, or None when the body is not JSON.
        retry_after: Seconds from the ``Retry-After`` header, or None when it is absent or malformed.
        message: What an error body says, in one line without any part of the credentials; empty when it says nothing.
    """

    status: int
    body: Any
    retry_after: float | None
    message: str


def read_answer(response: requests.Response, *, secrets: Sequence[str], max_bytes: int) -> Answer:
    """
    Read a streamed response completely: at most so many bytes after decompression, with every echoed secret masked.

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
    body, headers = _json(bytes(content), secrets), response.headers
    return Answer(
        status=response.status_code,
        body=body,
        retry_after=_retry_after(headers.get("Retry-After"), headers.get("Date")),
        message=scrub(printable(_message(body), limit=200), secrets),
    )


def _json(content: bytes, secrets: Sequence[str]) -> Any:
    try:
        return clean_json(json.loads(content, parse_constant=_finite, parse_float=_finite, parse_int=_whole), secrets)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float:
    """Refuse NaN, Infinity and what is as large, such as 1e999, which no JSON can hold again."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    _finite(text)
    return int(text)


def _message(body: Any) -> str:
    fields = body if isinstance(body, Mapping) else {}
    return next((fields[key] for key in ("message", "error") if isinstance(fields.get(key), str)), "")


def _retry_after(value: str | None, date: str | None) -> float | None:
    """Read seconds or an HTTP date, which is compared with the answer's own, because the clock here may be wrong."""
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
