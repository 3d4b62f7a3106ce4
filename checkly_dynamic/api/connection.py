"""
What this library adds to requests: sessions without netrc and redirects, and connections that tell when they begin to send.

Whether a request was certainly not sent cannot be told from the class of an exception: a handshake that hangs raises the same
one as a lost answer. So the connection notes it itself, after connecting and just before the first byte.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from checkly_dynamic.core.text import Secret
from checkly_dynamic.errors import ConfigError

__all__ = ["Bearer", "NotingAdapter", "Session", "check_ca_bundle"]


class Bearer(AuthBase):
    """Sends the API key. With an auth object, requests looks for no ``.netrc``."""

    def __init__(self, api_key: Secret) -> None:
        self._api_key = api_key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header."""
        request.headers["Authorization"] = f"Bearer {self._api_key.reveal()}"
        return request


class Session(requests.Session):
    """A session that never follows a redirect. Requests would read the whole body of one, only to know where it leads."""

    def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002 - the signature of requests
        """Return None: nowhere."""
        return None


class NotingAdapter(HTTPAdapter):
    """
    An adapter whose connections call a function just before they send a request.

    Args:
        begin: The function. What it raises ends the request, and nothing is sent.
    """

    def __init__(self, begin: Callable[[], None]) -> None:
        self._begin = begin
        super().__init__(pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Use our connections for direct requests."""
        super().init_poolmanager(*args, **kwargs)
        self._note(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        """Use our connections for requests through a proxy."""
        manager = super().proxy_manager_for(*args, **kwargs)
        self._note(manager)
        return manager

    def _note(self, manager: Any) -> None:
        # Derived from the manager's own classes, because those of a SOCKS proxy connect in another way.
        pools = manager.pool_classes_by_scheme
        manager.pool_classes_by_scheme = {scheme: _noting(pool, self._begin) for scheme, pool in pools.items()}


def _noting(pool: Any, begin: Callable[[], None]) -> Any:
    class Connection(pool.ConnectionCls):  # type: ignore[misc]  # known at run time only
        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.is_closed:
                self.connect()
            begin()
            super().request(*args, **kwargs)

    class Pool(pool):  # type: ignore[misc]  # known at run time only
        ConnectionCls = Connection

    return Pool


def check_ca_bundle(api_url: str) -> None:
    """
    Look for the file with certificate authorities. Requests would raise a bare OSError in the middle of an update.

    Raises:
        ConfigError: The environment names a file that does not exist.
    """
    if not api_url.startswith("https:"):
        return
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(variable)
        if path and not Path(path).exists():
            raise ConfigError([f"environment variable {variable}: the file does not exist"])
        if path:
            return
