"""The rules of ``schemas/*.json`` and what a format in them means."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

__all__ = ["is_uuid", "rules"]

_FOLDER = Path(__file__).parent.parent.parent / "schemas"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


@functools.cache
def rules(name: str) -> dict[str, Any]:
    """Return a schema by its file name without ``.json``; read once."""
    loaded: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return loaded


def is_uuid(text: str) -> bool:
    """Unlike Python's ``uuid.UUID``, take no underscores, no digits of other scripts and no braces."""
    return _UUID.fullmatch(text) is not None
