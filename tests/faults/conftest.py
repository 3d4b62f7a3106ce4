"""Fixtures for tests on real sockets: a server that misbehaves, and a client with a key that must never show."""

from __future__ import annotations

import contextlib
import ssl
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

# Tests import the fault server and the plugin host by name.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))

import operating
from fault_server import FaultServer
from wire_data import BODY, leaks

from checkly_dynamic.api.client import Client
from checkly_dynamic.core.deadline import Clock, Deadline
from checkly_dynamic.core.sending import send_until
from checkly_dynamic.core.sessions import Kind, Run
from checkly_dynamic.errors import ChecklyError


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
def connect() -> Iterator[Callable[..., Client]]:
    """Return a function that makes a client with the canary key for a base URL; it tries again quickly."""
    with contextlib.ExitStack() as stack:

        def make(url: str, **arguments: Any) -> Client:
            return stack.enter_context(operating.connect(url, **arguments))

        yield make


@pytest.fixture
def trigger() -> Callable[..., list[Run]]:
    """Return a function that sends a trigger request and leaves at its deadline, as the triggers do."""

    def send(
        client: Client,
        *,
        kind: Kind = "check",
        seconds: float = 10.0,
        clock: Clock | None = None,
        before_trigger: Callable[[], None] = lambda: None,
    ) -> list[Run]:
        deadline = Deadline(seconds, clock)
        return send_until(
            deadline,
            lambda sending: client.start(kind, BODY, deadline=deadline, sending=sending),
            before_trigger=before_trigger,
        )

    return send


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
        assert error.__cause__ is None, "the HTTP library's own exception holds the request's headers"
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
