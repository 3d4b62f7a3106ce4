"""
What this library adds to requests: sessions without redirects, and connections that tell when they begin to send.

Whether a request was certainly not sent cannot be told from the class of an exception: a handshake that hangs raises the same
one as a lost answer. So the connection notes it itself, after connecting and just before the first byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool

from checkly_dynamic.core.polling import MAX_CONNECTIONS
from checkly_dynamic.errors import ConfigError

__all__ = ["NotingAdapter", "Session", "check_ca_bundle"]


class Session(requests.Session):
    """A session that never follows a redirect. Requests would read the whole body of one, only to know where it leads."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the signature of requests
        """Return None: nowhere."""
        return None


class NotingAdapter(HTTPAdapter):
    """
    An adapter whose connections call a function just before they send a request.

    What the function raises ends the request, and nothing is sent.
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        super().__init__(pool_connections=1, pool_maxsize=MAX_CONNECTIONS)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> HTTPConnectionPool:
        """Return the pool of direct or proxied connections, which makes connections of ours."""
        pool = cast("HTTPConnectionPool", super().get_connection_with_tls_context(*args, **kwargs))
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = _noting(pool.ConnectionCls, self._begin)
        return pool


def _noting(connection: Any, begin: Callable[[], None]) -> Any:
    # Derived from the pool's own class, because that of a SOCKS proxy connects in another way.
    class NotingConnection(connection):  # type: ignore[misc]  # known at run time only
        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.is_closed:
                self.connect()
            begin()
            super().request(*args, **kwargs)

    return NotingConnection


def check_ca_bundle() -> None:
    """
    Look for the file with certificate authorities. Requests would raise a bare OSError in the middle of an update.

    Raises:
        ConfigError: The environment names a file that does not exist.
    """
    variable = next((name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name)), None)
    if variable and not Path(os.environ[variable]).exists():
        raise ConfigError([f"environment variable {variable}: the file does not exist"])
