"""
What the local Checkly does without a source.

Each line of ``not-verified.txt`` says what it does where Checkly's public documents are silent, so that nobody takes it
for a promise of the real service.
"""

from __future__ import annotations

from importlib import resources

_TEXT = resources.files("checkly_dynamic.emulator").joinpath("not-verified.txt").read_text(encoding="utf-8")
NOT_VERIFIED = tuple(_TEXT.splitlines())
