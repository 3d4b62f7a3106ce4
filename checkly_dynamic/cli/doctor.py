"""Examine the set-up: what must be right, and what to do if it is not. Shows only the source and length of the API key."""

import os
import platform
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checkly_dynamic._version import __version__
from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import SETTINGS, Settings
from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack, output_of
from checkly_dynamic.core.deadline import Deadline, DeadlinePassed, leave_at
from checkly_dynamic.core.sessions import string
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ApiError, ChecklyError, ConfigError
from checkly_dynamic.plugin.spelling import native_settings, setting_names

_OLDEST_CLI = (3, 216)  # for the oldest SDK that this package allows

_IMPORTS = "import sys; sys.tracebacklimit = 0; import checkly_dynamic.provider, checkly_dynamic.api.client"
_SHOW = f"{_IMPORTS}; print(checkly_dynamic.__version__, sys.version.split()[0])"

_PYTHON = "Python of the program"
_REPAIR = "Fix what `pulumi about` reports; `pulumi install` sets up the Python environment of a project."

_ANSWER_SECONDS = 15.0
_NETWORK = ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
"""The environment variables that change how Checkly is reached."""


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was examined, what was found, and what to do (empty if all is well)."""

    subject: str
    text: str
    todo: str = ""


def examine(stack: PulumiStack, *, offline: bool = False) -> Iterator[Finding]:
    """Examine the set-up step by step, in the order in which to repair it; with *offline*, send no request."""
    yield Finding("this package", f"checkly-dynamic {__version__} on Python {platform.python_version()}")
    yield _cli(stack)
    language = "python"
    if shutil.which("pulumi"):
        language, program = _program(stack)
        yield from _hosts(language)
        yield program
    native = language != "python"
    spelt = setting_names if native else str
    for finding in _account(stack, native=native, offline=offline):
        yield replace(finding, text=spelt(finding.text), todo=spelt(finding.todo))


def _cli(stack: PulumiStack) -> Finding:
    try:
        version = printable(stack.run("version").decode(errors="replace"), limit=40)
    except NotReadable as error:
        return Finding("Pulumi CLI", str(error), "Install the Pulumi CLI: https://www.pulumi.com/docs/install/")
    match = re.match(r"v?(\d+)\.(\d+)\.", version)
    if match and (int(match[1]), int(match[2])) < _OLDEST_CLI:
        oldest = ".".join(map(str, _OLDEST_CLI))
        return Finding("Pulumi CLI", version, f"Update the Pulumi CLI to {oldest} or newer.")
    return Finding("Pulumi CLI", f"{version} ({shutil.which('pulumi')})")


def _hosts(language: str) -> Iterator[Finding]:
    """Examine whether the programs that the CLI needs for this language are on PATH or beside the CLI."""
    beside_cli = Path(shutil.which("pulumi") or "").resolve().parent
    programs = [f"pulumi-language-{language}", *(["pulumi-resource-pulumi-python"] if language == "python" else [])]
    for program in programs:
        found = shutil.which(program) or shutil.which(program, path=str(beside_cli))
        todo = f"Put {program} on PATH; the official installation of Pulumi has it beside the CLI."
        yield Finding(program, found or "not found on PATH or beside the CLI", "" if found else todo)


def _program(stack: PulumiStack) -> tuple[str, Finding]:
    """Return the program's language, and whether its Python, or the native provider for another language, is installed."""
    if stack.project is None:
        return "python", Finding(_PYTHON, "there is no Pulumi project in this folder or above it")
    try:
        about = replace(stack, name="").read("about", "--json")
    except NotReadable as error:
        return "python", Finding(_PYTHON, str(error), _REPAIR)
    runtime = about.get("runtime") or {}
    language = printable(runtime.get("language") or "python", limit=40)
    if language != "python":
        provider = shutil.which("pulumi-resource-checkly-sessions")
        text = provider or "not on PATH, so the project must say where it is, as plugins.providers in Pulumi.yaml does"
        return language, Finding("native provider", f"{text} (the program's language is {language})")
    if python := runtime.get("executable"):
        return "python", _import(python, stack.project)
    why = "; ".join(about.get("errors") or ["Pulumi does not name it"])
    return "python", Finding(_PYTHON, printable(why), _REPAIR)


def _import(python: str, project: Path) -> Finding:
    """Import the provider's modules with that Python."""
    try:
        said = output_of([python, "-W", "ignore", "-c", _SHOW], f"{python} cannot import checkly-dynamic", project, 60)
    except OSError as error:
        return Finding(_PYTHON, f"{python} does not run: {error.strerror}", _REPAIR)
    except NotReadable as error:
        todo = f"Install the package there: {python} -m pip install checkly-dynamic (or with uv or Poetry)."
        return Finding(_PYTHON, str(error), todo)
    version, _, python_version = printable(said.decode(errors="replace")).partition(" ")
    text = f"{python} (Python {python_version}) imports checkly-dynamic {version}"
    todo = f"Install version {__version__} there, which is the version of this command."
    return Finding(_PYTHON, text, "" if version == __version__ else todo)


def _account(stack: PulumiStack, *, native: bool, offline: bool) -> Iterator[Finding]:
    config, finding = _config(stack, native=native)
    yield finding
    # A value may hold a password.
    if found := [name for name in _NETWORK if os.environ.get(name) or os.environ.get(name.lower())]:
        yield Finding("network", f"the environment sets {', '.join(found)}")
    try:
        settings = Settings.load(lambda key: config[key].get("value") if key in config else None)
    except ConfigError as error:
        for problem in error.problems:
            cause, _, advice = problem.partition("; ")
            advice = advice or "set it to a value that is allowed."
            yield Finding("settings", printable(cause), advice[0].upper() + advice[1:])
        return
    key = _api_key(settings)
    yield key
    yield Finding("account", f"{printable(settings.account_id)}, from {settings.sources['account_id']}")
    yield Finding("API", f"{settings.origin}, {settings.api_version}")  # its path may hold a secret
    if offline:
        yield Finding("Checkly", "not asked (--offline)")
    elif not key.todo:
        yield _checkly(settings)


def _config(stack: PulumiStack, *, native: bool) -> tuple[Mapping[str, Any], Finding]:
    subject = "stack config"
    if stack.is_missing:
        return {}, Finding(subject, "there is no Pulumi project here, so only the environment counts")
    try:
        config = native_settings(stack.config()) if native else stack.config()
    except NotReadable as error:
        todo = "Fix what Pulumi reports."
        if "passphrase" in str(error):
            todo = "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of this stack."
        return {}, Finding(subject, str(error), f"{todo} Only the environment was examined.")
    key = SETTINGS["api_key"][0]
    if key in config and not config[key].get("secret"):
        todo = f"Replace the key in Checkly: everyone could read it. Then run `pulumi config set --secret {key}`."
        return config, Finding(subject, f"{key} is stored in plain text", todo)
    ours = [name for name, _ in SETTINGS.values() if name in config]
    return config, Finding(subject, f"sets {', '.join(ours)}" if ours else "sets none of the settings for Checkly")


def _api_key(settings: Settings) -> Finding:
    key = settings.api_key.reveal()
    text = f"from {settings.sources['api_key']}, {len(key)} characters"
    if settings.is_local and re.fullmatch(r"(cu|sv)_[0-9A-Za-z]{20,}", key):
        text += f"; it looks like a real key, but {settings.origin} is this machine"
        variables = " or ".join(SETTINGS["api_url"])
        todo = f"Use a made-up key for a local Checkly, or remove {variables} to use Checkly itself."
        return Finding("API key", text, todo)
    return Finding("API key", text)


def _checkly(settings: Settings) -> Finding:
    deadline = Deadline(_ANSWER_SECONDS)
    try:
        with Client(settings) as client:
            name = leave_at(deadline, lambda: client.account(deadline=deadline)).get("name")
    except (ChecklyError, DeadlinePassed) as error:
        why = printable(str(error)) or f"did not answer within {_ANSWER_SECONDS:.0f} seconds"
        todo = "Check the API key, the account id, checkly:apiUrl and the network. --offline skips this request."
        if settings.is_local and not isinstance(error, ApiError):
            todo = f"Start the local Checkly (checkly-dynamic emulator), or correct {settings.sources['api_url']}."
        return Finding("Checkly", why, todo)
    return Finding("Checkly", f"answers for the account {printable(string(name), limit=80) or 'without a name'}")
