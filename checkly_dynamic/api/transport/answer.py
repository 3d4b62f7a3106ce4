"""An answer of the server: read within its limits, parsed strictly, safe to show."""

from __future__ import annotations

import email.utils
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from datetime import timezone
from typing import TYPE_CHECKING, Any, NamedTuple

from checkly_dynamic.core.text import printable, scrub
from checkly_dynamic.errors import InvalidResponse, UnexpectedRedirect

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["MAX_BODY", "Answer", "read_answer"]

MAX_BODY = 4 * 1024 * 1024
"""The largest answer that is read, in bytes after decompression."""

_CHUNK = 65_536

_LONG_ENOUGH = 8
"""A shorter secret, in characters, such as a proxy's password, is hidden in messages only: in an id it may stand by chance."""


class Answer(NamedTuple):
    """
    What the server said.

    Attributes:
        status: The HTTP status code.
        body: The JSON value, or None when the body is not JSON.
        is_json: Whether the body was JSON.
        retry_after: Seconds from the ``Retry-After`` header, or None when it is absent or nonsense.
        message: What an error body says, in one line without any piece of the credentials; empty when it says nothing.
    """

    status: int
    body: Any
    is_json: bool
    retry_after: float | None
    message: str


def read_answer(response: BaseHTTPResponse, *, secrets: Sequence[str]) -> Answer:
    """
    Read an answer completely.

    Args:
        response: Its head has been read, its body has not.

        secrets: What must not get any further, should the server, or a proxy before it, echo it.

    Raises:
        UnexpectedRedirect: 3xx.
        InvalidResponse: It is too large, or the server changes to another protocol, so that nothing after it is an answer.
        Exception: Whatever ``urllib3`` raises when the connection breaks or its time is over.
    """
    if response.status < 200:
        msg = f"{response.status}: the server changes to another protocol, which nobody asked for"
        raise InvalidResponse(msg)
    if 300 <= response.status < 400:
        msg = f"{response.status}: the server redirects, which is not followed; set the final address as checkly:apiUrl"
        raise UnexpectedRedirect(msg)
    content = bytearray()
    for chunk in response.stream(_CHUNK, decode_content=True):
        content += chunk
        if len(content) > MAX_BODY:
            msg = f"the answer is larger than {MAX_BODY // 1024 // 1024} MiB"
            raise InvalidResponse(msg)
    body, is_json = _json(bytes(content), [secret for secret in secrets if len(secret) >= _LONG_ENOUGH])
    return Answer(
        status=response.status,
        body=body,
        is_json=is_json,
        retry_after=_retry_after(response.headers.get("Retry-After"), response.headers.get("Date")),
        message=scrub(printable(_message(body), limit=200), secrets),
    )


def _json(content: bytes, secrets: Sequence[str] = ()) -> tuple[Any, bool]:
    try:
        return _tame(json.loads(content, parse_constant=_finite, parse_float=_finite, parse_int=_whole), secrets), True
    except (ValueError, RecursionError):
        return None, False


def _finite(text: str) -> float:
    """Refuse NaN, Infinity and what is as large, such as 1e999, which no JSON can hold again."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _whole(text: str) -> int:
    """Refuse a number that no float, and so no engine, can hold; also because reading one of millions of digits takes minutes."""
    if len(text) > _MOST_DIGITS:
        raise ValueError
    return int(text)


_MOST_DIGITS = 300

_WILD = "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
"""Control characters, which a terminal would obey; bidirectional overrides, which hide what a text says; halves of surrogate
pairs, such as of a name that was cut in an emoji, which no UTF-8, and so no state, can hold."""


def _tame(value: Any, secrets: Sequence[str]) -> Any:
    """Replace wild characters and echoed secrets in every text, so that neither state, outputs nor reports can pass them on."""
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, "***")
        # A printable text has none of them: nearly every text, and then the expression need not even be compiled.
        return value if value.isprintable() else re.sub(_WILD, "\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [_tame(item, secrets) for item in value]
    if isinstance(value, dict):
        return {_tame(key, secrets): _tame(item, secrets) for key, item in value.items()}
    return value


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
