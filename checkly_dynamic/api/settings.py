"""
Credentials and settings: from the stack's config, then from the environment.

A value that is present wins even when it is malformed: falling back to another credential than the one that was set would be
a surprise.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from checkly_dynamic.core.text import Secret
from checkly_dynamic.errors import ConfigError

__all__ = ["DEFAULT_API_URL", "SETTINGS", "Settings"]

DEFAULT_API_URL = "https://api.checklyhq.com"
"""Checkly's public API, the server named in its API document."""

SETTINGS = {
    "api_key": ("checkly:apiKey", "CHECKLY_API_KEY"),
    "account_id": ("checkly:accountId", "CHECKLY_ACCOUNT_ID"),
    "api_url": ("checkly:apiUrl", "CHECKLY_API_URL"),
    "api_version": ("checkly-dynamic:apiVersion", "CHECKLY_API_VERSION"),
}
"""Setting → (key in the stack's config, environment variable). The ``checkly:`` keys are those of Checkly's own provider."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """
    Credentials, base URL and version of the API.

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

    @property
    def is_local(self) -> bool:
        """Whether the API is on this machine, and so not Checkly's."""
        return _is_loopback(urlsplit(self.api_url).hostname or "")

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
            api_url=url.rstrip("/"),
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
    """Both are header values: a bad character is found here, because an HTTP library would print the header."""
    if not value.strip():
        return [f"{what} is blank"]
    if not value.isascii():
        return [f"{what} must contain only ASCII characters; copy it again"]
    if any(char.isspace() for char in value):
        return [f"{what} must not contain whitespace; copy it again"]
    if not value.isprintable():
        return [f"{what} must not contain control characters; copy it again"]
    return []


def _is_loopback(host: str) -> bool:
    """Tell whether a host name is this machine itself: ``localhost``, ``127.0.0.0/8`` or ``::1``."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url_problem(url: str) -> str | None:
    example = f"for example {DEFAULT_API_URL}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f"is not a valid URL, {example}"
    rules = (
        (parts.scheme in ("https", "http") and host, f"must start with https:// and a host name, {example}"),
        (url.isprintable() and " " not in url, f"must not contain whitespace or control characters, {example}"),
        ("@" not in parts.netloc, "must not contain a user name or password"),
        (not parts.query and not parts.fragment, "must not contain a query or fragment"),
        (
            parts.scheme == "https" or _is_loopback(host),
            "must start with https:// (http:// is allowed only for this machine, such as http://127.0.0.1:3000)",
        ),
    )
    return next((problem for kept, problem in rules if not kept), None)
