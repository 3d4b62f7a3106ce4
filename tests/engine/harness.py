"""
A throw-away Pulumi project on the real engine, for tests.

Everything lives in a temporary folder: program, stack, state and ``PULUMI_HOME``. Nothing of the outside reaches a run
but PATH, HOME and the locale, so neither the user's stacks nor credentials or proxies of the machine can play a part.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from running import Running

if TYPE_CHECKING:
    from typing_extensions import Self

STACK = "dev"
PASSED_ON = ("HOME", "LANG", "LC_ALL", "TMPDIR")
SITE = Path(__file__).parent / "site"
QUIET = ("--non-interactive", "--color=never")


@dataclass(frozen=True)
class Result:
    """What one run of the CLI left behind."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def text(self) -> str:
        """Everything that a person would have seen."""
        return self.stdout + self.stderr

    @property
    def changes(self) -> dict[str, int]:
        """
        The numbers under "Resources:", by what happened, the stack itself included.

        For example ``{"created": 2, "unchanged": 1}``; a preview says ``"to create"``.
        """
        _, _, summary = self.stdout.rpartition("\nResources:\n")
        lines = summary.partition("\n\n")[0].replace(". ", "\n").splitlines()
        found = (re.match(r"\s*(?:[-+~=]+ )?(\d+) ([a-z -]+)$", line) for line in lines)
        return {match[2]: int(match[1]) for match in found if match}


@dataclass
class Project:
    """
    A Pulumi project with one stack.

    Args:
        folder: An existing, empty folder for it.
        cli: The folder that holds ``pulumi``.
        name: The project's name; the stack is ``organization/NAME/dev``.
        backend: The state's folder; another project's, when a stack reference is to find its outputs.
        env: Variables for every run, added to a nearly empty environment. May be changed between runs.
    """

    folder: Path
    cli: Path
    name: str = "demo"
    backend: Path | None = None
    env: dict[str, str] = field(default_factory=dict)
    timeout: float = 120
    _running: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.work = self.folder / "project"
        self.home = self.folder / "home"
        self.backend = self.backend or self.folder / "backend"
        for needed in (self.work, self.home, self.backend):
            needed.mkdir(exist_ok=True)
        # JSON is YAML too, and needs no library.
        settings = {"name": self.name, "runtime": "python"}
        (self.work / "Pulumi.yaml").write_text(json.dumps(settings))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End what :meth:`start_up` has started, so that no process outlives a test."""
        for running in self._running:
            running.end()

    def write(self, program: str) -> None:
        """Make *program* the project's ``__main__.py``."""
        (self.work / "__main__.py").write_text(program)

    def init(self, template: Path) -> None:
        """
        Create the stack, from a copy of an empty one where there is one already.

        Args:
            template: A folder for all projects of this name, which the first one fills. Saves half a second.
        """
        settings = f"Pulumi.{STACK}.yaml"
        if self.backend != self.folder / "backend":
            # Another project's: a copy of it would be kept as a template, and later put its stacks back to an earlier state.
            self.run("stack", "init", STACK)
        elif not template.exists():
            self.run("stack", "init", STACK)
            shutil.copytree(self.backend, template / "backend")
            shutil.copy(self.work / settings, template)
        else:
            shutil.copytree(template / "backend", self.backend, dirs_exist_ok=True)
            shutil.copy(template / settings, self.work)

    def environment(self) -> dict[str, str]:
        """
        Return the whole environment of a run.

        The virtual environment is first on PATH, because not every language host can be told which Python to use.
        """
        path = [str(Path(sys.executable).parent), str(self.cli), os.environ["PATH"]]
        return {
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            "PATH": os.pathsep.join(path),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PYTHONPATH": str(SITE),
            "PULUMI_HOME": str(self.home),
            "PULUMI_BACKEND_URL": f"file://{self.backend}",
            "PULUMI_STACK": STACK,
            "PULUMI_CONFIG_PASSPHRASE": "for tests",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # Some language hosts list the installed packages with pip, which would look for a newer pip on the internet.
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            **self.env,
        }

    def run(self, *args: str, expect: int | str | None = 0) -> Result:
        """
        Run the CLI in the project.

        Args:
            args: The command line behind ``pulumi``.
            expect: The exit code to insist on; ``"failure"`` for any but 0; None for whatever comes.
        """
        started = time.monotonic()
        done = subprocess.run(
            ["pulumi", *QUIET, *args],
            cwd=self.work,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=self.timeout,
            check=False,
            executable=self.cli / "pulumi",
        )
        result = Result(done.returncode, done.stdout, done.stderr, time.monotonic() - started)
        if expect is not None:
            as_expected = result.code != 0 if expect == "failure" else result.code == expect
            assert as_expected, f"pulumi {' '.join(args)} ended with {result.code}, not {expect}:\n{result.text}"
        return result

    def up(self, *flags: str, expect: int | str | None = 0) -> Result:
        """Run ``pulumi up`` without a preview."""
        return self.run("up", "--yes", "--skip-preview", *flags, expect=expect)

    def preview(self, *flags: str, expect: int | str | None = 0) -> Result:
        """Run ``pulumi preview``."""
        return self.run("preview", *flags, expect=expect)

    def refresh(self, *flags: str, expect: int | str | None = 0) -> Result:
        """Run ``pulumi refresh`` without a preview."""
        return self.run("refresh", "--yes", "--skip-preview", *flags, expect=expect)

    def destroy(self, *flags: str, expect: int | str | None = 0) -> Result:
        """Run ``pulumi destroy`` without a preview."""
        return self.run("destroy", "--yes", "--skip-preview", *flags, expect=expect)

    def python(self, script: str, *arguments: str) -> str:
        """Run a Python script in the project's folder and environment, such as one with the Automation API; return its output."""
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=self.environment(),
            cwd=self.work,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def cancel(self) -> Result:
        """Free the stack from the lock that a killed CLI has left."""
        return self.run("cancel", "--yes")

    def start_up(self, *flags: str) -> Running:
        """Start ``pulumi up`` in the background; whatever is left of it ends with the test."""
        log = self.folder / f"up-{len(self._running)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["pulumi", *QUIET, "up", "--yes", "--skip-preview", *flags],
                cwd=self.work,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                executable=self.cli / "pulumi",
            )
        self._running.append(Running(process, log))
        return self._running[-1]

    def config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a configuration value of the stack, for example ``checkly:apiKey``."""
        self.run("config", "set", "--secret" if secret else "--plaintext", key, "--", value)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the stack's outputs."""
        flags = ["--show-secrets"] if show_secrets else []
        return json.loads(self.run("stack", "output", "--json", *flags).stdout)

    def export(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """Return the stack's state, as ``pulumi stack export`` prints it."""
        flags = ["--show-secrets"] if show_secrets else []
        return json.loads(self.run("stack", "export", *flags).stdout)

    def resources(self) -> dict[str, dict[str, Any]]:
        """Return the state's resources by name. Use :meth:`export` where two have the same name."""
        found = self.export()["deployment"].get("resources", [])
        return {resource["urn"].rpartition("::")[2]: resource for resource in found}

    def state_text(self) -> str:
        """Return the raw text of all files in the backend, history and backups included, to search for secrets."""
        files = sorted(path for path in self.backend.rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)
