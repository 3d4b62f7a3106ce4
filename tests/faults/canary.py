"""A key that must never show, and the search for it."""

from __future__ import annotations

KEY = "cu_CanaryQ7zX9vKp2LmW4"
ACCOUNT = "438ca4f3-1c3a-4f1e-9a52-0a4f0f7d3c11"


def pieces(secret: str = KEY) -> set[str]:
    """Return every six-character piece of a secret."""
    return {secret[i : i + 6] for i in range(len(secret) - 5)}


def leaks(text: str, secret: str = KEY) -> list[str]:
    """Return the pieces of a secret that stand in a text."""
    return sorted(piece for piece in pieces(secret) if piece in text)
