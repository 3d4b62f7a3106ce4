"""Make text safe to show: no part of a secret, no characters that a terminal interprets."""

import re
import unicodedata
from collections.abc import Collection, Iterable
from itertools import groupby
from typing import Any
from urllib.parse import quote

_PIECE = 6
_HIDDEN = "***"

_UNSAFE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, which a terminal would interpret; bidirectional overrides, which hide what a text says; lone surrogates,
which UTF-8, and so the state, cannot hold."""

PULUMI_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that Pulumi gives a secret, and other special values, in its state and its protocol."""

_RESERVED = (PULUMI_SIGNATURE, "04da6b54-80e4-46f7-96ec-b56ff0331ba9")
"""Pulumi's markers for secrets and for unknown values. The engine cannot store a check with such a name."""

_CI_COMMAND = re.compile(r"^::|##(?=\w*\[)")

_SHORTEST_IN_IDS = 8
"""A shorter secret is not replaced in answers: it may be part of an id by chance."""


class Secret:
    """A string that is shown only by :meth:`reveal`; its ``str``, ``repr`` and format are ``***``."""

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
    Replace every part of a secret in a text with ``***``, also as it is written in a URL.

    Six or more characters in a row that are also part of a secret are replaced; a shorter secret is replaced where it appears
    whole.
    """
    hidden: set[int] = set()
    for secret in {form for each in secrets if each for form in (each, quote(each, safe=""))}:
        size = min(_PIECE, len(secret))
        pieces = {secret[i : i + size] for i in range(len(secret) - size + 1)}
        for i in range(len(text) - size + 1):
            if text[i : i + size] in pieces:
                hidden.update(range(i, i + size))
    parts = groupby(range(len(text)), key=hidden.__contains__)
    return "".join(_HIDDEN if is_secret else "".join(text[i] for i in part) for is_secret, part in parts)


def printable(text: str, *, limit: int = 300) -> str:
    """
    Make text from outside safe for a terminal and a log: one line of at most *limit* characters.

    Whitespace becomes single spaces, and control characters (category ``C``: ANSI escapes, bidirectional overrides,
    surrogates) become ``�``. What a CI system takes for a command (``::`` at the start, ``##[``, ``##word[``) gets a space.
    """
    text = text[: limit * 4]
    folded = " ".join(text.split())
    safe = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char)[0] == "C" else char for char in folded)
    safe = _CI_COMMAND.sub(lambda found: f"{found[0][0]} {found[0][1]}", safe)
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def clean_json(value: Any, secrets: Collection[str]) -> Any:
    """Replace unsafe characters, known secrets and Pulumi's markers in every string of a JSON value."""
    if isinstance(value, str):
        for secret in secrets:
            if len(secret) >= _SHORTEST_IN_IDS:
                value = value.replace(secret, _HIDDEN)
        if value in _RESERVED:
            return "\N{REPLACEMENT CHARACTER}"
        return _UNSAFE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, list):
        return [clean_json(item, secrets) for item in value]
    if isinstance(value, dict):
        return {clean_json(key, secrets): clean_json(item, secrets) for key, item in value.items()}
    return value


def number_of(number: int, noun: str) -> str:
    """Return ``1 check``, ``2 checks``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
