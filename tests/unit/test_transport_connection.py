"""What a transport is made of, and how a connection shares its time among the addresses of a host, apart from any socket."""

from __future__ import annotations

import socket
import time

import pytest
from checkly_dynamic.api.transport import Budget, Retries, Transport, connection
from checkly_dynamic.api.transport.connection import HttpPool, NotConnected, limits
from checkly_dynamic.api.transport.pools import pools

from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.errors import ConfigError, ConnectFailed


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
    pool = HttpPool("checkly.test", 3000, retries=False)
    now = time.monotonic()
    with limits(connecting=now + 60, exchange=now + 70), pytest.raises(NotConnected, match="not connected") as caught:
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
    now = time.monotonic()
    with limits(connecting=now + 60, exchange=now + 60), pytest.raises(NotConnected):
        pools(1, trust=None, proxy=proxy).urlopen("GET", url, retries=False)
    assert asked == [("::1", 8080)]


def transport(url="http://127.0.0.1:3000", **arguments):
    """Make a transport that gives up after the first failure."""
    environ = {"CHECKLY_API_KEY": "cu_x", "CHECKLY_ACCOUNT_ID": "an-account", "CHECKLY_API_URL": url}
    return Transport(Settings.load(lambda _: None, environ), retries=Retries(failures=1), **arguments)


@pytest.mark.parametrize(("seconds", "most"), [(100.0, 10.0), (3.0, 3.0)])
def test_a_connection_has_ten_seconds_or_what_is_left(monkeypatch, seconds, most):
    """A host that does not answer at all costs ten seconds of a long deadline, so that there is time to try again."""
    tried = []

    def silent(_, share, **__):
        tried.append(share)
        raise TimeoutError

    monkeypatch.setattr(connection, "create_connection", silent)
    with pytest.raises(ConnectFailed, match="did not answer in time"):
        transport().read("/", deadline=Deadline(seconds), seconds=60)
    assert tried == [pytest.approx(most, abs=1)]


def test_the_budget_is_the_account_s(monkeypatch):
    """Unless told otherwise, transports of one account at one server share their budget."""
    asked = []
    monkeypatch.setattr(Budget, "shared", lambda *whose: asked.append(whose) or Budget())
    transport()
    transport(budget=Budget())
    assert asked == [("http://127.0.0.1:3000", "an-account")]


def test_authorities_are_read_for_tls_only(monkeypatch):
    """A bundle that is not there is told before anything is sent, but hinders nobody who uses no TLS."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    assert transport()
    with pytest.raises(ConfigError, match="REQUESTS_CA_BUNDLE"):
        transport("https://checkly.test")
