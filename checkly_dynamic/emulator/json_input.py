"""JSON that clients send, read within limits, so that it can be kept, shown and written as JSON again."""

import json
from typing import Any

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 60


def parse_json(text: bytes) -> Any:
    """Parse JSON; raise ValueError if it is none, has an infinite number, or is nested more deeply than the limit."""
    try:
        parsed = json.loads(text)
        json.dumps(parsed, allow_nan=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_deeper(parsed, MAX_DEPTH):
        raise ValueError("nested too deeply")
    return parsed


def _is_deeper(value: Any, limit: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return limit == 0 or any(_is_deeper(child, limit - 1) for child in inner)
