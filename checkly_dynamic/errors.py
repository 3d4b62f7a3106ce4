"""
What can go wrong, as one small family of exceptions.

::

    ChecklyError
    ├── ConfigError                 key, account, URL or API version missing or malformed
    ├── PayloadError                an input is not what the JSON Schema or the contract allows
    ├── ApiError                    Checkly answered with an error status
    │   ├── BadRequest (400)   Unauthorized (401)   PaymentRequired (402)   Forbidden (403)
    │   ├── NoMatchingChecks (the documented 404 of a trigger)   SessionNotFound (404 of a session)
    │   └── RateLimited (429)   ServerError (5xx)   UnexpectedStatus (anything else)
    ├── TransportError              no usable answer came
    │   ├── ConnectFailed   TlsError   EngineGone                 nothing was sent
    │   └── ConnectionLost   ReadTimeout   InvalidResponse   UnexpectedRedirect
    ├── GateFailed                  the checks ran and the verdict is not good
    └── NotPassed                   another stack's exported summary does not allow to go on

Errors of resources are raised in Pulumi's plugin host: a program sees them as a failed update and cannot catch them by class.
Messages never hold a credential and never quote an input value, which may be secret.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

__all__ = [
    "ApiError",
    "BadRequest",
    "ChecklyError",
    "ConfigError",
    "ConnectFailed",
    "ConnectionLost",
    "EngineGone",
    "Forbidden",
    "GateFailed",
    "InvalidResponse",
    "NoMatchingChecks",
    "NotPassed",
    "PayloadError",
    "PaymentRequired",
    "RateLimited",
    "ReadTimeout",
    "ServerError",
    "SessionNotFound",
    "TlsError",
    "TransportError",
    "Unauthorized",
    "UnexpectedRedirect",
    "UnexpectedStatus",
]

Sent = Literal["no", "maybe", "yes"]
"""Whether a request reached Checkly: certainly not, nobody knows, or it did because an answer came."""


class ChecklyError(Exception):
    """Base class of every error that this library raises on purpose."""


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
    An input is not allowed. Nothing was sent.

    Attributes:
        problems: One line for each problem, starting with the path of the field (``target.matchTags[0]: …``).
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class _RequestError(ChecklyError):
    """An error of one request; knows whether the request was sent."""

    sent: Sent = "maybe"


class ApiError(_RequestError):
    """
    Checkly answered with an error status.

    Attributes:
        status: The HTTP status code.
        sent: ``"yes"``: an answer came. (For a trigger, a 5xx still leaves open whether checks started.)
    """

    sent: Sent = "yes"

    def __init__(self, message: str, *, status: int) -> None:
        self.status = status
        super().__init__(message)


class BadRequest(ApiError):
    """400: Checkly refused the request as malformed."""


class Unauthorized(ApiError):
    """401: the API key is wrong, expired or revoked."""


class PaymentRequired(ApiError):
    """402: the account's plan does not allow this."""


class Forbidden(ApiError):
    """403: the key may not do this in this account."""


class NoMatchingChecks(ApiError):
    """The documented 404 of a trigger: no active check matches the target."""


class SessionNotFound(ApiError):
    """The documented 404 of a session: Checkly does not know the id, or no longer."""


class RateLimited(ApiError):
    """
    429: too many requests, said by Checkly or, before sending (``sent="no"``), by our own count of the account's budget.

    Attributes:
        retry_after: Seconds to wait, or None when Checkly did not say or said nonsense.
    """

    def __init__(
        self, message: str, *, status: int = 429, retry_after: float | None = None, sent: Sent = "yes"
    ) -> None:
        self.retry_after = retry_after
        self.sent = sent
        super().__init__(message, status=status)


class ServerError(ApiError):
    """
    5xx: Checkly, or a proxy before it, failed.

    Attributes:
        retry_after: Seconds after which Checkly asked to come back, or None.
    """

    def __init__(self, message: str, *, status: int, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(message, status=status)


class UnexpectedStatus(ApiError):
    """A status that the API document does not list for this request, such as a 404 from a wrong URL."""


class TransportError(_RequestError):
    """
    No usable answer came.

    Attributes:
        sent: ``"no"`` when the request certainly did not reach Checkly, ``"maybe"`` otherwise.
    """


class ConnectFailed(TransportError):
    """No connection was established: refused, unknown host, proxy refused, or timed out while connecting."""

    sent: Sent = "no"


class TlsError(TransportError):
    """The server's certificate was not accepted. Never retried."""

    sent: Sent = "no"


class EngineGone(TransportError):
    """The Pulumi engine that asked for this has ended, so nothing may be started in its name any more."""

    sent: Sent = "no"


class ConnectionLost(TransportError):
    """The connection broke after the request was sent."""


class ReadTimeout(TransportError):
    """The answer did not arrive, or not completely, in time."""


class InvalidResponse(TransportError):
    """
    The answer is not what the API document promises: not JSON, wrong shape, too large, cut off.

    Attributes:
        started: Of the answer to a trigger, the check sessions that could be read all the same.
    """

    def __init__(self, message: str, *, started: Sequence[Any] = ()) -> None:
        self.started = tuple(started)
        super().__init__(message)


class UnexpectedRedirect(TransportError):
    """The server redirected. Never followed: a redirect can drop credentials, or turn a POST into a GET."""


class GateFailed(ChecklyError):
    """The barrier of a ``CheckSessionGate``: the verdict is not good, so dependents must not start."""


class NotPassed(ChecklyError):
    """``require_passed`` refused: the other stack's summary is missing, not green, too old, or of another version."""
