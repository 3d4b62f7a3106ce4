"""
The exceptions of this library.

Resource errors are raised in Pulumi's plugin host. A program sees a failed update and cannot catch them.
Messages never contain a credential and never quote an argument, because it may be a secret.
"""

from collections.abc import Sequence
from typing import Literal

Sent = Literal["no", "maybe", "yes"]
"""Whether a request reached Checkly: certainly not, unknown, or yes because Checkly answered."""


class ChecklyError(Exception):
    """
    Base class of all errors that this library raises on purpose.

    Attributes:
        may_have_started: True when a trigger request failed in a way that leaves open whether checks started.
    """

    may_have_started = False


class ConfigError(ChecklyError):
    """
    A credential or setting is missing or malformed. Nothing was sent.

    Attributes:
        problems: One line for each problem, naming the setting and what to do.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class PayloadError(ChecklyError):
    """
    An argument is not allowed. Nothing was sent.

    Attributes:
        problems: One line for each problem, starting with the argument (``target.match_tags[0]: …``).
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class ApiError(ChecklyError):
    """
    Checkly answered with an error status.

    Attributes:
        status: The HTTP status code.
        retry_after: Seconds from the ``Retry-After`` header, or None.
        sent: ``"yes"``, except when the library's own rate limit refused the request before it was sent.
    """

    def __init__(self, message: str, *, status: int, retry_after: float | None = None, sent: Sent = "yes") -> None:
        self.status = status
        self.retry_after = retry_after
        self.sent: Sent = sent
        super().__init__(message)


class NoMatchingChecks(ApiError):
    """No active check matches the target (the documented 404 of a trigger, or an empty list)."""


class SessionNotFound(ApiError):
    """Checkly does not know the session, or no longer (the documented 404)."""


class TransportError(ChecklyError):
    """
    No usable answer arrived.

    Attributes:
        sent: ``"no"`` when the request certainly did not reach Checkly, otherwise ``"maybe"``.
        retry: Whether another try can help.
    """

    def __init__(self, message: str, *, sent: Sent = "maybe", retry: bool = True) -> None:
        self.sent: Sent = sent
        self.retry = retry
        super().__init__(message)


class InvalidResponse(TransportError):
    """The answer does not follow the API document: not JSON, a wrong shape, or too large."""


class OperationCancelled(ChecklyError):
    """The Pulumi engine has ended or cancelled the update, so nothing more is started."""


class GateFailed(ChecklyError):
    """The verdict of a ``CheckSessionGate`` blocks the deployment."""


class NotPassed(ChecklyError):
    """``require_passed``: the other stack's summary is missing, not green, too old, or about another deploy version."""


def describe(error: BaseException) -> str:
    """Return an error's message; for an unexpected one only its class, because its text may contain anything."""
    return str(error) if isinstance(error, ChecklyError) else f"unexpected {type(error).__name__}"
