"""Examine the Pulumi CLI, the programs that it starts, and the Python that it uses for a project."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from checkly_dynamic._version import __version__
from checkly_dynamic.cli.finding import Finding
from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.core.text import printable

__all__ = ["examine_pulumi"]

_OLDEST_CLI = (3, 216)
"""The oldest CLI for the oldest SDK that this package allows."""

_HOSTS = {
    "pulumi-language-python": "the Python language host",
    "pulumi-resource-pulumi-python": "the host of dynamic providers",
}
_IMPORTS = "import checkly_dynamic.provider, checkly_dynamic.api.client, checkly_dynamic.core.validation"
_SHOW = f"import sys, pulumi.dynamic; {_IMPORTS}; print(checkly_dynamic.__version__, sys.version.split()[0])"

_PYTHON = "Python of the program"
_REPAIR = "Fix what `pulumi about` reports; `pulumi install` sets up the Python environment of a project."


def examine_pulumi(stack: PulumiStack) -> tuple[str, list[Finding]]:
    """
    Examine what Pulumi needs for a program with resources of this package.

    Args:
        stack: Its folder says which project is meant; its name does not matter.

    Returns:
        The language of the program, as Pulumi calls it; empty when it is not known. And the findings: the CLI, its hosts, and
        the Python of the program, or the native provider for a program in another language. Without a CLI, only the first.
    """
    stack = replace(stack, name="")
    findings = [_cli(stack)]
    pulumi = shutil.which("pulumi")
    if not pulumi:
        return "", findings
    language, program = _program(stack)
    hosts = (
        _HOSTS if language in ("", "python") else {f"pulumi-language-{language}": f"the language host for {language}"}
    )
    findings += [*_hosts(hosts, Path(pulumi).resolve().parent), program]
    return language, findings


def _cli(stack: PulumiStack) -> Finding:
    subject = "Pulumi CLI"
    try:
        said = stack.run("version")
    except NotReadable as error:
        todo = "Install the Pulumi CLI: https://www.pulumi.com/docs/install/"
        return Finding(subject, ok=False, text=str(error), todo=todo)
    match = re.match(r"v?(\d+)\.(\d+)\.", said.strip())
    version = printable(said, limit=40)
    if match and (int(match[1]), int(match[2])) < _OLDEST_CLI:
        todo = f"Update the Pulumi CLI to {'.'.join(map(str, _OLDEST_CLI))} or newer."
        return Finding(subject, ok=False, text=version, todo=todo)
    return Finding(subject, ok=True, text=f"{version} ({shutil.which('pulumi')})")


def _hosts(hosts: Mapping[str, str], beside_cli: Path) -> Iterator[Finding]:
    for program, what in hosts.items():
        found = shutil.which(program) or shutil.which(program, path=str(beside_cli))
        if found:
            yield Finding(program, ok=True, text=found)
        else:
            todo = f"Put {what} on PATH; the official installation of Pulumi has it beside the CLI."
            yield Finding(program, ok=False, text="not found on PATH or beside the CLI", todo=todo)


def _program(stack: PulumiStack) -> tuple[str, Finding]:
    """Ask Pulumi: it knows toolchains (uv, Poetry), workspaces, virtualenv and PULUMI_PYTHON_CMD."""
    if stack.project is None:
        return "", Finding(_PYTHON, ok=True, text="there is no Pulumi project in this folder or above it")
    try:
        about = stack.about()
    except NotReadable as error:
        return "", Finding(_PYTHON, ok=False, text=str(error), todo=_REPAIR)
    runtime = about.get("runtime") or {}
    language = printable(str(runtime.get("language") or ""), limit=40)
    if language not in ("", "python"):
        return language, _native_provider(language)
    if python := runtime.get("executable"):
        return "python", _import(python, stack.project)
    errors = [str(error) for error in about.get("errors") or [] if "runtime" in str(error)]
    return language, Finding(
        _PYTHON, ok=False, text=printable((errors or ["Pulumi does not name it"])[0]), todo=_REPAIR
    )


def _native_provider(language: str) -> Finding:
    found = shutil.which("pulumi-resource-checkly-sessions")
    text = found or "not on PATH, so the project must say where it is, as plugins.providers in Pulumi.yaml does"
    return Finding("native provider", ok=True, text=f"{text} (the program's language is {language})")


def _import(python: str, project: Path) -> Finding:
    """Import with that Python what the provider imports."""
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter that Pulumi itself runs
            [python, "-W", "ignore", "-c", _SHOW],
            cwd=project,
            capture_output=True,
            timeout=60,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Finding(_PYTHON, ok=False, text=f"{python} does not run: {printable(str(error))}", todo=_REPAIR)
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        todo = f"Install the package there: {python} -m pip install checkly-dynamic (or with uv or Poetry)."
        text = f"{python} cannot import checkly-dynamic: {printable(lines[-1])}"
        return Finding(_PYTHON, ok=False, text=text, todo=todo)
    version, _, python_version = done.stdout.decode(errors="replace").strip().partition(" ")
    text = f"{python} (Python {printable(python_version)}) imports checkly-dynamic {printable(version)}"
    todo = f"Install version {__version__} there, which is the version of this command."
    return Finding(_PYTHON, ok=version == __version__, text=text, todo="" if version == __version__ else todo)
