"""
A throw-away Pulumi project on the real engine, for tests: program, stack, state and ``PULUMI_HOME`` in a temporary folder.

Nothing from outside reaches a run except PATH, HOME and the locale: no stacks, credentials or proxies of this machine.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STACK = "dev"
PASSED_ON = ("HOME", "LANG", "LC_ALL", "TMPDIR")
SITE = Path(__file__).parent / "site"
QUIET = ("--non-interactive", "--color=never")
UPDATE = ("--yes", "--skip-preview")


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
        """The numbers under "Resources:", the stack included: ``{"created": 2}``, or ``"to create"`` in a preview."""
        _, _, summary = self.stdout.rpartition("\nResources:\n")
        lines = summary.partition("\n\n")[0].replace(". ", "\n").splitlines()
        found = (re.match(r"\s*(?:[-+~=]+ )?(\d+) ([a-z -]+)$", line) for line in lines)
        return {match[2]: int(match[1]) for match in found if match}


@dataclass
class Running:
    """A CLI in the background, in its own session, as under a terminal; its plugins have their own process groups there."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        """Wait until *text* has been printed; fail if the CLI ends first, or after a minute."""
        deadline = time.monotonic() + 60
        while text not in self.text:
            assert self.process.poll() is None, f"ended before it printed {text!r}:\n{self.text}"
            assert time.monotonic() < deadline, f"did not print {text!r}:\n{self.text}"
            time.sleep(0.02)

    def signal(self, number: int, seconds: float = 30) -> None:
        """Send a signal to the CLI's process group, as a terminal does for Ctrl-C, and wait at most so long for the end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def end(self) -> None:
        """Kill everything that is left of the session, including orphans of a killed CLI (needs /proc)."""
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                session = (folder / "stat").read_text().rpartition(")")[2].split()[3]
                if int(session) == self.process.pid:
                    os.kill(int(folder.name), signal.SIGKILL)
        self.process.wait()


@dataclass
class Project:
    """
    A Pulumi project with one stack.

    Args:
        folder: An existing, empty folder for it.
        cli: The folder that holds ``pulumi``.
        name: The project's name; the stack is ``organization/NAME/dev``.
        env: Variables for every run, added to a nearly empty environment. May be changed between runs.
    """

    folder: Path
    cli: Path
    name: str = "demo"
    env: dict[str, str] = field(default_factory=dict)
    _running: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.work = self.folder / "project"
        self.backend = self.folder / "backend"
        for needed in (self.work, self.backend):
            needed.mkdir(exist_ok=True)
        # JSON is YAML too, and needs no library.
        settings = {"name": self.name, "runtime": "python"}
        (self.work / "Pulumi.yaml").write_text(json.dumps(settings))

    def __enter__(self) -> "Project":
        return self

    def __exit__(self, *_: object) -> None:
        for running in self._running:
            running.end()

    def write(self, program: str) -> None:
        """Make *program* the project's ``__main__.py``."""
        (self.work / "__main__.py").write_text(program)

    def init(self, template: Path) -> None:
        """Create the stack, or copy the empty one of an earlier project of this name from *template*, which is faster."""
        settings = f"Pulumi.{STACK}.yaml"
        if template.exists():
            shutil.copytree(template / "backend", self.backend, dirs_exist_ok=True)
            shutil.copy(template / settings, self.work)
        else:
            self.run("stack", "init", STACK)
            shutil.copytree(self.backend, template / "backend")
            shutil.copy(self.work / settings, template)

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a run; some language hosts take the first Python on PATH."""
        path = [str(Path(sys.executable).parent), str(self.cli), os.environ["PATH"]]
        return {
            **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
            "PATH": os.pathsep.join(path),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PYTHONPATH": str(SITE),
            "PULUMI_HOME": str(self.folder / "home"),
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
        as_expected = result.code != 0 if expect == "failure" else expect in (None, result.code)
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
        return self.run("up", *UPDATE, *flags, expect=expect)

    def preview(self, *flags: str, expect: int | str | None = 0) -> Result:
        """Run ``pulumi preview``."""
        return self.run("preview", *flags, expect=expect)

    def refresh(self, *flags: str, expect: int | str | None = 0) -> Result:
        """Run ``pulumi refresh`` without a preview."""
        return self.run("refresh", *UPDATE, *flags, expect=expect)

    def destroy(self, *flags: str, expect: int | str | None = 0) -> Result:
        """Run ``pulumi destroy`` without a preview."""
        return self.run("destroy", *UPDATE, *flags, expect=expect)

    def start_up(self) -> Running:
        """Start ``pulumi up`` in the background; whatever is left of it ends with the test."""
        log = self.folder / f"up-{len(self._running)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [self.cli / "pulumi", *QUIET, "up", *UPDATE],
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
