"""Fixtures for tests on real sockets: a server that misbehaves, and a client with a key that must never show."""

import contextlib
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from fault_server import FaultServer
from operating import clean_environment, make_client  # noqa: F401 - a fixture of all these tests

from checkly_dynamic.api.client import Client


@pytest.fixture
def serve() -> Iterator[Callable[..., FaultServer]]:
    """Return a function that starts a server with the given steps."""
    with contextlib.ExitStack() as stack:
        yield lambda *script, **arguments: stack.enter_context(FaultServer(list(script), **arguments))


@pytest.fixture
def connect() -> Iterator[Callable[..., Client]]:
    """Return a function that makes a client for a base URL."""
    with contextlib.ExitStack() as stack:
        yield lambda url, **arguments: stack.enter_context(make_client(url, **arguments))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Make a certificate authority."""
    return trustme.CA()


@pytest.fixture
def tls(authority: trustme.CA) -> Callable[..., ssl.SSLContext]:
    """Return a function that makes a server's TLS context with a certificate for the given names."""

    def make(*names: str, by: trustme.CA = authority, **arguments: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        by.issue_cert(*names, **arguments).configure_cert(context)
        return context

    return make


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the client trust this authority."""
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
