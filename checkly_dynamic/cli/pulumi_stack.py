"""What the command line reads through the Pulumi CLI: a stack's state, outputs and config, and its project. Read-only."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ChecklyError

__all__ = ["NotReadable", "PulumiStack", "parsed"]

_PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")


class NotReadable(ChecklyError):
    """A stack, a file or an answer cannot be read; the message is one line and says why."""


def parsed(text: str, source: str) -> Any:
    """
    Parse JSON.

    Args:
        text: The JSON.

        source: Where it came from, for the message.

    Raises:
        NotReadable: It is not JSON.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        why = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        msg = f"{source}: this is not JSON ({why})"
        raise NotReadable(msg) from None


@dataclass(frozen=True)
class PulumiStack:
    """
    One stack, as the Pulumi CLI sees it.

    Attributes:
        name: The stack's name; empty for the selected one.
        folder: The project's folder, or one below it.
        timeout: The longest that one command of the CLI may take, in seconds.
    """

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
        """Whether no stack is named, and there is no project of which one could be selected."""
        return not self.name and self.project is None

    def about(self) -> Mapping[str, Any]:
        """Return what Pulumi knows about its surroundings: ``runtime`` (which Python the project uses), ``errors`` and more."""
        found = self._json("about", "--json")
        return found if isinstance(found, dict) else {}

    def export(self) -> Any:
        """Return the state, with encrypted secrets (``pulumi stack export``)."""
        return self._json("stack", "export")

    def outputs(self) -> Any:
        """Return the stack outputs, without secrets (``pulumi stack output --json``)."""
        return self._json("stack", "output", "--json")

    def last_update(self) -> Mapping[str, Any]:
        """Return the latest update or destroy: ``kind``, ``startTime``, ``endTime``, ``result``. Empty if there is none."""
        found = self._json("stack", "history", "--json", "--page-size", "20", "--page", "1")
        updates = [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
        return next((entry for entry in updates if entry.get("kind") in ("update", "destroy")), {})

    def config(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the stack's config with decrypted secrets: key → ``value`` and ``secret``. Never print it."""
        found = self._json("config", "--json", "--show-secrets")
        return found if isinstance(found, dict) else {}

    def _json(self, *arguments: str) -> Any:
        return parsed(self.run(*arguments), f"pulumi {' '.join(arguments)}")

    def run(self, *arguments: str) -> str:
        """
        Run the Pulumi CLI and return what it printed.

        Raises:
            NotReadable: There is no CLI, it failed, or it took too long. The message has the first line of its error.
        """
        pulumi = shutil.which("pulumi")
        if pulumi is None:
            msg = "the Pulumi CLI is not on PATH"
            raise NotReadable(msg)
        if self.is_missing and arguments[0] in ("stack", "config"):
            msg = "there is no Pulumi project here; go to its folder, or use --cwd"
            raise NotReadable(msg)
        stack = ["--stack", self.name] if self.name else []
        command = [pulumi, *arguments, *stack, "--non-interactive", "--color=never"]
        said = f"pulumi {' '.join(arguments)}"
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and the stack's name is one argument
                command,
                cwd=self.folder,
                env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.timeout,
                check=False,
            )
        except subprocess.TimeoutExpired:
            msg = f"{said}: no answer after {self.timeout:.0f} seconds"
            raise NotReadable(msg) from None
        except OSError as error:
            msg = f"{said}: {error.strerror or error}"
            raise NotReadable(msg) from None
        if done.returncode:
            msg = f"{said}: {_first_line(done.stderr) or f'ended with exit code {done.returncode}'}"
            raise NotReadable(msg)
        return done.stdout.decode(errors="replace")


def _first_line(errors: bytes) -> str:
    lines = [line.strip() for line in errors.decode(errors="replace").splitlines()]
    said = [line for line in lines if line and not line.startswith("warning:")]
    return printable(said[0].removeprefix("error: ")) if said else ""
