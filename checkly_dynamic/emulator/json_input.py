"""
JSON that clients send, read within limits.

Whatever passes here can be kept, shown and written as JSON again: no endless numbers, no deep nests.
"""

from __future__ import annotations

import json
import math
from typing import Any

from starlette.requests import Request

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 60


async def read_body(request: Request) -> bytes | None:
    """Read the body; None when it is larger than the limit."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BYTES:
            parts.append(part)
    return b"".join(parts) if size <= MAX_BYTES else None


def parse_json(text: bytes) -> Any:
    """
    Parse JSON as the standard has it.

    Raises:
        ValueError: Not JSON, a number without end, or a nest deeper than the limit.
    """
    try:
        parsed = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if too_deep(parsed):
        raise ValueError("nested too deeply")
    return parsed


def _refuse(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def too_deep(value: Any) -> bool:
    """Tell whether JSON nests deeper than the limit; level by level, so that depth itself costs no stack."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return False
    return True
