"""
Credentials and settings: from the stack's config, then from the environment.

Reads plain mappings, so it needs no Pulumi. A value that is present wins even when it is malformed: falling back to another
credential than the one that was set would be a surprise.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from checkly_dynamic.core.text import Secret
from checkly_dynamic.errors import ConfigError

__all__ = ["DEFAULT_API_URL", "SETTINGS", "Settings", "is_loopback"]

DEFAULT_API_URL = "https://api.checklyhq.com"
"""Checkly's public API, the server named in its API document."""

SETTINGS = {
    "api_key": ("checkly:apiKey", "CHECKLY_API_KEY"),
    "account_id": ("checkly:accountId", "CHECKLY_ACCOUNT_ID"),
    "api_url": ("checkly:apiUrl", "CHECKLY_API_URL"),
    "api_version": ("checkly-dynamic:apiVersion", "CHECKLY_API_VERSION"),
}
"""Setting → (key in the stack's config, environment variable). The ``checkly:`` keys are those of Checkly's own provider."""


class Settings(NamedTuple):
    """
    What is needed to talk to Checkly.

    Attributes:
        api_key: Hidden in every representation.
        account_id: Sent as ``X-Checkly-Account``.
        api_url: Base URL without a trailing slash.
        api_version: ``"v1"`` or ``"v2"``.
        sources: Setting → where it came from, to name the source in messages (never the value).
    """

    api_key: Secret
    account_id: str
    api_url: str
    api_version: str
    sources: Mapping[str, str]

    @classmethod
    def load(cls, config: Callable[[str], Any], environ: Mapping[str, str]) -> Settings:
        """
        Read and validate the settings.

        Args:
            config: Returns the value of a key of the stack's config, or None.

            environ: The environment, used for what config does not set.

        Returns:
            The settings.

        Raises:
            ConfigError: With one line for each missing or malformed setting. No value is echoed.
        """
        values: dict[str, str | None] = {}
        sources: dict[str, str] = {}
        for name, (key, variable) in SETTINGS.items():
            value = config(key)
            sources[name] = f"config {key}"
            if value is None and variable in environ:
                value, sources[name] = environ[variable], f"environment variable {variable}"
            values[name] = value if value is None or isinstance(value, str) else str(value)
        problems = [
            *_api_key_problems(values["api_key"], sources["api_key"]),
            *_account_problems(values["account_id"], sources["account_id"]),
        ]
        url = DEFAULT_API_URL if values["api_url"] is None else values["api_url"]
        if problem := _url_problem(url):
            problems.append(f"{sources['api_url']}: {problem}")
        version = values["api_version"] or "v1"
        if version not in ("v1", "v2"):
            problems.append(f'{sources["api_version"]}: must be "v1" or "v2"')
        if problems:
            raise ConfigError(problems)
        return cls(
            api_key=Secret(values["api_key"] or ""),
            account_id=values["account_id"] or "",
            api_url=_usual(url),
            api_version=version,
            sources=sources,
        )


def _api_key_problems(value: str | None, source: str) -> list[str]:
    if value is None:
        return [
            (
                "checkly:apiKey: the Checkly API key is not set; run `pulumi config set --secret checkly:apiKey` "
                "or set the environment variable CHECKLY_API_KEY"
            )
        ]
    return _header_problems(value, f"{source}: the API key")


def _account_problems(value: str | None, source: str) -> list[str]:
    if value is None:
        return [
            (
                "checkly:accountId: the Checkly account id is not set; run `pulumi config set checkly:accountId ID` "
                "or set the environment variable CHECKLY_ACCOUNT_ID"
            )
        ]
    if value.startswith("cu_"):
        return [f"{source}: this looks like an API key, not an account id; are the two swapped?"]
    return _header_problems(value, f"{source}: the account id")


def _header_problems(value: str, what: str) -> list[str]:
    """Both travel as header values: a bad character must be found here, because an HTTP library would print the header."""
    if not value.strip():
        return [f"{what} is blank"]
    if not value.isascii():
        return [f"{what} has characters that are not ASCII; copy it again"]
    if any(char.isspace() for char in value):
        return [f"{what} has a space or line break in it; copy it again without"]
    if not value.isprintable():
        return [f"{what} has control characters in it; copy it again"]
    return []


def is_loopback(host: str) -> bool:
    """Tell whether a host name is this machine itself: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_BRACKETS = re.compile(r"(\[[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*\]|[^\[\]:]*)(:\d*)?")
"""Brackets stand only around a whole IPv6 address. Python lets more pass than what will read the URL later."""


def _url_problem(url: str) -> str | None:
    example = f"for example {DEFAULT_API_URL}"
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return f"must be a plain URL without spaces, backslashes or special characters, {example}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f"is not a valid URL (host or port), {example}"
    segments = parts.path.split("/")
    rules = [
        (parts.scheme in ("https", "http"), f"must start with https://, {example}"),
        ("@" not in parts.netloc, "must not contain a user name or password"),
        (host, f"has no host, {example}"),
        (not set(url) & {"?", "#"}, "must not contain a query or fragment"),
        (_is_host(host) and _BRACKETS.fullmatch(parts.netloc), f"is not a valid host name, {example}"),
        (re.fullmatch(r"[A-Za-z0-9._~/-]*", parts.path), "must have only letters, digits and -._~/ in its path"),
        ("//" not in parts.path, "must not contain an empty or dotted path segment"),
        (not set(segments) & {".", ".."}, "must not contain an empty or dotted path segment"),
        (
            parts.scheme == "https" or is_loopback(host),
            "must start with https:// (http:// is allowed only for this machine, such as http://127.0.0.1:3000)",
        ),
    ]
    return next((text for kept, text in rules if not kept), None)


def _usual(url: str) -> str:
    """Write the scheme in small letters, as everything below compares it, and leave out the slash at the end."""
    scheme, _, rest = url.partition(":")
    return f"{scheme.lower()}:{rest.rstrip('/')}"


def _is_host(host: str) -> bool:
    """Whether every library will understand the same host: an IP address, or labels of letters, digits, - and _."""
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host).scope_id is None
        except ValueError:
            return False
    labels = host.removesuffix(".").split(".")
    return len(host) <= 253 and all(re.fullmatch(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)", label) for label in labels)
