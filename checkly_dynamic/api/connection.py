"""
Additions to requests: no redirects, connections that tell when they begin to send, and this library's own error messages.

Whether a request was certainly not sent cannot be told from the class of an exception: a handshake that hangs raises the same
one as a lost answer. So the connection records it itself, after connecting and just before the first byte. Exceptions of the HTTP
libraries are never quoted, because they may name a proxy with its password.
"""

import os
import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool

from checkly_dynamic.core.polling import MAX_CONNECTIONS
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ConfigError, InvalidResponse, TransportError


class Session(requests.Session):
    """A session that never follows a redirect. Requests would read its whole body only to find its target."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the signature of requests
        """Return None: no target."""
        return None


class NotingAdapter(HTTPAdapter):
    """An adapter whose connections call *begin* just before they send a request. If it raises, nothing is sent."""

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        super().__init__(pool_connections=1, pool_maxsize=MAX_CONNECTIONS)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """Return the pool for direct or proxied connections; its connections call *begin*."""
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **kwargs))
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = _noting(pool.ConnectionCls, self._begin)
        return pool


def _noting(connection: Any, begin: Callable[[], None]) -> Any:
    # Derived from the pool's own class, because a SOCKS proxy has a class that connects in another way.
    class NotingConnection(connection):  # type: ignore[misc]  # known at run time only
        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.is_closed:
                self.connect()
            begin()
            super().request(*args, **kwargs)

    return NotingConnection


def check_ca_bundle() -> None:
    """Raise ConfigError for a missing file with certificate authorities; requests would raise a plain OSError later."""
    variable = next((name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name)), None)
    if variable and not Path(os.environ[variable]).exists():
        raise ConfigError([f"environment variable {variable}: the file does not exist"])


_TIMEOUTS = (TimeoutError, requests.exceptions.Timeout)

_REASONS: tuple[tuple[str, tuple[type[BaseException], ...]], ...] = (
    ("it did not answer in time", _TIMEOUTS),
    ("the host name is not known", (socket.gaierror,)),
    ("connection refused", (ConnectionRefusedError,)),
    # A server that restarts during a handshake does not mean that its certificate is bad.
    ("it closed the connection", (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)),
)
"""Why there is no connection: the first reason of which a class occurs among the causes."""

_OWN_AUTHORITY = "if its certificate is from your own authority, set REQUESTS_CA_BUNDLE to a file with that authority"
_BROKEN_RULE = (
    "the certificate authority was found, but its certificate breaks a rule that Python checks since version 3.13; "
    "have it issued again with that extension, or use Python 3.12"
)


def transport_error(error: Exception, where: str, *, sent: bool, proxied: bool) -> TransportError:
    """Describe an exception of requests, urllib3 or the system; *where* is scheme, host and port of the server."""
    causes = _causes(error)
    why = next((reason for reason, kinds in _REASONS if any(isinstance(cause, kinds) for cause in causes)), "")
    if not sent:
        return _not_connected(causes, where, why, proxied=proxied)
    if any(isinstance(cause, _TIMEOUTS) for cause in causes):
        return TransportError(f"{where} did not answer in time")
    if isinstance(error, requests.exceptions.ContentDecodingError):
        return InvalidResponse(f"the answer from {where} could not be read")
    return TransportError(f"the connection to {where} broke before the answer was complete")


def _not_connected(causes: list[BaseException], where: str, why: str, *, proxied: bool) -> TransportError:
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)
    # The URL, or the proxy's URL, cannot be used for a request. The error for a bad certificate is a ValueError, too.
    if tls is None and any(isinstance(cause, ValueError) for cause in causes):
        msg = f"no request to {where} could be made; are checkly:apiUrl and HTTPS_PROXY right?"
        return TransportError(msg, sent="no", retry=False)
    if tls is not None and not why:
        what = printable(str(getattr(tls, "verify_message", "") or tls.reason or "the handshake failed"))
        strict = re.search("basic constraints|authority key identifier|key usage", what, re.IGNORECASE)
        advice = _BROKEN_RULE if strict else _OWN_AUTHORITY
        return TransportError(f"no trusted connection to {where} ({what}); {advice}", sent="no", retry=False)
    if refused := re.search(r"Tunnel connection failed: (\d{3})\b", " ".join(map(str, causes))):
        why = f"it answered CONNECT with {refused[1]}"
    through = " through the proxy (see HTTPS_PROXY and NO_PROXY)" if proxied else ""
    return TransportError(f"could not connect to {where}{through}: {why or 'no connection was established'}", sent="no")


def _causes(error: BaseException) -> list[BaseException]:
    """Return an exception and everything that it wraps, as cause, context, reason or argument."""
    found = [error]
    for item in found:  # which grows meanwhile
        wrapped = (item.__cause__, item.__context__, getattr(item, "reason", None), *item.args)
        found.extend(inner for inner in wrapped if isinstance(inner, BaseException) and inner not in found)
    return found
