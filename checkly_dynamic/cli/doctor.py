"""
Examine the set-up: one finding for each thing that must be right, and what to do if it is not.

Changes nothing. Of the API key only its source and length are shown.
"""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from checkly_dynamic._version import __version__
from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import SETTINGS, Settings
from checkly_dynamic.cli.finding import Finding
from checkly_dynamic.cli.pulumi_setup import examine_pulumi
from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.core.deadline import Clock, Deadline, DeadlinePassed, leave_at
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ApiError, ChecklyError, ConfigError
from checkly_dynamic.plugin.spelling import native_settings, setting_names

__all__ = ["Finding", "examine"]

_ANSWER_SECONDS = 15.0

_CONFIG_ADVICE = {
    "incorrect passphrase": "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of this stack.",
    "passphrase": "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
    "no stack": "Select a stack with `pulumi stack select`, or name it with --stack.",
    "login": "Log in with `pulumi login`, or set PULUMI_ACCESS_TOKEN.",
}
"""What Pulumi's error contains → what to do."""

_STATUS_ADVICE = {
    400: "Check that checkly:accountId is the id of your account, a UUID.",
    401: "Copy the API key from Checkly again, or create a new one, and set it as checkly:apiKey.",
    403: "Check that checkly:accountId is the account of the key, and that the key's role is Read & Run or more.",
    404: "Check that checkly:apiUrl is the address of the Checkly API.",
}
_NETWORK_ADVICE = "Check the network, a proxy and checkly:apiUrl; --offline skips this request."
_STRICT_SINCE_3_13 = ("not marked critical", "Authority Key Identifier", "key usage")
"""Parts of OpenSSL's reasons for refusing a known authority under the strict rules that Python 3.13 made the default."""


def examine(
    stack: PulumiStack,
    *,
    offline: bool = False,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> Iterator[Finding]:
    """
    Examine the set-up step by step.

    Args:
        stack: The stack whose config is read, and the folder of its project.

        offline: Whether to send no request to Checkly.

        environ: The environment variables.

        clock: Where time comes from.

    Yields:
        Findings, in the order in which to repair them.
    """
    yield Finding("this package", ok=True, text=f"checkly-dynamic {__version__} on Python {platform.python_version()}")
    language, findings = examine_pulumi(stack)
    yield from findings
    native = language not in ("", "python")
    for finding in _account(stack, native=native, offline=offline, environ=environ, clock=clock):
        yield (
            replace(finding, text=setting_names(finding.text), todo=setting_names(finding.todo)) if native else finding
        )


def _account(
    stack: PulumiStack, *, native: bool, offline: bool, environ: Mapping[str, str], clock: Clock | None
) -> Iterator[Finding]:
    config, finding = _config(stack, native=native)
    yield finding
    settings, findings = _settings(config, environ)
    yield from findings
    yield from _network(environ)
    if offline:
        yield Finding("Checkly", ok=True, text="not asked (--offline)")
    elif any(finding.subject == "API key" and not finding.ok for finding in findings):
        yield Finding("Checkly", ok=True, text="not asked, because the key does not belong there")
    elif settings is not None:
        yield _checkly(settings, clock)


def _config(stack: PulumiStack, *, native: bool) -> tuple[Mapping[str, Any], Finding]:
    subject = "stack config"
    if stack.is_missing:
        text = "there is no Pulumi project in this folder or above it, so only the environment counts"
        return {}, Finding(subject, ok=True, text=text)
    try:
        config = native_settings(stack.config()) if native else stack.config()
    except NotReadable as error:
        known = (advice for part, advice in _CONFIG_ADVICE.items() if part in str(error))
        todo = next(known, "Fix what Pulumi reports.")
        return {}, Finding(subject, ok=False, text=str(error), todo=f"{todo} Only the environment was examined.")
    key = SETTINGS["api_key"][0]
    if key in config and not config[key].get("secret"):
        todo = (
            f"Replace the key in Checkly, because everyone could read it, and run `pulumi config set --secret {key}`."
        )
        return config, Finding(subject, ok=False, text=f"{key} is stored in plain text", todo=todo)
    ours = [name for name, _ in SETTINGS.values() if name in config]
    text = f"sets {', '.join(ours)}" if ours else "sets none of the settings for Checkly"
    return config, Finding(subject, ok=True, text=text)


def _settings(config: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    try:
        settings = Settings.load(lambda key: config[key].get("value") if key in config else None, environ)
    except ConfigError as error:
        return None, [_setting_problem(problem) for problem in error.problems]
    sources, url = settings.sources, urlsplit(settings.api_url)
    shown = f"{url.scheme}://{url.netloc}" + ("/… (with a path)" if url.path else "")  # a path may hold a secret
    return settings, [
        _api_key(settings, local=settings.is_local, shown=shown),
        Finding("account", ok=True, text=f"{printable(settings.account_id)}, from {sources['account_id']}"),
        Finding("API", ok=True, text=f"{shown}, {settings.api_version}"),
    ]


def _setting_problem(problem: str) -> Finding:
    cause = problem.partition("; ")[0]
    key, variable = next((names for names in SETTINGS.values() if any(name in cause for name in names)), ("it", "it"))
    secret = "--secret " if key == SETTINGS["api_key"][0] else ""
    todo = f"Set it with `pulumi config set {secret}{key}`, or set the environment variable {variable}."
    return Finding("settings", ok=False, text=printable(cause), todo=todo)


def _api_key(settings: Settings, *, local: bool, shown: str) -> Finding:
    """Compare the kind of the key with the kind of the server."""
    subject, key = "API key", settings.api_key.reveal()
    text = f"from {settings.sources['api_key']}, {len(key)} characters"
    variables = " or ".join(SETTINGS["api_url"])
    if local and re.fullmatch(r"(cu|sv)_[0-9A-Za-z]{20,}", key):
        todo = f"Use a made-up key for a local Checkly, or remove {variables} to use Checkly itself."
        return Finding(
            subject, ok=False, text=f"{text}; it looks like a real key, but {shown} is this machine", todo=todo
        )
    if not local and re.search(r"made.up", key):
        todo = f"Set a key of your Checkly account, or set {variables} to the address of the local Checkly."
        return Finding(
            subject, ok=False, text=f"{text}; it is a made-up key, but {shown} is not this machine", todo=todo
        )
    return Finding(subject, ok=True, text=text)


def _network(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Name the variables that change how Checkly is reached; a value may hold a password."""
    names = ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    found = [name for name in names if environ.get(name) or environ.get(name.lower())]
    if found:
        yield Finding("network", ok=True, text=f"the environment sets {', '.join(found)}")


def _checkly(settings: Settings, clock: Clock | None) -> Finding:
    deadline = Deadline(_ANSWER_SECONDS, clock)

    def ask() -> Mapping[str, Any]:
        with Client(settings) as client:
            return client.account(deadline=deadline)

    try:
        account = leave_at(deadline, ask)
    except DeadlinePassed:
        text = f"did not answer within {_ANSWER_SECONDS:.0f} seconds"
        return Finding("Checkly", ok=False, text=text, todo=_NETWORK_ADVICE)
    except ChecklyError as error:
        return Finding("Checkly", ok=False, text=printable(str(error)), todo=_advice(error))
    name = account.get("name")
    shown = printable(name, limit=80) if isinstance(name, str) else "without a name"
    return Finding("Checkly", ok=True, text=f"answers for the account {shown}")


def _advice(error: ChecklyError) -> str:
    """Say what to do after a failed request."""
    if isinstance(error, ApiError):
        return _STATUS_ADVICE.get(error.status, "Try again later, and check checkly:apiUrl.")
    if any(part in str(error) for part in _STRICT_SINCE_3_13):
        return (
            "The certificate authority is known, but Python 3.13 and newer refuse its certificate. "
            "Ask for a reissued one, or run the program with Python 3.12."
        )
    if "certificate" in str(error):
        return (
            "Set REQUESTS_CA_BUNDLE to a file with the certificate of your authority; "
            "SSL_CERT_FILE and the store of the system are not used."
        )
    return _NETWORK_ADVICE
