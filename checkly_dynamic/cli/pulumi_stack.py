"""Read a stack's state, outputs and config, and its project, with the Pulumi CLI. Nothing is changed."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ChecklyError

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


class NotReadable(ChecklyError):
    """A stack, a file or an answer cannot be read; the message is one line and says why."""


def parsed(data: bytes, source: str) -> Any:
    """Parse JSON in any encoding that JSON allows, or raise :class:`NotReadable` with the name of its source."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotReadable(f"{source}: this is not JSON ({printable(str(error))})") from None


def output_of(command: Sequence[str], task: str, folder: Path, timeout: float) -> bytes:
    """Run a program and return its output; raise :class:`NotReadable` with the task and the first line of its error."""
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and a stack's name is one argument
            command,
            cwd=folder,
            env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotReadable(f"{task}: no answer after {timeout:.0f} seconds") from None
    if done.returncode:
        lines = done.stderr.decode(errors="replace").splitlines()
        # The address of a backend may hold a password.
        shown = (printable(re.sub(r"://[^/\s]+@", "://***@", line)) for line in lines)
        errors = [line for line in shown if line and not line.startswith("warning:")]
        why = errors[0].removeprefix("error: ") if errors else f"ended with exit code {done.returncode}"
        raise NotReadable(f"{task}: {why}")
    return done.stdout


@dataclass(frozen=True)
class PulumiStack:
    """A stack of the project in a folder or above it; without a name, the selected one."""

    name: str = ""
    folder: Path = Path()
    timeout: float = 120.0

    @property
    def project(self) -> Path | None:
        """The nearest folder with a Pulumi.yaml, upwards from *folder* as Pulumi itself looks for it; None without one."""
        start = self.folder.absolute()
        folders = (start, *start.parents)
        return next((each for each in folders if any((each / name).is_file() for name in _PROJECT_FILES)), None)

    @property
    def is_missing(self) -> bool:
        """Whether no stack is named, and there is no project with a selected one."""
        return not self.name and self.project is None

    def config(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the stack's config with decrypted secrets: key → ``value`` and ``secret``. Never print it."""
        return dict(self.read("config", "--json", "--show-secrets"))

    def read(self, *arguments: str) -> Any:
        """Run a command and return its JSON: ``read("stack", "export")`` is the state, with encrypted secrets."""
        return parsed(self.run(*arguments), f"pulumi {' '.join(arguments)}")

    def run(self, *arguments: str) -> bytes:
        """Run the Pulumi CLI and return its output; raise :class:`NotReadable` with the first line of its error."""
        pulumi = shutil.which("pulumi")
        if pulumi is None:
            raise NotReadable("the Pulumi CLI is not on PATH")
        if self.is_missing and arguments[0] in ("stack", "config"):
            raise NotReadable("there is no Pulumi project here; go to its folder, or use --cwd")
        stack = ["--stack", self.name] if self.name else []
        command = [pulumi, *arguments, *stack, "--non-interactive", "--color=never"]
        return output_of(command, f"pulumi {' '.join(arguments)}", self.folder, self.timeout)
