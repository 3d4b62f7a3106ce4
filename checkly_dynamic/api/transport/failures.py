"""Every exception of the HTTP stack as one of our errors, which knows whether the request may have been sent."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Sequence
from typing import Any

import urllib3

from checkly_dynamic.api.transport.connection import NotConnected
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ConnectFailed, ConnectionLost, InvalidResponse, ReadTimeout, TlsError, TransportError

__all__ = ["mapped", "origin"]


def mapped(error: Exception, where: str) -> TransportError:
    """
    Translate what the HTTP stack raised.

    Args:
        error: Anything that ``urllib3`` or the standard library raised during an exchange.

        where: The server, as :func:`origin` names it.

    Returns:
        One of our errors. ``sent="no"`` only when :class:`NotConnected` proves it or the request could not even be built; all
        else counts as "maybe sent". Of foreign texts only OpenSSL's own reason is shown.
    """
    causes = _causes(error)
    failed = next((cause for cause in causes if isinstance(cause, NotConnected)), None)
    if failed is not None:
        return _not_connected(failed, causes, where)
    if isinstance(error, urllib3.exceptions.LocationValueError):
        return ConnectFailed(f"no request to {where} could be made; are the URL and HTTPS_PROXY right?")
    if any(isinstance(cause, _TIMED_OUT) for cause in causes):
        return ReadTimeout(f"the answer of {where} did not arrive in time")
    if any(isinstance(cause, _UNREADABLE) and not isinstance(cause, _CUT_OFF) for cause in causes):
        return InvalidResponse(f"the answer of {where} could not be read")
    return ConnectionLost(f"the connection to {where} broke before the answer was complete")


def origin(url: str) -> str:
    """Return scheme, host and port of a URL only: a path may hold something secret."""
    parsed = urllib3.util.parse_url(url)
    return f"{parsed.scheme}://{parsed.netloc}"


_TIMED_OUT = (urllib3.exceptions.ReadTimeoutError, TimeoutError)
_UNREADABLE = (urllib3.exceptions.DecodeError, http.client.HTTPException)
_CUT_OFF = (http.client.RemoteDisconnected, http.client.IncompleteRead)
_PROXY_SAID = re.compile(r"Tunnel connection failed: (\d{3})\b")
"""How http.client begins the text of a plain OSError when a proxy answers anything but 200; what follows is the proxy's own."""
_CLOSED = (ssl.SSLEOFError, ssl.SSLZeroReturnError)


def _not_connected(failed: NotConnected, causes: Sequence[BaseException], where: str) -> TransportError:
    tls = next((cause for cause in causes if isinstance(cause, ssl.SSLError) and not isinstance(cause, _CLOSED)), None)
    if tls is not None:
        # Python sets them on errors of OpenSSL itself only.
        why = getattr(tls, "verify_message", None) or getattr(tls, "reason", None) or "the handshake failed"
        whose = f"the proxy for {where}" if failed.proxy else where
        return TlsError(
            f"no trusted connection to {whose} ({printable(why, limit=120)}); "
            "if its certificate is from an authority of your own, set REQUESTS_CA_BUNDLE to its file"
        )
    if failed.proxy:
        return ConnectFailed(f"the proxy for {where} could not be used (see HTTPS_PROXY and NO_PROXY): {_why(causes)}")
    return ConnectFailed(f"could not connect to {where}: {_why(causes)}")


def _why(causes: Sequence[BaseException]) -> str:
    """Describe in our own words why no connection was established, because foreign ones may name a proxy with its password."""
    said = next((found for cause in causes if (found := _PROXY_SAID.match(str(cause)))), None)
    if said is not None:
        return f"it answered CONNECT with {said[1]}"
    for kind, words in (
        (socket.gaierror, "the host name is not known"),
        (TimeoutError, "it did not answer in time"),
        (ConnectionRefusedError, "it refused the connection"),
        ((ConnectionError, *_CLOSED), "it closed the connection"),
        (http.client.HTTPException, "it does not speak HTTP"),
        (OSError, "the network or the proxy does not allow it"),
    ):
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return "the address is not usable"


def _causes(error: BaseException) -> list[BaseException]:
    """
    List an exception with everything it wraps, as cause or argument.

    Not ``__context__``: an exception that the caller happens to be handling says nothing about this request.
    """
    found: list[BaseException] = []
    waiting: list[Any] = [error]
    while waiting and len(found) < 50:
        item = waiting.pop()
        if isinstance(item, BaseException) and not any(item is other for other in found):
            found.append(item)
            waiting += [item.__cause__, *item.args]
    return found
