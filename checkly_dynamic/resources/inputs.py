"""Prepare what a program passes to a resource: names as the API spells them, and errors at the user's own line."""

import inspect
import traceback
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pulumi

from checkly_dynamic.core.values import to_json
from checkly_dynamic.errors import PayloadError
from checkly_dynamic.resources.types import TargetArgs

E = TypeVar("E", bound=Exception)


def as_run_error(error: E, about: str = "") -> E:
    """Return an error of the same class that Pulumi shows without a traceback; each line starts with the program's own line."""
    kind = type(error)
    about = ": ".join(filter(None, [_program_line(), about]))
    lines = [f"{about}: {line}" if about else line for line in str(error).splitlines()]
    both: Any = type(kind.__name__, (kind, pulumi.RunError), {"__module__": kind.__module__})
    shown: E = both.__new__(both)
    shown.__dict__.update(vars(error))
    shown.args = ("\n".join(lines),)
    return shown


def _program_line() -> str:
    """Return the file and line of the program that called this library; empty if Pulumi called it."""
    for frame in reversed(traceback.extract_stack()):
        parts = Path(frame.filename).parts
        if {"checkly_dynamic", "pulumi"} & set(parts[:-1]):
            continue
        outside = {"asyncio", "concurrent", "threading.py"} & set(parts) or frame.filename.startswith("<")
        return "" if outside else f"{parts[-1]}:{frame.lineno}"
    return ""


_TARGET = {"match_tags": "matchTags", "check_ids": "checkId"}


def api_target(target: Any) -> Any:
    """Translate Python's names in a target to the API's; what is not a target at all is left for the provider to refuse."""
    return _renamed(target, lambda name: _TARGET.get(name, name))


def api_keys(value: Any) -> Any:
    """Write the keys of a mapping in camelCase, as the API does; anything else is left for the provider to refuse."""
    return _renamed(value, lambda name: _camel(str(name)))


def _renamed(value: Any, spell: Callable[[Any], Any]) -> Any:
    if isinstance(value, pulumi.Output) or inspect.isawaitable(value):
        return pulumi.Output.from_input(value).apply(lambda known: _renamed(known, spell))
    if isinstance(value, TargetArgs):
        value = {name: item for name, item in vars(value).items() if item is not None}
    if not isinstance(value, Mapping):
        return value
    # If both spellings of one key are given, the provider refuses the one that it does not know.
    return {key if spell(key) in value else spell(key): item for key, item in value.items()}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def stored_sessions(sessions: Any) -> Any:
    """Return sessions with the API's names: in a program, Pulumi has turned them into objects with Python's names."""
    if not isinstance(sessions, list | tuple):
        return sessions
    return [{_camel(key): value for key, value in session.items() if value is not None} for session in sessions]


def seconds(value: Any) -> Any:
    """Return a timedelta in seconds, and everything else as it is."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def unordered(value: Any) -> Any:
    """Return a set as a sorted list, and everything else as it is."""
    return sorted(value, key=str) if isinstance(value, set | frozenset) else value


def _is_later(value: object) -> bool:
    """Whether Pulumi turns a value into something else, which the provider will see."""
    later = (pulumi.Output, pulumi.Asset, pulumi.Archive, pulumi.Resource)
    return isinstance(value, later) or inspect.isawaitable(value) or hasattr(type(value), "_pulumi_input_type")


def must_be_sendable(about: str, inputs: Mapping[str, Any], opts: pulumi.ResourceOptions | None = None) -> None:
    """Refuse what Pulumi would fail to send with a traceback (a set, NaN), strings that were made from an Output, and imports."""
    problems = to_json(inputs, is_unknown=_is_later)[1]
    # Pulumi itself refuses other options, with a clear error.
    if isinstance(opts, pulumi.ResourceOptions) and (opts.import_ or opts.id):
        problems.append("opts: import_ and id are not allowed, because check sessions cannot be imported; remove them")
    if problems:
        raise as_run_error(PayloadError(problems[:20]), about)


def check_triggers(name: str, value: Any, kinds: tuple[type, ...]) -> list[Any]:
    """Return the triggers of ``wait_for`` as a list; raise TypeError, naming what was given, for anything else."""
    listed = list(value) if isinstance(value, Sequence) else [value]
    wrong = [item for item in listed if not isinstance(item, kinds)]
    if wrong or not listed:
        got = type(wrong[0]).__name__ if wrong else "an empty list"
        if wrong and isinstance(wrong[0], pulumi.Output):
            got += "; pass the trigger itself, not one of its outputs"
        elif wrong and isinstance(wrong[0], Mapping):
            got += "; pass list(triggers.values())"
        allowed = "wait_for must be a CheckSessionTrigger, a TestSessionTrigger, or a list of them"
        raise as_run_error(TypeError(f"{allowed}, got {got}"), name)
    return listed
