"""The command on real stacks: killed and failed deployments, and without a readable deploy version."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness import Project

ROOT = Path(__file__).resolve().parents[2]
GATE = """
import pulumi
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger
config = pulumi.Config()
smoke = CheckSessionTrigger("smoke", target={"match_tags": [["production"]]}, deploy_version=config.VERSION)
gate = CheckSessionGate("smoke-passed", wait_for=smoke, timeout_seconds=60)
pulumi.export("smoke", gate.summary)
"""


def report(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the report command in the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", "checkly_dynamic", *arguments],
        cwd=project.work,
        env={**project.environment(), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def completions(checkly: Any) -> list[dict[str, Any]]:
    """Return the requests that wait for a session to end."""
    return [request for request in checkly.requests if "completion" in request["path"]]


def test_a_killed_deployment_is_not_reported_as_the_last_green_one(
    make_project: Callable[..., Project], make_checkly: Callable[..., Any]
) -> None:
    """A new version's sessions are running when the engine dies: the report speaks of them, and ends with 1."""
    checkly = make_checkly(scenario={"checks": [{"name": "Home", "tags": ["production"], "seconds": [0.1, 600]}]})
    project = make_project(GATE.replace("VERSION", 'require("version")'), env=checkly.env)
    project.config("version", "1")
    project.up()
    assert report(project, "report", "--deploy-version", "1").returncode == 0

    project.config("version", "2")
    polls = len(completions(checkly))
    running = project.start_up()
    running.wait_for("CheckSessionVerdict smoke-passed updating")
    while len(completions(checkly)) == polls:  # by now the engine has written that the update of the verdict has begun
        assert running.process.poll() is None, running.text
        time.sleep(0.01)
    running.kill()
    running.end()
    done = report(project, "report")
    assert done.returncode == 1, done.stdout
    assert "UNKNOWN  smoke-passed: newer check sessions have been started" in done.stdout
    assert "deploy version 2" in done.stdout
    assert "PASSED of deploy version 1" in done.stdout


@pytest.mark.parametrize("version", ["None", 'config.require_secret("version")'])
def test_green_is_green_without_a_readable_deploy_version(
    version: str, make_project: Callable[..., Project], make_checkly: Callable[..., Any]
) -> None:
    """Without a deploy version, and with a secret one, a green stack is reported green."""
    checkly = make_checkly(scenario={"checks": [{"name": "Home", "tags": ["production"], "seconds": 0.1}]})
    project = make_project(GATE.replace("config.VERSION", version), env=checkly.env)
    project.config("version", "v-5ecr3t", secret=True)
    project.up()
    done = report(project, "report")
    assert done.returncode == 0, done.stdout
    assert "Note" not in done.stdout
    assert report(project, "report", "--deploy-version", "v-5ecr3t").returncode == 1


def test_a_deployment_that_failed_before_its_checks_is_not_green(
    make_project: Callable[..., Project], make_checkly: Callable[..., Any]
) -> None:
    """Version 1 is green, version 2 fails in its trigger: neither the state nor the outputs are reported as good."""
    checkly = make_checkly(scenario={"checks": [{"name": "Home", "tags": ["production"], "seconds": 0.1}]})
    project = make_project(GATE.replace("VERSION", 'require("version")'), env=checkly.env)
    project.config("version", "1")
    project.up()
    assert report(project, "report").returncode == 0
    project.config("version", "2")
    checkly.add_fault(route="trigger", status=503)
    project.up(expect="failure")
    project.env["PULUMI_CONFIG_PASSPHRASE"] = "wrong"  # a report decrypts nothing
    for source in ([], ["--output", "smoke"]):
        done = report(project, "report", *source)
        assert done.returncode == 1, done.stdout + done.stderr
        assert "UNKNOWN" in done.stdout
        assert "began after this verdict" in done.stdout


def test_a_stack_without_a_gate_is_not_green(project: Project) -> None:
    """Nothing to report is exit code 2, with the name of the stack."""
    project.up()
    done = report(project, "report")
    assert done.returncode == 2
    assert "stack demo/dev has no CheckSessionGate" in done.stderr
    assert done.stdout == ""
