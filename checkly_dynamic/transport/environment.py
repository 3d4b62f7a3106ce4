"""
What the environment says about the way to the server: proxies and certificate authorities.

The variables are those of ``requests``. ``.netrc`` is never read: it would replace the credentials that were set.
"""

from __future__ import annotations

import functools
import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import requests
import urllib3

from checkly_dynamic.config import is_loopback
from checkly_dynamic.errors import ConfigError

__all__ = ["passwords", "proxies", "trust"]


def proxies(url: str) -> dict[str, str]:
    """
    Read HTTPS_PROXY, ALL_PROXY and NO_PROXY. This machine itself is never reached through a proxy.

    Returns:
        URL scheme → proxy URL, empty when there is none for this URL.

    Raises:
        ConfigError: The proxy cannot be used. Its URL is not shown, because it may hold a password.
    """
    if is_loopback((urllib3.util.parse_url(url).host or "").strip("[]")):
        return {}
    chosen = requests.utils.select_proxy(url, dict(requests.utils.get_environ_proxies(url)))
    if not chosen:
        return {}
    try:
        proxy = urllib3.util.parse_url(chosen if "://" in chosen else f"http://{chosen}")
    except urllib3.exceptions.LocationParseError:
        proxy = urllib3.util.Url()
    if proxy.scheme not in ("http", "https") or not proxy.host:
        raise ConfigError(
            ["environment variable HTTPS_PROXY or ALL_PROXY: must be http://HOST:PORT or https://HOST:PORT"]
        )
    return {url.partition(":")[0]: proxy.url}


def trust() -> ssl.SSLContext:
    """
    Read REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE: a file or folder to trust in place of the usual authorities.

    Returns:
        What every TLS connection of this process shares, because reading the authorities takes longer than a handshake.

    Raises:
        ConfigError: There is no such file, or it holds no certificate.
    """
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        path = os.environ.get(variable)
        if path:
            if not Path(path).exists():
                raise ConfigError([f"environment variable {variable}: there is no such file"])
            try:
                return _trusting(path)
            except (OSError, ssl.SSLError):
                raise ConfigError([f"environment variable {variable}: this file holds no certificates"]) from None
    return _trusting(requests.utils.DEFAULT_CA_BUNDLE_PATH)


@functools.cache
def _trusting(path: str) -> ssl.SSLContext:
    context = urllib3.util.ssl_.create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
    return context


def passwords(proxies: Mapping[str, str]) -> list[str]:
    """List the passwords of proxies, as they stand in the URLs and decoded."""
    found = set()
    for proxy in proxies.values():
        user, _, password = (urllib3.util.parse_url(proxy).auth or "").partition(":")
        found |= {text for text in (password or user, unquote(password or user)) if text}
    return sorted(found)
