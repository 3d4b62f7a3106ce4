"""examples/automation on the real engine: a script whose exit code is the verdict."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from example_projects import EXAMPLES


@pytest.fixture
def deploy(project, checkly):
    """Return a function that runs the example's script in an empty folder."""
    env = {**project.environment(), **checkly.env}
    # The script names its own stack, and its own Python.
    del env["PULUMI_STACK"], env["PULUMI_PYTHON_CMD"]

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / "automation" / "deploy.py"), *arguments],
            env=env,
            cwd=project.folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        report = json.loads((project.folder / "report.json").read_text())
        return done.returncode, done.stdout.splitlines(), report

    return run


def test_the_exit_code_is_the_verdict_of_this_version(deploy, checkly):
    """Green ends with 0; red with 1, which check failed and why; a deployment that fails before its checks with 1."""
    code, lines, report = deploy("v1")
    assert (code, lines[-1]) == (0, "v1: green: 2 checks passed")
    assert report["deployVersions"] == ["v1"]

    code, lines, report = deploy("v2", "broken")
    assert code == 1
    (row,) = report["failed"]
    assert lines[-4:] == [
        "v2: RED: 1 of 1 check did not pass (1 FAILED)",
        f"  Legacy invoices: FAILED {row['link']}",
        "    assertion failed: status code = 200 (status code 502)",
        "    assertion failed: json body $.invoices is not empty (status code 502)",
    ]
    assert report["conclusion"] == "FAILED"

    checkly.add_fault(route="trigger", status=503)
    code, lines, report = deploy("v3")
    assert (code, lines[-1]) == (1, "v3: RED: the deployment failed before its checks")
    assert report["passed"] is False
    assert "503" in report["failure"]
