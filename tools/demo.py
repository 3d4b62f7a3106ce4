"""
Show what the library does: deploy the program at the top of this repository with Pulumi against a local Checkly.

State, settings and Pulumi's home are in a temporary folder, and the program runs from a copy. If a step does not do what it
promises, the demo stops with the reason and exit code 1.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pulumi_cli

from checkly_dynamic.emulator.testing import LocalCheckly

ROOT = Path(__file__).resolve().parent.parent
OPTIONS = ("--yes", "--skip-preview", "--non-interactive", "--suppress-outputs", "--color=never")
RESULT = re.compile(r"^(Diagnostics|Resources):.*(?=^Duration:)", re.DOTALL | re.MULTILINE)


def title(text: str) -> None:
    """Print the title of a step."""
    print(f"\n{text}", flush=True)


def expect(promise: str, kept: object) -> None:
    """Print the promise if it was kept, or stop the demo."""
    if not kept:
        sys.exit(f"\n✗ The demo failed: {promise}")
    print(f"   ✓ {promise}")


def show(text: str) -> None:
    """Print the output of a command."""
    print("\n".join(f"   {line}" for line in text.splitlines() if line.strip()))


class Stack:
    """A temporary copy of the program, with one stack."""

    def __init__(self, folder: Path, cli: Path, checkly: LocalCheckly) -> None:
        self.work = folder / "program"
        self.work.mkdir()
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.work)
        self.environment = {
            **checkly.env,
            "HOME": str(folder),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), str(cli), os.environ.get("PATH", "")]),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder}",
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_STACK": "demo",
        }
        self.run("pulumi", "stack", "init", "demo")

    def pulumi(self, *arguments: str, fails: bool = False) -> None:
        """Change the stack, and show how that ended, without Pulumi's progress."""
        title(f"$ pulumi {' '.join(arguments)}")
        result = RESULT.search(self.run("pulumi", *arguments, *OPTIONS, fails=fails))
        show(result[0] if result else "")

    def summary(self) -> dict[str, Any]:
        """Return the gate's summary, the one output of the stack."""
        summary: dict[str, Any] = json.loads(self.run("pulumi", "stack", "output", "--json"))["smoke"]
        return summary

    def live(self) -> object:
        """Return the version that is live, from the stack's state; None when there is none."""
        resources = json.loads(self.run("pulumi", "stack", "export"))["deployment"]["resources"]
        return next((r["inputs"]["input"] for r in resources if r["urn"].endswith("Stash::live")), None)

    def run(self, *command: str, fails: bool = False) -> str:
        """Run a command and return its output; stop the demo unless it ends as expected."""
        done = subprocess.run(
            command,
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if (done.returncode != 0) is not fails:
            sys.exit(f"{done.stdout}\n✗ The demo failed: {' '.join(command)} ended with exit code {done.returncode}")
        return done.stdout


def story(stack: Stack, checkly: LocalCheckly) -> None:
    """Run all steps."""
    title("1. Deploy version 1.0.0. One check fails, so the version does not go live.")
    stack.pulumi("up", "--config", "version=1.0.0", fails=True)
    summary = stack.summary()
    expect("one request started all checks", len(checkly.triggers) == 1)
    expect("the version is not live", stack.live() is None)
    expect(f"the stack's outputs say why: {summary['failed'][0]['errors'][0]}", summary["passed"] is False)
    title("$ checkly-dynamic report")
    show(stack.run(sys.executable, "-m", "checkly_dynamic", "report", fails=True))

    title("2. Deploy it again, after a problem outside the shop was solved. Only the failed check runs again.")
    stack.pulumi("up")
    summary = stack.summary()
    expect("the second request started one check", len(checkly.triggers[-1]["sessionIds"]) == 1)
    expect(f"the results of the others were kept: {summary['reason']}", summary["passed"] is True)
    expect("version 1.0.0 is live", stack.live() == "shop:1.0.0")

    title("3. Deploy the same version once more. There is nothing to do.")
    before = len(checkly.requests)
    stack.pulumi("up")
    expect("no request was sent to Checkly", len(checkly.requests) == before)

    title("4. Deploy version 1.1.0. All checks run.")
    stack.pulumi("up", "--config", "version=1.1.0")
    expect("one more request started them", len(checkly.triggers) == 3)
    expect("version 1.1.0 is live", stack.live() == "shop:1.1.0")

    title("5. Refresh the state. No check runs.")
    stack.pulumi("refresh")
    expect("no check was started", len(checkly.triggers) == 3)
    expect("the verdict is unchanged", stack.summary()["passed"] is True)

    title("6. Destroy the stack. This needs neither Checkly nor a key.")
    before = len(checkly.requests)
    stack.pulumi("destroy")
    expect("no request was sent to Checkly", len(checkly.requests) == before)


def main() -> None:
    """Run the demo."""
    cli = pulumi_cli.ensure()
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="checkly-dynamic-demo-") as folder,
        LocalCheckly(speed=2) as checkly,
    ):
        checkly.next_outcome("Checkout with card", "FAILED")
        print(f"A local Checkly listens on {checkly.url}. It needs no account and pages nobody.")
        story(Stack(Path(folder), cli, checkly), checkly)
    print(f"\nDone in {time.monotonic() - started:.0f} s. The temporary folder with everything in it is deleted.")


if __name__ == "__main__":
    main()
