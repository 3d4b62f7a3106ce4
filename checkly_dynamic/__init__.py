"""
Deployments that prove themselves: run Checkly's checks from Pulumi, wait for them, stop the roll-out when they fail.

The public names. They are loaded when they are first used, so that the local Checkly and the command line start without
Pulumi.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from checkly_dynamic import errors

if TYPE_CHECKING:
    from checkly_dynamic._version import __version__ as __version__
    from checkly_dynamic.errors import *  # noqa: F403 - the error classes, all public
    from checkly_dynamic.functions import (
        get_matching_checks as get_matching_checks,
        get_matching_checks_output as get_matching_checks_output,
    )
    from checkly_dynamic.resources import (
        CheckSessionGate as CheckSessionGate,
        CheckSessionTrigger as CheckSessionTrigger,
        Session as Session,
        TargetArgs as TargetArgs,
        TargetArgsDict as TargetArgsDict,
    )
    from checkly_dynamic.stack import require_passed as require_passed

_ROOMS = {
    "checkly_dynamic._version": ("__version__",),
    "checkly_dynamic.errors": errors.__all__,
    "checkly_dynamic.functions": ("get_matching_checks", "get_matching_checks_output"),
    "checkly_dynamic.resources": ("CheckSessionGate", "CheckSessionTrigger", "Session", "TargetArgs", "TargetArgsDict"),
    "checkly_dynamic.stack": ("require_passed",),
}
_ROOM_OF = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = sorted(_ROOM_OF)  # noqa: PLE0605 - one list of names, not two; a test compares it with the type checker's view


def __getattr__(name: str) -> Any:
    if name not in _ROOM_OF:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(_ROOM_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
