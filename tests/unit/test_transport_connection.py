"""How a connection shares its time among the addresses of a host, apart from any socket."""

from __future__ import annotations

import socket

import pytest
import urllib3

from checkly_dynamic.transport import connection
from checkly_dynamic.transport.connection import HttpPool, NotConnected


@pytest.mark.parametrize(("host", "name"), [("checkly.test", "checkly.test"), ("[::1]", "::1")])
def test_each_address_has_its_share(monkeypatch, host, name):
    """Three addresses that fail at once: each is given an equal part of the time that is left."""
    asked, tried = [], []

    def addresses(host, port, **hints):
        asked.append((host, port, hints))
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{n}", port)) for n in (1, 2, 3)]

    def refuse(address, seconds, **_):
        tried.append((address, seconds))
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    monkeypatch.setattr(connection, "create_connection", refuse)
    pool = HttpPool(host, 3000, timeout=urllib3.Timeout(connect=60, total=60), retries=False)
    with pytest.raises(NotConnected, match="not connected") as caught:
        pool.urlopen("GET", "/")
    assert asked == [(name, 3000, {"type": socket.SOCK_STREAM})]
    assert [address for address, _ in tried] == [(f"192.0.2.{n}", 3000) for n in (1, 2, 3)]
    assert [seconds for _, seconds in tried] == pytest.approx([20, 30, 60], abs=10)
    assert not caught.value.proxy
