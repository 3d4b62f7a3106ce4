"""
Messages of the core in the spelling of this package.

The core writes what a Python program writes: ``target.match_tags[0]``, ``run_all_checks=True``, ``config checkly:apiKey``. Here
it is ``target.matchTags[0]``, ``runAllChecks: true``, ``config checkly-sessions:apiKey``.
"""

import functools
import re
from collections.abc import Mapping
from typing import TypeVar

from checkly_dynamic.api.settings import SETTINGS
from checkly_dynamic.core.values import field_name
from checkly_dynamic.plugin.package_schema import PACKAGE, property_names

T = TypeVar("T")

_SENTENCES = {
    "a CheckSessionTrigger or a TestSessionTrigger, or a list of them": "a list of the outputs `handle` of triggers",
    ", or a timedelta": "",
    "ignore_changes or a transform on": "ignoreChanges or a transform on",
    'use output.apply(lambda value: f"…{value}…") or pulumi.Output.format("…{0}…", output)': (
        "use pulumi.interpolate in TypeScript, or Apply and Format of your language"
    ),
    "is True,": "is true,",
}


def camel_case(message: str) -> str:
    """Write a message of the core in camelCase. Indented lines quote Checkly and stay as they are."""
    for python, here in _SENTENCES.items():
        message = message.replace(python, here)
    return "\n".join(line if line.startswith(" ") else _line(line) for line in message.split("\n"))


def setting_names(text: str) -> str:
    """Name the settings in a text as this provider does: ``checkly-sessions:apiKey``."""
    return re.sub(r"\bcheckly(-dynamic)?:(?=api|account)", f"{PACKAGE}:", text)


def native_settings(config: Mapping[str, T]) -> dict[str, T]:
    """Return this provider's settings in a stack's config under the names that the Python resources use."""
    names = {key: setting_names(key) for key, _ in SETTINGS.values()}
    return {key: config[name] for key, name in names.items() if name in config}


def _line(line: str) -> str:
    before, unknown, after = line.partition(": unknown key")
    if unknown:
        path, dot, key = before.rpartition(".")  # the key stays as the user wrote it
        return _fields(path) + dot + key + unknown + _fields(after)
    line = setting_names(line)
    line = re.sub(r"\b([a-z_]+)=True\b", r"\1: true", line)
    return _fields(re.sub(r'\b([a-z_]+)="', r'\1: "', line))


def _fields(text: str) -> str:
    # Users choose the names of variables.
    return re.sub(rf"(?<!environment_variables\.)\b({'|'.join(_names())})\b", lambda name: _names()[name[0]], text)


@functools.cache
def _names() -> dict[str, str]:
    """Return Python's spelling of each field → the one in the package schema."""
    names = sorted(property_names())
    return {field_name([name]): name for name in names if field_name([name]) != name}
