"""
Messages of the core in the spelling of this package.

The core writes what a Python program writes: ``target.match_tags[0]``, ``run_all_checks=True``, ``config checkly:apiKey``. Here
it is ``target.matchTags[0]``, ``runAllChecks: true``, ``config checkly-sessions:apiKey``.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checkly_dynamic.core.values import field_name

__all__ = ["camel_case"]

_SCHEMAS = Path(__file__).parent.parent / "schemas"

_SENTENCES = {
    "a CheckSessionTrigger or a TestSessionTrigger, or a list of them": "a list of the outputs `handle` of triggers",
    ", or a timedelta": "",
    "ignore_changes on deployVersion": "ignoreChanges on deployVersion",
    'use output.apply(lambda value: f"…{value}…") or pulumi.Output.format("…{0}…", output)': (
        "use pulumi.interpolate in TypeScript, or Apply and Format of your language"
    ),
    "is True,": "is true,",
    "\nAll results: checkly-dynamic report": "",
}


def camel_case(message: str) -> str:
    """
    Translate a message. Indented lines quote Checkly and stay as they are.

    Args:
        message: One or more lines of the core.
    """
    for python, here in _SENTENCES.items():
        message = message.replace(python, here)
    return "\n".join(line if line.startswith(" ") else _line(line) for line in message.split("\n"))


def _line(line: str) -> str:
    line = re.sub(r"\bcheckly(-dynamic)?:(?=api|account)", "checkly-sessions:", line)
    line = re.sub(r"\b([a-z_]+)=True\b", r"\1: true", line)
    line = re.sub(r'\b([a-z_]+)="', r'\1: "', line)
    # Variables have names of the user's own.
    return re.sub(rf"(?<!environment_variables\.)\b({'|'.join(_names())})\b", lambda name: _names()[name[0]], line)


@functools.cache
def _names() -> dict[str, str]:
    """Return Python's spelling of each field → the one in the schemas."""
    names = {
        name
        for file in ("check-session-trigger", "test-session-trigger", "check-session-verdict")
        for name in _properties(json.loads((_SCHEMAS / f"{file}.json").read_text(encoding="utf-8")))
    }
    return {field_name([name]): name for name in sorted(names) if field_name([name]) != name}


def _properties(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from schema.get("properties", ())
        for part in schema.values():
            yield from _properties(part)
