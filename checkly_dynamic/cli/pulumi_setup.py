"""Examine the Pulumi CLI, the programs that it starts, and the Python that it uses for a project."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from checkly_dynamic._version import __version__
from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.core.text import printable

_OLDEST_CLI = (3, 216)
"""The oldest CLI for the oldest SDK that this package allows."""

_IMPORTS = "import checkly_dynamic.provider, checkly_dynamic.api.client, checkly_dynamic.core.validation"
_SHOW = f"import sys, pulumi.dynamic; {_IMPORTS}; print(checkly_dynamic.__version__, sys.version.split()[0])"

_PYTHON = "Python of the program"
_REPAIR = "Fix what `pulumi about` reports; `pulumi install` sets up the Python environment of a project."


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was examined, what was found, and what to do (empty if all is well)."""

    subject: str
    text: str
    todo: str = ""

    @property
    def ok(self) -> bool:
        """Whether there is nothing to do."""
        return not self.todo


def examine_cli(stack: PulumiStack) -> Finding:
    """Examine whether the Pulumi CLI is installed and new enough."""
    try:
        version = printable(stack.run("version").decode(errors="replace"), limit=40)
    except NotReadable as error:
        return Finding("Pulumi CLI", str(error), "Install the Pulumi CLI: https://www.pulumi.com/docs/install/")
    match = re.match(r"v?(\d+)\.(\d+)\.", version)
    if match and (int(match[1]), int(match[2])) < _OLDEST_CLI:
        oldest = ".".join(map(str, _OLDEST_CLI))
        return Finding("Pulumi CLI", version, f"Update the Pulumi CLI to {oldest} or newer.")
    return Finding("Pulumi CLI", f"{version} ({shutil.which('pulumi')})")


def examine_hosts(language: str) -> Iterator[Finding]:
    """Examine whether the programs that the CLI needs for this language are installed."""
    beside_cli = Path(shutil.which("pulumi") or "").resolve().parent
    programs = [f"pulumi-language-{language}", *(["pulumi-resource-pulumi-python"] if language == "python" else [])]
    for program in programs:
        found = shutil.which(program) or shutil.which(program, path=str(beside_cli))
        todo = f"Put {program} on PATH; the official installation of Pulumi has it beside the CLI."
        yield Finding(program, found) if found else Finding(program, "not found on PATH or beside the CLI", todo)


def examine_program(stack: PulumiStack) -> tuple[str, Finding]:
    """
    Return the program's language, and whether its Python, or the native provider for another language, is installed.

    Pulumi knows toolchains (uv, Poetry), workspaces, virtualenv and PULUMI_PYTHON_CMD. If it reports no language, it is Python.
    """
    if stack.project is None:
        return "python", Finding(_PYTHON, "there is no Pulumi project in this folder or above it")
    try:
        about = replace(stack, name="").about()
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
    errors = [error for error in about.get("errors") or [] if "runtime" in error]
    return "python", Finding(_PYTHON, printable((errors or ["Pulumi does not name it"])[0]), _REPAIR)


def _import(python: str, project: Path) -> Finding:
    """Import the provider's modules with that Python."""
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
        return Finding(_PYTHON, f"{python} does not run: {printable(str(error))}", _REPAIR)
    if done.returncode:
        why = printable((done.stderr.decode(errors="replace").strip().splitlines() or ["no message"])[-1])
        todo = f"Install the package there: {python} -m pip install checkly-dynamic (or with uv or Poetry)."
        return Finding(_PYTHON, f"{python} cannot import checkly-dynamic: {why}", todo)
    version, _, python_version = printable(done.stdout.decode(errors="replace")).partition(" ")
    text = f"{python} (Python {python_version}) imports checkly-dynamic {version}"
    todo = f"Install version {__version__} there, which is the version of this command."
    return Finding(_PYTHON, text, "" if version == __version__ else todo)
