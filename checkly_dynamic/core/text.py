"""
Make text safe to show: no piece of a secret, nothing that a terminal would obey.

Pure functions on strings. Knows no configuration and no Pulumi.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

__all__ = ["Secret", "printable", "scrub"]

_PIECE = 6
_HIDDEN = "***"


class Secret:
    """A string that shows itself only when asked by :meth:`reveal`; its ``str``, ``repr`` and format are ``***``."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the string itself."""
        return self._value

    def __repr__(self) -> str:
        return _HIDDEN

    def __reduce__(self) -> str:
        msg = "a secret is never pickled"
        raise TypeError(msg)


def scrub(text: str, secrets: Iterable[str]) -> str:
    """
    Replace every piece of a secret in a text.

    Args:
        text: Any text, such as an error message from a server.

        secrets: The strings to hide. Every run of six or more characters that also stands in one of them is replaced; a
            secret shorter than six characters is replaced where it stands whole.

    Returns:
        The text with ``***`` in place of each run.
    """
    hidden = [False] * len(text)
    for secret in secrets:
        size = min(_PIECE, len(secret))
        if not size:
            continue
        pieces = {secret[i : i + size] for i in range(len(secret) - size + 1)}
        for i in range(len(text) - size + 1):
            if text[i : i + size] in pieces:
                hidden[i : i + size] = [True] * size
    if not any(hidden):
        return text
    out: list[str] = []
    for i, char in enumerate(text):
        if not hidden[i]:
            out.append(char)
        elif i == 0 or not hidden[i - 1]:
            out.append(_HIDDEN)
    return "".join(out)


def printable(text: str, *, limit: int = 300) -> str:
    """
    Make foreign text safe for a terminal and a log: one line, no control, format or bidirectional characters.

    Args:
        text: Text from outside, such as the name of a check.

        limit: The longest result, in characters.

    Returns:
        The text with white space folded to single spaces, control characters (category ``C``: ANSI escapes, bidirectional
        overrides, surrogates) replaced by ``�``, and cut at *limit* with ``…``.
    """
    text = text[: limit * 4]
    folded = " ".join(text.split())
    safe = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char)[0] == "C" else char for char in folded)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"
