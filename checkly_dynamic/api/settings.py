"""Credentials and settings, from the stack's config, then from the environment; one that is set wins even if it is malformed."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from checkly_dynamic.core.text import Secret
from checkly_dynamic.errors import ConfigError

DEFAULT_API_URL = "https://api.checklyhq.com"
"""Checkly's public API, the server named in its API document."""

SETTINGS = {
    "api_key": ("checkly:apiKey", "CHECKLY_API_KEY"),
    "account_id": ("checkly:accountId", "CHECKLY_ACCOUNT_ID"),
    "api_url": ("checkly:apiUrl", "CHECKLY_API_URL"),
    "api_version": ("checkly-dynamic:apiVersion", "CHECKLY_API_VERSION"),
}
"""Setting → (key in the stack's config, environment variable). Checkly's own provider uses the same ``checkly:`` keys."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Credentials, base URL (without a trailing slash) and API version; *sources* names the source of each in messages."""

    api_key: Secret
    account_id: str
    api_url: str
    api_version: str
    sources: Mapping[str, str]

    @property
    def is_local(self) -> bool:
        """Whether the API is on this machine, and so not Checkly's."""
        return _is_loopback(urlsplit(self.api_url).hostname or "")

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL; its path may hold a secret."""
        parts = urlsplit(self.api_url)
        return f"{parts.scheme}://{parts.netloc}"

    @classmethod
    def load(cls, config: Callable[[str], Any], environ: Mapping[str, str] = os.environ) -> Settings:
        """
        Read and validate the settings; *config* returns the value of a key of the stack's config, or None.

        Raises ConfigError with one line for each missing or malformed setting. No value is echoed.
        """
        values: dict[str, str | None] = {}
        sources: dict[str, str] = {}
        for name, (key, variable) in SETTINGS.items():
            value, sources[name] = config(key), f"config {key}"
            if value is None and variable in environ:
                value, sources[name] = environ[variable], f"environment variable {variable}"
            values[name] = None if value is None else str(value)
        url = DEFAULT_API_URL if values["api_url"] is None else values["api_url"]
        version = values["api_version"] or "v1"
        found = (
            _credential_problem("api_key", values["api_key"], sources["api_key"]),
            _credential_problem("account_id", values["account_id"], sources["account_id"]),
            _url_problem(url, sources["api_url"]),
            None if version in ("v1", "v2") else f'{sources["api_version"]}: must be "v1" or "v2"',
        )
        if problems := [problem for problem in found if problem]:
            raise ConfigError(problems)
        return cls(
            api_key=Secret(values["api_key"] or ""),
            account_id=values["account_id"] or "",
            api_url=url.rstrip("/"),
            api_version=version,
            sources=sources,
        )


_CREDENTIALS = {
    "api_key": ("API key", "--secret checkly:apiKey"),
    "account_id": ("account id", "checkly:accountId ID"),
}
"""Credential → its name in messages, and the arguments of ``pulumi config set``."""


def _credential_problem(name: str, value: str | None, source: str) -> str | None:
    """Find bad characters in a credential here, because an HTTP library would print the whole header."""
    what, arguments = _CREDENTIALS[name]
    key, variable = SETTINGS[name]
    if value is None:
        return (
            f"{key}: the Checkly {what} is not set; run `pulumi config set {arguments}` "
            f"or set the environment variable {variable}"
        )
    if name == "account_id" and value.startswith("cu_"):
        return f"{source}: this looks like an API key, not an account id; are the two swapped?"
    if not value.strip():
        return f"{source}: the {what} is blank"
    if not value.isascii() or not value.isprintable() or " " in value:
        return f"{source}: the {what} must contain only printable ASCII characters and no whitespace; copy it again"
    return None


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url_problem(url: str, source: str) -> str | None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f"{source}: is not a valid URL, for example {DEFAULT_API_URL}"
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        return (
            f"{source}: must start with https:// and a host name, for example {DEFAULT_API_URL} "
            "(http:// is allowed only for this machine, such as http://127.0.0.1:3000)"
        )
    if "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable() or " " in url:
        return f"{source}: must not contain a user name, a password, a query, a fragment or whitespace"
    return None
