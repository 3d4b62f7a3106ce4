"""
What a program hands to a resource, made ready to travel.

Judges only what could not travel at all; everything else is for check, which sees it when it is known.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import pulumi

from checkly_dynamic.core.values import LIMITS, plain
from checkly_dynamic.errors import PayloadError
from checkly_dynamic.resources.types import TargetArgs

__all__ = ["must_travel", "target_on_the_wire"]


def target_on_the_wire(target: Any) -> Any:
    """Translate Python's names in a target to the API's; what is not a target at all is left for check to refuse."""
    if isinstance(target, pulumi.Output) or inspect.isawaitable(target):
        return pulumi.Output.from_input(target).apply(target_on_the_wire)
    if isinstance(target, TargetArgs):
        # Left to Pulumi, a wrong type inside would be an assertion with a traceback.
        given = {"matchTags": target.match_tags, "checkId": target.check_ids}
        return {name: value for name, value in given.items() if value is not None}
    if not isinstance(target, Mapping):
        return target
    wire = dict(target)
    for python_name, api_name in (("match_tags", "matchTags"), ("check_ids", "checkId")):
        if python_name in wire and api_name not in wire:
            wire[api_name] = wire.pop(python_name)
    return wire


class _Refused(PayloadError, pulumi.RunError):
    """An expected error, in the form that Pulumi shows as one line, without a traceback of the program."""


_Refused.__name__ = _Refused.__qualname__ = PayloadError.__name__

_LATER = (pulumi.Output, pulumi.Asset, pulumi.Archive, pulumi.Resource)
"""What Pulumi turns into something else on the way."""


class _Later(type):
    """Makes ``isinstance(value, _JudgedLater)`` mean: Pulumi turns it into something else, which check will see."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, _LATER) or inspect.isawaitable(value) or hasattr(type(value), "_pulumi_input_type")


class _JudgedLater(metaclass=_Later):
    pass


def must_travel(resource_name: str, inputs: Mapping[str, Any]) -> None:
    """
    Refuse what Pulumi cannot send to the plugin host, or not in reasonable time.

    Pulumi itself would fail with a traceback, some of them thousands of lines long: a set or a date, NaN, half of a character, a
    hundred levels.

    Args:
        resource_name: For the message.

        inputs: The inputs of a ``CheckSessionTrigger`` on the wire.

    Raises:
        PayloadError: With one line for each problem; as an error that Pulumi shows without a traceback.
    """
    problems = plain(inputs, unknown=_JudgedLater, limits=LIMITS["check-session-trigger"])[1]
    if problems:
        raise _Refused([f"{resource_name}: {problem}" for problem in problems[:20]])
