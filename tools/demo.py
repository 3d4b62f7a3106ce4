"""
Show what the library does: the real Pulumi engine deploys the program at the top of this repository against a local Checkly.

The demo uses nothing of yours: state, settings and Pulumi's home are in a temporary folder, and the program runs from a copy. If
anything goes differently, the demo ends with the reason and exit code 1.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pulumi_cli

from checkly_dynamic.emulator.scenario import default
from checkly_dynamic.emulator.testing import LocalCheckly

ROOT = Path(__file__).resolve().parent.parent
BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() and "NO_COLOR" not in os.environ else ("", "")
QUIET = ("--non-interactive", f"--color={'always' if BOLD else 'never'}")


class SurpriseError(Exception):
    """Something went differently than the demo promises."""


def say(text: str = "") -> None:
    """Print a line of the story."""
    print(text, flush=True)


def expect(promise: str, kept: object) -> None:
    """Say that a promise was kept, or end the demo."""
    if not kept:
        raise SurpriseError(promise)
    say(f"   ✓ {promise}")


class Stack:
    """A temporary copy of the program, with one stack."""

    def __init__(self, folder: Path, cli: Path, checkly: LocalCheckly) -> None:
        self.work = folder / "program"
        self.work.mkdir()
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(ROOT / name, self.work)
        (folder / "state").mkdir()
        path = os.pathsep.join([str(Path(sys.executable).parent), str(cli), os.environ.get("PATH", "")])
        hidden = ("CHECKLY_", "PULUMI_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.upper().startswith(hidden)},
            **checkly.env,
            "PATH": path,
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": f"file://{folder / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "demo",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_STACK": "demo",
        }
        self.run("stack", "init", "demo", show=False)

    def run(self, *args: str, fails: bool = False, show: bool = True) -> str:
        """Run one command of the CLI and return what it printed."""
        if show:
            say(f"\n{BOLD}$ pulumi {' '.join(args)}{PLAIN}")
        command = ["pulumi", *QUIET, *args]
        done = subprocess.run(
            command,
            cwd=self.work,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        text = done.stdout + done.stderr
        if (done.returncode != 0) is not fails:
            say(text)
            message = f"pulumi {args[0]} ended with {done.returncode}"
            raise SurpriseError(message)
        if show:
            say("\n".join(f"   {line}" for line in _essence(text)))
        return text

    def outputs(self) -> dict[str, object]:
        """Return the stack's outputs."""
        outputs: dict[str, object] = json.loads(self.run("stack", "output", "--json", show=False))
        return outputs

    def live(self) -> object:
        """Return the version that the switch points to, from the stack's state; None when there is no switch."""
        resources = json.loads(self.run("stack", "export", show=False))["deployment"]["resources"]
        return next((r["outputs"]["output"] for r in resources if r["urn"].endswith("Stash::live")), None)


def _essence(text: str) -> list[str]:
    """Leave out progress, blank lines and the long list of outputs."""
    kept = []
    section = ""
    for line in text.splitlines():
        if line.startswith(("Outputs:", "Resources:", "Diagnostics:", "Duration:")):
            section = line.partition(":")[0]
        progress = not section and ("**" in line or line.rstrip().endswith(("0s)", "running", "refreshing")))
        if line.strip() and not progress and section != "Outputs" and not line.startswith(_NOISE):
            kept.append(line.rstrip())
    return kept


_NOISE = ("@ ", "Updating", "Refreshing", "Destroying", "The resources", "If you want", "Duration")


def story(stack: Stack, checkly: LocalCheckly) -> None:
    """Run all steps."""
    say(f"\n{BOLD}1. A new version. One check fails, so the rollout stops.{PLAIN}")
    stack.run("up", "--yes", "--skip-preview", "--config", "version=1.0.0", fails=True)
    red = stack.outputs()
    summary = red["smoke"]
    assert isinstance(summary, dict)
    expect("one trigger request started all checks", len(checkly.triggers) == 1)
    expect(f"the outputs say why: {summary['reason']}", summary["passed"] is False)
    expect(f"and where: {summary['failedLinks'][0]}", summary["failedLinks"])
    expect("the switch to the new version was not made", stack.live() is None)
    for kind in ("sessionIds", "statuses", "links"):
        values = red[kind]
        assert isinstance(values, list)
        say(f"   {kind}:")
        for value in values:
            say(f"     {value}")

    say(f"\n{BOLD}2. The cause is fixed (this check passes the second time). Only the failed check runs again.{PLAIN}")
    stack.run("up", "--yes", "--skip-preview")
    rerun = checkly.triggers[-1]["body"]["target"]
    green = stack.outputs()
    summary = green["smoke"]
    assert isinstance(summary, dict)
    expect("the second request asked for one check", len(rerun.get("checkId", [])) == 1)
    expect(f"the verdict is good: {summary['reason']}", summary["passed"] is True)
    expect("now the switch to the new version was made", stack.live() == "shop:1.0.0")

    say(f"\n{BOLD}3. The same version again. Nothing changed, so nothing happens.{PLAIN}")
    before = len(checkly.requests)
    stack.run("up", "--yes", "--skip-preview")
    expect("no request was made", len(checkly.requests) == before)

    say(f"\n{BOLD}4. The next version runs the checks again.{PLAIN}")
    stack.run("up", "--yes", "--skip-preview", "--config", "version=1.1.0")
    statuses = stack.outputs()["statuses"]
    expect("one more trigger request", len(checkly.triggers) == 3)
    expect(f"the trigger's own statuses are still those of its start: {', '.join(sorted(set(statuses)))}", statuses)  # type: ignore[call-overload]  # a list of strings

    say(f"\n{BOLD}5. A refresh reads the statuses again; the next up shows them.{PLAIN}")
    stack.run("refresh", "--yes", "--skip-preview")
    stack.run("up", "--yes", "--skip-preview", show=False)
    statuses = stack.outputs()["statuses"]
    expect("every status is final", set(statuses) == {"PASSED"})  # type: ignore[call-overload]  # a list of strings
    expect("and no check ran for that", len(checkly.triggers) == 3)

    say(f"\n{BOLD}6. Destroy sends no request to Checkly.{PLAIN}")
    before = len(checkly.requests)
    stack.run("destroy", "--yes", "--skip-preview")
    expect("no request was made", len(checkly.requests) == before)


def main() -> int:
    """Run the demo; return the exit code."""
    cli = pulumi_cli.ensure()
    started = time.monotonic()
    scenario = default()
    for check in scenario["checks"]:
        if check["name"] == "Checkout with card":
            check["outcomes"] = ["FAILED", "PASSED"]
    with (
        tempfile.TemporaryDirectory(prefix="checkly-dynamic-demo-") as folder,
        LocalCheckly(scenario, speed=2) as checkly,
    ):
        say(f"The local Checkly listens on {checkly.url}: no account, no cost, nobody is paged.")
        try:
            story(Stack(Path(folder), cli, checkly), checkly)
        except SurpriseError as surprise:
            say(f"\n✗ The demo failed: {surprise}")
            return 1
    say(f"\nDone in {time.monotonic() - started:.0f} s. Everything was in a temporary folder, which is gone.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
