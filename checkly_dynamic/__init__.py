"""Run Checkly checks from Pulumi, wait for them, and stop the deployment when they fail."""

from checkly_dynamic._version import __version__
from checkly_dynamic.errors import (
    ApiError,
    ChecklyError,
    ConfigError,
    GateFailed,
    InvalidResponse,
    NoMatchingChecks,
    NotPassed,
    OperationCancelled,
    PayloadError,
    SessionNotFound,
    TransportError,
)
from checkly_dynamic.matching_checks import get_matching_checks, get_matching_checks_output
from checkly_dynamic.require_passed import require_passed
from checkly_dynamic.resources.check_session_gate import CheckSessionGate
from checkly_dynamic.resources.session_triggers import CheckSessionTrigger, TestSessionTrigger
from checkly_dynamic.resources.types import Session, TargetArgs, TargetArgsDict

__all__ = [
    "ApiError",
    "CheckSessionGate",
    "CheckSessionTrigger",
    "ChecklyError",
    "ConfigError",
    "GateFailed",
    "InvalidResponse",
    "NoMatchingChecks",
    "NotPassed",
    "OperationCancelled",
    "PayloadError",
    "Session",
    "SessionNotFound",
    "TargetArgs",
    "TargetArgsDict",
    "TestSessionTrigger",
    "TransportError",
    "__version__",
    "get_matching_checks",
    "get_matching_checks_output",
    "require_passed",
]
