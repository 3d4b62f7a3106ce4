"""
A throw-away Pulumi project on the real engine, for tests.

Everything lives in a temporary folder: program, stack, state and ``PULUMI_HOME``. Nothing from outside reaches a run
except PATH, HOME and the locale, so the user's stacks, and the machine's credentials and proxies, have no effect.
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
    """The result of one command."""

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

    def execute(self, *command: str, expect: int | str | None = 0, **env: str) -> Result:
        """
        Run a command in the project's folder and environment.

        Args:
            command: The command line.
            expect: The exit code to insist on; ``"failure"`` for any but 0; None for whatever comes.
            env: More variables for this command; an empty one is left out.
        """
        started = time.monotonic()
        variables = {name: value for name, value in {**self.environment(), **env}.items() if value}
        done = subprocess.run(
            command,
            cwd=self.work,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        result = Result(done.returncode, done.stdout, done.stderr, time.monotonic() - started)
        if expect is not None:
            as_expected = result.code != 0 if expect == "failure" else result.code == expect
            assert as_expected, f"{' '.join(command)} ended with {result.code}, not {expect}:\n{result.text}"
        return result

    def run(self, *args: str, expect: int | str | None = 0) -> Result:
        """Run ``pulumi`` with these arguments; see :meth:`execute`."""
        return self.execute(str(self.cli / "pulumi"), *QUIET, *args, expect=expect)

    def checkly_dynamic(self, *args: str, expect: int = 0, **env: str) -> Result:
        """Run the command ``checkly-dynamic``; see :meth:`execute`."""
        return self.execute(sys.executable, "-m", "checkly_dynamic", *args, expect=expect, **env)

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

    def start_up(self, *flags: str) -> Running:
        """Start ``pulumi up`` in the background; whatever is left of it ends with the test."""
        log = self.folder / f"up-{len(self._running)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self.cli / "pulumi", *QUIET, "up", "--yes", "--skip-preview", *flags],
                cwd=self.work,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(Running(process, log))
        return self._running[-1]

    def config(self, key: str, value: str, *, secret: bool = False) -> None:
        """Set a configuration value of the stack, for example ``checkly:apiKey``."""
        self.run("config", "set", "--secret" if secret else "--plaintext", key, "--", value)

    def outputs(self, *flags: str) -> dict[str, Any]:
        """Return the stack's outputs."""
        return json.loads(self.run("stack", "output", "--json", *flags).stdout)

    def export(self, *flags: str) -> dict[str, Any]:
        """Return the stack's state, as ``pulumi stack export`` prints it."""
        return json.loads(self.run("stack", "export", *flags).stdout)

    def load(self, state: dict[str, Any]) -> None:
        """Make this the stack's state."""
        file = self.folder / "state.json"
        file.write_text(json.dumps(state))
        self.run("stack", "import", "--file", str(file))

    def resources(self, kind: str = "") -> dict[str, dict[str, Any]]:
        """Return the state's resources by name. Give the end of their type if two have the same name."""
        found = self.export()["deployment"].get("resources", [])
        return {one["urn"].rpartition("::")[2]: one for one in found if one["type"].endswith(kind)}

    def state_text(self) -> str:
        """Return the raw text of all files in the backend, history and backups included, to search for secrets."""
        files = sorted(path for path in self.backend.rglob("*") if path.is_file())
        return "\n".join(path.read_text(errors="replace") for path in files)
