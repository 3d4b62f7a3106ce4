"""
Examine the set-up: one finding for each thing that must be right, and what to do if it is not.

Changes nothing. It shows only the source and length of the API key.
"""

import os
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from checkly_dynamic._version import __version__
from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import SETTINGS, Settings
from checkly_dynamic.cli.pulumi_setup import Finding, examine_cli, examine_hosts, examine_program
from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.core.deadline import Clock, Deadline, DeadlinePassed, leave_at
from checkly_dynamic.core.sessions import string
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ChecklyError, ConfigError
from checkly_dynamic.plugin.spelling import native_settings, setting_names

_ANSWER_SECONDS = 15.0

_CONFIG_ADVICE = {
    "incorrect passphrase": "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of this stack.",
    "passphrase": "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
    "no stack": "Select a stack with `pulumi stack select`, or name it with --stack.",
    "login": "Log in with `pulumi login`, or set PULUMI_ACCESS_TOKEN.",
}
"""What Pulumi's error contains → what to do."""

_NETWORK = ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The environment variables that change how Checkly is reached."""

_REQUEST_ADVICE = "Check the API key, the account id, checkly:apiUrl and the network. --offline skips this request."


def examine(
    stack: PulumiStack,
    *,
    offline: bool = False,
    environ: Mapping[str, str] = os.environ,
    clock: Clock | None = None,
) -> Iterator[Finding]:
    """Examine the set-up step by step, in the order in which to repair it; with *offline*, send no request."""
    yield Finding("this package", f"checkly-dynamic {__version__} on Python {platform.python_version()}")
    yield examine_cli(stack)
    language = "python"
    if shutil.which("pulumi"):
        language, program = examine_program(stack)
        yield from examine_hosts(language)
        yield program
    native = language != "python"
    spelt = setting_names if native else str
    for finding in _account(stack, native=native, offline=offline, environ=environ, clock=clock):
        yield replace(finding, text=spelt(finding.text), todo=spelt(finding.todo))


def _account(
    stack: PulumiStack, *, native: bool, offline: bool, environ: Mapping[str, str], clock: Clock | None
) -> Iterator[Finding]:
    config, finding = _config(stack, native=native)
    yield finding
    settings: Settings | None = None
    try:
        settings = Settings.load(lambda key: config[key].get("value") if key in config else None, environ)
    except ConfigError as error:
        yield from (_setting_problem(problem) for problem in error.problems)
    if settings is not None:
        yield _api_key(settings)
        yield Finding("account", f"{printable(settings.account_id)}, from {settings.sources['account_id']}")
        yield Finding("API", f"{_server(settings)}, {settings.api_version}")
    # A value may hold a password.
    if found := [name for name in _NETWORK if environ.get(name) or environ.get(name.lower())]:
        yield Finding("network", f"the environment sets {', '.join(found)}")
    if offline:
        yield Finding("Checkly", "not asked (--offline)")
    elif settings is not None and not _api_key(settings).ok:
        yield Finding("Checkly", "not asked, because the key does not belong there")
    elif settings is not None:
        yield _checkly(settings, clock)


def _config(stack: PulumiStack, *, native: bool) -> tuple[Mapping[str, Any], Finding]:
    subject = "stack config"
    if stack.is_missing:
        return {}, Finding(subject, "there is no Pulumi project here, so only the environment counts")
    try:
        config = native_settings(stack.config()) if native else stack.config()
    except NotReadable as error:
        known = (advice for part, advice in _CONFIG_ADVICE.items() if part in str(error))
        todo = next(known, "Fix what Pulumi reports.")
        return {}, Finding(subject, str(error), f"{todo} Only the environment was examined.")
    key = SETTINGS["api_key"][0]
    if key in config and not config[key].get("secret"):
        todo = f"Replace the key in Checkly: everyone could read it. Then run `pulumi config set --secret {key}`."
        return config, Finding(subject, f"{key} is stored in plain text", todo)
    ours = [name for name, _ in SETTINGS.values() if name in config]
    return config, Finding(subject, f"sets {', '.join(ours)}" if ours else "sets none of the settings for Checkly")


def _setting_problem(problem: str) -> Finding:
    cause, _, advice = problem.partition("; ")
    return Finding(
        "settings", printable(cause), advice[:1].upper() + advice[1:] or "Set it to a value that is allowed."
    )


def _server(settings: Settings) -> str:
    """Return the server without the path, which may hold a secret."""
    return settings.origin + ("" if settings.api_url == settings.origin else "/… (with a path)")


def _api_key(settings: Settings) -> Finding:
    """Compare the kind of the key with the kind of the server."""
    key = settings.api_key.reveal()
    text = f"from {settings.sources['api_key']}, {len(key)} characters"
    variables = " or ".join(SETTINGS["api_url"])
    if settings.is_local and re.fullmatch(r"(cu|sv)_[0-9A-Za-z]{20,}", key):
        text += f"; it looks like a real key, but {_server(settings)} is this machine"
        todo = f"Use a made-up key for a local Checkly, or remove {variables} to use Checkly itself."
        return Finding("API key", text, todo)
    if not settings.is_local and re.search(r"made.up", key):
        text += f"; it is a made-up key, but {_server(settings)} is not this machine"
        todo = f"Set a key of your Checkly account, or set {variables} to the address of the local Checkly."
        return Finding("API key", text, todo)
    return Finding("API key", text)


def _checkly(settings: Settings, clock: Clock | None) -> Finding:
    deadline = Deadline(_ANSWER_SECONDS, clock)

    def ask() -> Mapping[str, Any]:
        with Client(settings) as client:
            return client.account(deadline=deadline)

    try:
        name = leave_at(deadline, ask).get("name")
    except DeadlinePassed:
        return Finding("Checkly", f"did not answer within {_ANSWER_SECONDS:.0f} seconds", _REQUEST_ADVICE)
    except ChecklyError as error:
        return Finding("Checkly", printable(str(error)), _REQUEST_ADVICE)
    return Finding("Checkly", f"answers for the account {printable(string(name), limit=80) or 'without a name'}")
