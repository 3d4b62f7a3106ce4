"""One line of the doctor."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True)
class Finding:
    """
    One line of the doctor.

    Attributes:
        subject: What was examined.
        ok: Whether there is nothing to do.
        text: What was found.
        todo: What to do, in whole sentences; empty if there is nothing.
    """

    subject: str
    ok: bool
    text: str
    todo: str = ""
