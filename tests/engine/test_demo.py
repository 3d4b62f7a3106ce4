"""`make demo`, the first thing that a newcomer runs."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_tells_the_whole_story(cli: Path) -> None:
    """The demo shows red with the reason, the report, a re-run of one check, green, nothing to do, a new version and destroy."""
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
    promises = [line.strip() for line in done.stdout.splitlines() if "✓" in line and "PASSED" not in line]
    assert len(promises) == 12, done.stdout
    error, _, after = done.stdout.partition("$ checkly-dynamic report")
    assert "GateFailed: smoke-passed: 1 of 6 checks did not pass (1 FAILED)" in error
    why = "Error: step 'Pay by card' failed: expected status 200, received 502"
    assert why in error, "the error of the red run says why"
    assert why in after, "and so does the report"
    assert "Traceback" not in done.stdout


def test_the_demo_leaves_nothing_behind() -> None:
    """The demo runs from a copy, so the checkout holds no stack settings afterwards."""
    assert not list(ROOT.glob("Pulumi.*.yaml"))
