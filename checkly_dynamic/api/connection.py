"""
Connections that tell when they begin to send.

Whether a request was certainly not sent cannot be told from the class of an exception: a handshake that hangs raises the same
one as a lost answer. So the connection notes it itself, after connecting and just before the first byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter

__all__ = ["NotingAdapter"]


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
