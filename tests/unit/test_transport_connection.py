"""How a connection shares its time among the addresses of a host, apart from any socket."""

from __future__ import annotations

import socket

import pytest
import urllib3

from checkly_dynamic.transport import connection
from checkly_dynamic.transport.connection import HttpPool, NotConnected
from checkly_dynamic.transport.pools import pools


def test_each_address_has_its_share(monkeypatch):
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
    pool = HttpPool("checkly.test", 3000, timeout=urllib3.Timeout(connect=60, total=60), retries=False)
    with pytest.raises(NotConnected, match="not connected") as caught:
        pool.urlopen("GET", "/")
    assert asked == [("checkly.test", 3000, {"type": socket.SOCK_STREAM})]
    assert [address for address, _ in tried] == [(f"192.0.2.{n}", 3000) for n in (1, 2, 3)]
    assert [seconds for _, seconds in tried] == pytest.approx([20, 30, 60], abs=10)
    assert not caught.value.proxy


@pytest.mark.parametrize(("url", "proxy"), [("http://[::1]:8080", None), ("https://checkly.test", "http://[::1]:8080")])
def test_the_brackets_of_an_address_are_no_part_of_it(monkeypatch, url, proxy):
    """A server and a proxy may be given by an IPv6 address."""
    asked = []

    def addresses(host, port, **_):
        asked.append((host, port))
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    with pytest.raises(NotConnected):
        pools(1, trust=None, proxy=proxy).urlopen("GET", url, retries=False)
    assert asked == [("::1", 8080)]
