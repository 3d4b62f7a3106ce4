"""
What the environment says about the way to the server: proxies and certificate authorities.

The variables are those of ``requests``. ``.netrc`` is never read: it would replace the credentials that were set.
"""

from __future__ import annotations

import functools
import os
import ssl
from pathlib import Path
from urllib.parse import unquote
from urllib.request import getproxies

import urllib3

from checkly_dynamic.api.settings import is_loopback
from checkly_dynamic.api.transport.sockets import TlsSocket
from checkly_dynamic.errors import ConfigError

__all__ = ["passwords", "proxy_for", "trust"]


def proxy_for(url: str) -> str | None:
    """
    Read HTTPS_PROXY, ALL_PROXY and NO_PROXY, or where the operating system keeps them. This machine itself is never reached
    through a proxy.

    Returns:
        The URL of the proxy, None when there is none for this URL.

    Raises:
        ConfigError: The proxy cannot be used. Its URL is not shown, because it may hold a password.
    """
    if is_loopback((urllib3.util.parse_url(url).host or "").strip("[]")):
        return None
    if not getproxies():
        return None
    import requests  # noqa: PLC0415 - the best known rules for NO_PROXY; 20 ms that only those with a proxy pay

    chosen = requests.utils.select_proxy(url, dict(requests.utils.get_environ_proxies(url)))
    if not chosen:
        return None
    try:
        parsed = urllib3.util.parse_url(chosen if "://" in chosen else f"http://{chosen}")
    except urllib3.exceptions.LocationParseError:
        parsed = urllib3.util.Url()
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigError(
            ["environment variable HTTPS_PROXY or ALL_PROXY: must be http://HOST:PORT or https://HOST:PORT"]
        )
    if "@" in parsed.request_uri + (parsed.fragment or ""):
        advice = "user and password must be percent-encoded, such as %23 for # and %2F for /"
        raise ConfigError([f"environment variable HTTPS_PROXY or ALL_PROXY: {advice}"])
    return parsed.url


def trust() -> ssl.SSLContext:
    """
    Read REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE: a file or folder to trust in place of the usual authorities.

    Returns:
        What every TLS connection of this process shares, because reading the authorities takes longer than a handshake.

    Raises:
        ConfigError: There is no such file, it cannot be read, or it holds no certificate; or SSLKEYLOGFILE, which OpenSSL's
            users know, names a file that cannot be written.
    """
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(variable)
        if path:
            return _trusting(path, f"environment variable {variable}")
    import certifi  # noqa: PLC0415 - only for who has no file of his own, and not without TLS

    return _trusting(certifi.where(), "certifi")


@functools.cache
def _trusting(path: str, named: str) -> ssl.SSLContext:
    try:
        context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    except OSError:
        raise ConfigError(["environment variable SSLKEYLOGFILE: this file cannot be written"]) from None
    context.sslsocket_class = TlsSocket
    try:
        context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
    except ssl.SSLError:
        raise ConfigError([f"{named}: this file holds no certificates"]) from None
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError([f"{named}: there is no such file"]) from None
    except (OSError, ValueError):
        raise ConfigError([f"{named}: this file cannot be read"]) from None
    return context


def passwords(proxy: str | None) -> list[str]:
    """List the password of a proxy as it stands in its URL and decoded."""
    user, _, password = (urllib3.util.parse_url(proxy or "").auth or "").partition(":")
    return sorted({text for text in (password or user, unquote(password or user)) if text})
