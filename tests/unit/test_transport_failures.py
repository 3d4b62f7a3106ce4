"""Every exception of the HTTP stack becomes one of our errors, and none is called unsent without proof."""

from __future__ import annotations

import http.client
import inspect
import socket
import ssl

import pytest
import urllib3
from checkly_dynamic.api.transport.connection import NotConnected
from checkly_dynamic.api.transport.failures import mapped, origin

from checkly_dynamic import errors
from checkly_dynamic.errors import ConnectFailed, ConnectionLost, InvalidResponse, ReadTimeout, TlsError, TransportError

WHERE = "https://api.example.com"
SECRET = "cu_CanaryQ7zX9vKp2LmW4"

# What each exception means when it comes alone. A new one in a new release of urllib3 fails the test below, so that somebody
# decides. "lost" is the safe answer: nobody knows whether the request was read.
URLLIB3 = {
    "lost": {
        "HTTPError", "PoolError", "RequestError", "SSLError", "ProxyError", "ProtocolError", "ConnectionError",
        "HostChangedError", "TimeoutStateError", "TimeoutError", "ConnectTimeoutError", "NewConnectionError",
        "NameResolutionError", "EmptyPoolError", "FullPoolError", "ClosedPoolError", "MaxRetryError", "ResponseError",
        "ResponseNotChunked", "BodyNotHttplibCompatible", "IncompleteRead", "InvalidChunkLength", "InvalidHeader",
        "ProxySchemeUnsupported", "HeaderParsingError", "UnrewindableBodyError",
    },
    "late": {"ReadTimeoutError"},
    "unreadable": {"DecodeError"},
    "unsent": {"ProxySchemeUnknown", "LocationValueError", "LocationParseError", "URLSchemeUnknown"},
    "warning": {
        "HTTPWarning", "SecurityWarning", "InsecureRequestWarning", "NotOpenSSLWarning", "SystemTimeWarning",
        "InsecurePlatformWarning", "DependencyWarning",
    },
}  # fmt: skip
MEANING = {"lost": ConnectionLost, "late": ReadTimeout, "unreadable": InvalidResponse, "unsent": ConnectFailed}


def classes(module):
    """List the exception classes that a module defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, Exception) and value.__module__.startswith(module.__name__)
    }


def test_every_exception_has_a_meaning():
    """A release of the HTTP stack with a new exception class fails here, so that it is not mapped by accident."""
    assert set(classes(urllib3.exceptions)) == set().union(*URLLIB3.values())


def example(kind):
    """Make an instance without its constructor, with the secret in its arguments as real ones have it."""
    error = kind.__new__(kind)
    error.args = (f"Bearer {SECRET} at https://user:{SECRET}@proxy",)
    return error


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        (kind, meaning)
        for name, kind in classes(urllib3.exceptions).items()
        for meaning, names in URLLIB3.items()
        if name in names and meaning != "warning"
    ],
)
def test_every_exception_becomes_one_of_ours(kind, meaning):
    """Alone or wrapped it has the documented meaning, and the message holds nothing of the exception's own text."""
    for error in (example(kind), _wrapped(example(kind))):
        found = mapped(error, WHERE)
        if meaning == "unsent" and error.__class__ is urllib3.exceptions.ProtocolError:
            assert found.sent == "maybe", "only the outermost exception proves that the request was not even built"
            continue
        assert type(found) is MEANING[meaning]
        assert found.sent == ("no" if meaning == "unsent" else "maybe")
        assert WHERE in str(found)
        assert SECRET[:6] not in str(found)


def _wrapped(error):
    outer = urllib3.exceptions.ProtocolError(error)
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    "error", [KeyError("x"), ValueError("x"), TypeError(), AssertionError(), MemoryError(), OSError()]
)
def test_an_unforeseen_exception_is_a_lost_connection(error):
    """What nobody thought of counts as "maybe sent"."""
    assert type(mapped(error, WHERE)) is ConnectionLost


def openssl(text, **attributes):
    """Make an error as Python's ssl module does."""
    error = ssl.SSLError(1, text)
    for name, value in attributes.items():
        setattr(error, name, value)
    return error


NO_WAY = f"could not connect to {WHERE}: "
NO_TRUST = f"no trusted connection to {WHERE} "
NOT_TRUSTED = "; if its certificate is from an authority of your own, set REQUESTS_CA_BUNDLE to its file"
BY_PROXY = f"the proxy for {WHERE} could not be used (see HTTPS_PROXY and NO_PROXY): "


@pytest.mark.parametrize(
    ("cause", "proxy", "kind", "text"),
    [
        (socket.gaierror(-2, SECRET), False, ConnectFailed, f"{NO_WAY}the host name is not known"),
        (TimeoutError(SECRET), False, ConnectFailed, f"{NO_WAY}it did not answer in time"),
        (ConnectionRefusedError(111, SECRET), False, ConnectFailed, f"{NO_WAY}it refused the connection"),
        (ConnectionResetError(SECRET), False, ConnectFailed, f"{NO_WAY}it closed the connection"),
        (ssl.SSLEOFError(8, SECRET), False, ConnectFailed, f"{NO_WAY}it closed the connection"),
        (ssl.SSLZeroReturnError(6, SECRET), True, ConnectFailed, f"{BY_PROXY}it closed the connection"),
        (http.client.BadStatusLine(SECRET), True, ConnectFailed, f"{BY_PROXY}it does not speak HTTP"),
        (OSError("Tunnel connection failed: 407 " + SECRET), True, ConnectFailed, f"{BY_PROXY}it answered CONNECT with 407"),
        (OSError("Tunnel failed: 407 " + SECRET), True, ConnectFailed, f"{BY_PROXY}the network or the proxy does not allow it"),
        (urllib3.exceptions.LocationParseError(SECRET), False, ConnectFailed, f"{NO_WAY}the address is not usable"),
        (openssl("x", verify_message="expired", reason="R"), False, TlsError, f"{NO_TRUST}(expired){NOT_TRUSTED}"),
        (openssl("x", reason="WRONG_VERSION"), True, TlsError,
         f"no trusted connection to the proxy for {WHERE} (WRONG_VERSION){NOT_TRUSTED}"),
        (openssl(SECRET), False, TlsError, f"{NO_TRUST}(the handshake failed){NOT_TRUSTED}"),
        (urllib3.exceptions.SSLError(openssl("x", reason="a\x1b" + "b" * 200)), False, TlsError,
         f"{NO_TRUST}(a�{'b' * 117}…){NOT_TRUSTED}"),
    ],
)  # fmt: skip
def test_no_connection(cause, proxy, kind, text):
    """What failed before a connection stood was certainly not sent, and the reason is told in our own words."""
    error = NotConnected(proxy=proxy)
    error.__cause__ = cause
    found = mapped(error, WHERE)
    assert type(found) is kind
    assert found.sent == "no"
    assert str(found) == text


def test_what_the_caller_is_handling_says_nothing():
    """An exception that happens to be the context of another one does not make a request look unsent."""
    error = urllib3.exceptions.ProtocolError("lost")
    error.__context__ = NotConnected(proxy=False)
    assert mapped(error, WHERE).sent == "maybe"


def test_everything_that_an_exception_wraps_is_looked_at():
    """The proof that nothing was sent counts wherever it stands."""
    assert mapped(urllib3.exceptions.ProtocolError(NotConnected(proxy=False), OSError()), WHERE).sent == "no"


def test_a_ring_of_causes_ends():
    """Exceptions that name each other do not hang the search."""
    one, other = OSError(), OSError()
    one.args, other.args = (other,), (one,)
    assert isinstance(mapped(one, WHERE), TransportError)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://api.checklyhq.com", "https://api.checklyhq.com"),
        ("https://proxy.corp/cu_CanaryQ7zX9vKp2LmW4/checkly", "https://proxy.corp"),
        ("http://127.0.0.1:3000/x", "http://127.0.0.1:3000"),
        ("http://[::1]:3000/x", "http://[::1]:3000"),
    ],
)
def test_only_the_origin_of_a_url_is_shown(url, shown):
    """A path may hold something secret."""
    assert origin(url) == shown


def test_every_error_is_exported_and_knows_what_was_sent():
    """The door names every class; each error of a request tells no, maybe or yes."""
    assert set(errors.__all__) == {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and not name.startswith("_") and issubclass(value, Exception)
    }
    for kind in vars(errors).values():
        if inspect.isclass(kind) and issubclass(kind, errors.TransportError | errors.ApiError):
            assert kind.sent in ("no", "maybe", "yes")
