"""Run Checkly checks from Pulumi, wait for them, and stop the deployment when they fail."""

from checkly_dynamic._version import __version__
from checkly_dynamic.errors import *  # noqa: F403 - the error classes, all public
from checkly_dynamic.errors import __all__ as _errors
from checkly_dynamic.matching_checks import get_matching_checks, get_matching_checks_output
from checkly_dynamic.require_passed import require_passed
from checkly_dynamic.resources import (
    CheckSessionGate,
    CheckSessionTrigger,
    Session,
    TargetArgs,
    TargetArgsDict,
    TestSessionTrigger,
)

__all__ = [
    "CheckSessionGate",
    "CheckSessionTrigger",
    "Session",
    "TargetArgs",
    "TargetArgsDict",
    "TestSessionTrigger",
    "__version__",
    "get_matching_checks",
    "get_matching_checks_output",
    "require_passed",
]
__all__ += _errors
