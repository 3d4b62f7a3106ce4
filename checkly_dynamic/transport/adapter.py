"""How ``requests`` gets its connections from us."""

from __future__ import annotations

import ssl
from typing import Any

from requests.adapters import HTTPAdapter

from checkly_dynamic.transport.connection import HttpPool, HttpsPool

__all__ = ["Adapter"]

_POOLS = {"http": HttpPool, "https": HttpsPool}


class Adapter(HTTPAdapter):
    """
    Uses our connections and our trust, and never retries, redirects or looks at the environment by itself.

    Args:
        connections: How many are kept alive at most.

        trust: Which certificates are accepted, shared by all connections; None for plain HTTP.
    """

    def __init__(self, connections: int, trust: ssl.SSLContext | None) -> None:
        self._trust = trust
        super().__init__(pool_connections=2, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make connections of our kind."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make connections of our kind through a proxy, which needs the same trust when it speaks TLS itself."""
        manager = super().proxy_manager_for(proxy, proxy_ssl_context=self._trust, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        """Give each pool our trust in place of a path to read it from."""
        where, _ = super().build_connection_pool_key_attributes(*args, **kwargs)
        return where, {"ssl_context": self._trust, "cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, *_: Any, **__: Any) -> None:
        """Do nothing: requests would name the authorities once more, and urllib3 read them again for each connection."""
