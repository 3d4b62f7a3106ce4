"""Fixtures for tests on real sockets: a server that misbehaves, a client that must not, a key that must never show."""

from __future__ import annotations

import contextlib
import ssl
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

sys.path.insert(0, str(Path(__file__).parent))  # tests import the fault server by name

from canary import ACCOUNT, KEY, leaks
from checkly_dynamic.api.transport import Budget, Retries, Transport
from fault_server import FaultServer

from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.errors import ChecklyError

QUICK = Retries(first_wait=0.01, longest_wait=0.05)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep proxies, certificates, credentials and the home folder of this machine out of every test."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in ("CHECKLY_API_KEY", "CHECKLY_ACCOUNT_ID", "CHECKLY_API_URL", "CHECKLY_API_VERSION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def serve() -> Iterator[Callable[..., FaultServer]]:
    """Return a function that starts a server with the given steps."""
    with contextlib.ExitStack() as stack:

        def start(*script: Any, **arguments: Any) -> FaultServer:
            return stack.enter_context(FaultServer(list(script), **arguments))

        yield start


@pytest.fixture
def settings() -> Callable[..., Settings]:
    """Return a function that makes settings with the canary key for a base URL."""

    def make(url: str, version: str = "v1") -> Settings:
        values = {"api_key": KEY, "account_id": ACCOUNT, "api_url": url, "api_version": version}
        environ = {
            f"CHECKLY_{name.upper()}": value for name, value in values.items()
        }  # the names of the variables are those of the settings
        return Settings.load(lambda _: None, environ)

    return make


@pytest.fixture
def connect(settings: Callable[..., Settings]) -> Iterator[Callable[..., Client]]:
    """Return a function that makes a client for a base URL; it tries again quickly and has a budget of its own."""
    with contextlib.ExitStack() as stack:

        def make(
            url: str, *, version: str = "v1", retries: Retries = QUICK, budget: Budget | None = None, **arguments: Any
        ) -> Client:
            where = settings(url, version)
            transport = Transport(where, retries=retries, budget=budget or Budget(), **arguments)
            return stack.enter_context(Client(where, transport))

        yield make


@pytest.fixture
def raised() -> Callable[..., Any]:
    """Return a function that calls something, expects one of our errors, and proves that it shows no piece of the key."""

    def expect(kind: type[ChecklyError], call: Callable[[], Any]) -> Any:
        with pytest.raises(kind) as caught:
            call()
        error = caught.value
        assert type(error) is kind
        shown = [str(error), repr(error), repr(vars(error)), "".join(traceback.format_exception(error))]
        assert leaks("\n".join(shown)) == []
        assert error.__cause__ is None, "the HTTP stack's own exception holds the request's headers"
        assert not (
            error.__context__ and not error.__suppress_context__ and not isinstance(error.__context__, ChecklyError)
        )
        return error

    return expect


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Make a certificate authority of our own."""
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
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the client trust our authority."""
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    return bundle
