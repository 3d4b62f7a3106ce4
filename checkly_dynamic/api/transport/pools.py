"""How ``urllib3`` gets its connections from us: straight to the server, or through a proxy."""

from __future__ import annotations

import base64
import ssl
from typing import Any
from urllib.parse import unquote

from urllib3 import PoolManager, ProxyManager
from urllib3.util import parse_url

from checkly_dynamic.api.transport.connection import HttpPool, HttpsPool

__all__ = ["pools"]


def pools(connections: int, *, trust: ssl.SSLContext | None, proxy: str | None) -> PoolManager:
    """
    Make pools of our connections.

    Args:
        connections: How many to one server are kept alive at most.

        trust: Which certificates are accepted, of the server and of a proxy that speaks TLS itself; None for plain HTTP.

        proxy: The URL of the proxy, None for none.
    """
    options: dict[str, Any] = {
        "num_pools": 2,
        "maxsize": connections,
        "ssl_context": trust,
        "cert_reqs": "CERT_REQUIRED",
    }
    manager = _through(proxy, **options) if proxy else PoolManager(**options)
    manager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return manager


def _through(proxy: str, **options: Any) -> ProxyManager:
    who = parse_url(proxy).auth
    # RFC 7617: user and password are joined, and nothing but the server decides on their alphabet; UTF-8 is what it recommends.
    headers = {"Proxy-Authorization": f"Basic {base64.b64encode(unquote(who).encode()).decode()}"} if who else {}
    return ProxyManager(proxy, proxy_headers=headers, proxy_ssl_context=options["ssl_context"], **options)
