"""The demo is the first thing that a newcomer runs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_tells_the_whole_story(cli: Path) -> None:
    """`make demo` shows red, the re-run, green, nothing to do, a new version, refresh and destroy, and ends with 0."""
    done = subprocess.run(
        [sys.executable, "tools/demo.py"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{cli}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    promises = [line.strip() for line in done.stdout.splitlines() if "✓" in line]
    assert len(promises) == 13, done.stdout
    assert "GateFailed: smoke-passed: 1 of 6 checks did not pass (1 FAILED)" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_demo_leaves_nothing_behind() -> None:
    """The demo runs from a copy, so the checkout holds no stack settings afterwards."""
    assert not list(ROOT.glob("Pulumi.*.yaml"))
