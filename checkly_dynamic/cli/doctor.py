"""
Examine the set-up: one finding for each thing that must be right, and what to do where it is not.

Changes nothing. Of the API key only the source and the length are told.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkly_dynamic._version import __version__
from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import SETTINGS, Settings
from checkly_dynamic.api.transport.failures import origin
from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ChecklyError, ConfigError, TransportError, Unauthorized

__all__ = ["Finding", "examine"]

_OLDEST_CLI = (3, 216)
"""The oldest CLI that the SDK required by this package is made for."""

_HOSTS = {
    "pulumi-language-python": "the Python language host",
    "pulumi-resource-pulumi-python": "the host of dynamic providers",
}
_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
_IMPORTS = "import checkly_dynamic.provider, checkly_dynamic.api.client, checkly_dynamic.core.validation"
_SHOW = f"import sys, pulumi.dynamic; {_IMPORTS}; print(checkly_dynamic.__version__, sys.version.split()[0])"
_ANSWER_SECONDS = 15.0


@dataclass(frozen=True)
class Finding:
    """
    One line of the doctor.

    Attributes:
        subject: What was examined.
        ok: Whether nothing has to be done.
        text: What was found.
        todo: What to do; empty when all is well.
    """

    subject: str
    ok: bool
    text: str
    todo: str = ""


def examine(stack: PulumiStack, *, offline: bool = False, environ: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """
    Examine the set-up, one thing after the other.

    Args:
        stack: The stack whose config is looked at, and the folder of its project.

        offline: Whether to leave out the question to Checkly.

        environ: The environment variables.

    Yields:
        Findings, in the order in which one would repair them.
    """
    yield Finding("this package", ok=True, text=f"checkly-dynamic {__version__} on Python {platform.python_version()}")
    yield _cli(stack)
    yield from _hosts()
    yield _plugin_host(stack, environ)
    config, finding = _config(stack)
    yield finding
    settings, findings = _settings(config, environ)
    yield from findings
    yield from _surroundings(environ)
    if offline:
        yield Finding("Checkly", ok=True, text="not asked (--offline)")
    elif settings is not None:
        yield _checkly(settings)


def _cli(stack: PulumiStack) -> Finding:
    try:
        said = (
            stack.run("version")
            if not stack.name
            else PulumiStack(folder=stack.folder, timeout=stack.timeout).run("version")
        )
    except NotReadable as error:
        return Finding(
            "Pulumi CLI", ok=False, text=str(error), todo="Install the Pulumi CLI: https://www.pulumi.com/docs/install/"
        )
    match = re.match(r"v?(\d+)\.(\d+)\.", said.strip())
    version = printable(said, limit=40)
    if match and (int(match[1]), int(match[2])) < _OLDEST_CLI:
        wanted = ".".join(map(str, _OLDEST_CLI))
        return Finding("Pulumi CLI", ok=False, text=version, todo=f"Update the Pulumi CLI to {wanted} or newer.")
    return Finding("Pulumi CLI", ok=True, text=f"{version} ({shutil.which('pulumi')})")


def _hosts() -> Iterator[Finding]:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        return
    for program, what in _HOSTS.items():
        beside = Path(pulumi).resolve().parent / program
        found = shutil.which(program) or (str(beside) if beside.exists() else None)
        if found:
            yield Finding(program, ok=True, text=found)
        else:
            todo = f"Put {what} on PATH; the official installation of Pulumi has it beside the CLI."
            yield Finding(program, ok=False, text="not found on PATH or beside the CLI", todo=todo)


def _plugin_host(stack: PulumiStack, environ: Mapping[str, str]) -> Finding:
    """Import what the plugin host imports, with the Python that Pulumi would take."""
    python, why = _python(stack.folder, environ)
    subject = f"plugin host ({why})"
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter that Pulumi itself would run
            [python, "-W", "ignore", "-c", _SHOW],
            cwd=stack.folder,
            capture_output=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(
            subject,
            ok=False,
            text=f"{python}: {printable(str(error))}",
            todo="Set PULUMI_PYTHON_CMD, or runtime.options.virtualenv in Pulumi.yaml.",
        )
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        todo = f"Install the package where the program runs: {python} -m pip install checkly-dynamic"
        return Finding(subject, ok=False, text=f"{python} cannot import it: {printable(lines[-1])}", todo=todo)
    version, _, python_version = done.stdout.decode(errors="replace").strip().partition(" ")
    text = f"imports checkly-dynamic {printable(version)} on Python {printable(python_version)}"
    if version != __version__:
        return Finding(
            subject, ok=False, text=text, todo=f"This command is version {__version__}; use the same in both places."
        )
    return Finding(subject, ok=True, text=text)


def _python(folder: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the Python that Pulumi would take, and why."""
    project = next((folder / name for name in _PROJECT_FILES if (folder / name).is_file()), None)
    if environ.get("PULUMI_PYTHON_CMD"):
        return environ["PULUMI_PYTHON_CMD"], "PULUMI_PYTHON_CMD"
    if project is not None:
        # One key of a file that may be YAML or JSON: not worth a library.
        match = re.search(r"""["']?virtualenv["']?\s*:\s*["']?([^"'\s,}]+)""", project.read_text(errors="replace"))
        if match:
            scripts = "Scripts" if os.name == "nt" else "bin"
            return str((folder / match[1] / scripts / "python").absolute()), f"virtualenv of {project.name}"
    return shutil.which("python3") or shutil.which("python") or sys.executable, "python3 on PATH"


def _config(stack: PulumiStack) -> tuple[Mapping[str, Any], Finding]:
    if not stack.name and not any((stack.folder / name).is_file() for name in _PROJECT_FILES):
        text = "no Pulumi project in this folder, so only the environment counts"
        return {}, Finding("stack config", ok=True, text=text)
    try:
        config = stack.config()
    except NotReadable as error:
        todo = "Select a stack (pulumi stack select), or name it with --stack. Only the environment was looked at."
        return {}, Finding("stack config", ok=False, text=str(error), todo=todo)
    key = SETTINGS["api_key"][0]
    if key in config and not config[key].get("secret"):
        todo = f"Run pulumi config set --secret {key}, and replace the key in Checkly: it was stored readable."
        return config, Finding("stack config", ok=False, text=f"{key} is stored in plain text", todo=todo)
    ours = [name for name, _ in SETTINGS.values() if name in config]
    return config, Finding(
        "stack config", ok=True, text=f"sets {', '.join(ours)}" if ours else "sets nothing of Checkly's"
    )


def _settings(config: Mapping[str, Any], environ: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    try:
        settings = Settings.load(_value_of(config), environ)
    except ConfigError as error:
        return None, [
            Finding(
                "settings",
                ok=False,
                text=problem.partition("; ")[0],
                todo=problem.partition("; ")[2] or "Set it again.",
            )
            for problem in error.problems
        ]
    sources = settings.sources
    length = len(settings.api_key.reveal())
    return settings, [
        Finding("API key", ok=True, text=f"from {sources['api_key']}, {length} characters"),
        Finding("account", ok=True, text=f"{printable(settings.account_id)}, from {sources['account_id']}"),
        Finding("API", ok=True, text=f"{_shown(settings.api_url)}, {settings.api_version}"),
    ]


def _shown(url: str) -> str:
    """Return a base URL without its path, which may hold something secret."""
    where = origin(url)
    return where if url == where else f"{where}/… (with a path)"


def _value_of(config: Mapping[str, Any]) -> Callable[[str], Any]:
    return lambda key: config[key].get("value") if key in config else None


def _surroundings(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Name what changes the way to Checkly; values are left out, a proxy's address may hold a password."""
    names = ("HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    found = [name for name in names if environ.get(name) or environ.get(name.lower())]
    if found:
        yield Finding("network", ok=True, text=f"the environment sets {', '.join(found)}")


def _checkly(settings: Settings) -> Finding:
    try:
        with Client(settings) as client:
            account = client.account(deadline=Deadline(_ANSWER_SECONDS))
    except Unauthorized as error:
        return Finding(
            "Checkly",
            ok=False,
            text=printable(str(error)),
            todo="Make a new API key in Checkly, and set it as checkly:apiKey.",
        )
    except TransportError as error:
        todo = "Look at the network, a proxy and checkly:apiUrl; --offline leaves this out."
        return Finding("Checkly", ok=False, text=printable(str(error)), todo=todo)
    except ChecklyError as error:
        return Finding(
            "Checkly",
            ok=False,
            text=printable(str(error)),
            todo="Look at the account id, the key's role and checkly:apiUrl.",
        )
    name = account.get("name")
    return Finding(
        "Checkly",
        ok=True,
        text=f"answers for the account {printable(name if isinstance(name, str) else '?', limit=80)}",
    )
