"""The settings of the native provider, for programs that are not in Python: their names in the stack's config."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

from checkly_dynamic.api.settings import SETTINGS

__all__ = ["native_settings", "native_words"]

T = TypeVar("T")

_NAMESPACE = "checkly-sessions"


def native_settings(config: Mapping[str, T]) -> dict[str, T]:
    """Return the native provider's settings under the names of :data:`SETTINGS`, such as ``checkly:apiKey``."""
    names = {key: f"{_NAMESPACE}:{key.partition(':')[2]}" for key, _ in SETTINGS.values()}
    return {key: config[name] for key, name in names.items() if name in config}


def native_words(text: str) -> str:
    """Name the settings in a text as the native provider does."""
    return re.sub(r"\bcheckly(-dynamic)?:(?=api|account)", f"{_NAMESPACE}:", text)
