"""examples/policy-pack on the real engine: what the pack refuses, when, and what it lets through."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from example_projects import example

EXAMPLE = Path(__file__).parents[2] / "examples" / "policy-pack"
INLINE = Path(__file__).with_name("inline.py")


class Guarded:
    """The example's service under the example's pack, in one file backend."""

    def __init__(self, project, checkly, cli):
        self.cli, self.folder = cli, project.folder
        self.pack = shutil.copytree(EXAMPLE, project.folder / "policy-pack")
        path = os.pathsep.join([str(Path(sys.executable).parent), str(cli), os.defpath])
        self.env = {**project.environment(), **checkly.env, "PATH": path, "PYTHONPATH": str(EXAMPLE.parents[1])}
        del self.env["PULUMI_STACK"]

    def run(self, operation, stack, *, configs=(), tags=None, **config):
        """Run `pulumi OPERATION --policy-pack policy-pack`; return the exit code and the text."""
        job = {
            "cli": str(self.cli.parent),
            "program": str(self.pack / "service" / "__main__.py"),
            "project": "guarded-service",
            "stack": stack,
            "operation": operation,
            "config": {f"guarded-service:{key}": value for key, value in config.items()},
            "tags": tags or {},
            "packs": [str(self.pack)],
            "pack_configs": [str(self.pack / name) for name in configs],
        }
        return self._done([sys.executable, str(INLINE), json.dumps(job)])

    def pulumi(self, *arguments):
        """Run the CLI itself."""
        return self._done([str(self.cli / "pulumi"), "--non-interactive", "--color=never", *arguments])

    def resources(self, stack):
        """Return the state's resources by type, and the state's text."""
        _, text = self.pulumi("stack", "export", "--stack", f"organization/guarded-service/{stack}")
        found = json.loads(text)["deployment"]["resources"]
        return {resource["type"].rpartition(":")[2]: resource for resource in found}, text

    def analyze(self, state):
        """Run `pulumi policy analyze` on the text of an exported state."""
        file = self.folder / "state.json"
        file.write_text(state)
        return self.pulumi("policy", "analyze", "--file", str(file), "--policy-pack", str(self.pack))

    def _done(self, command):
        done = subprocess.run(
            command, env=self.env, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def guarded(project, checkly, policy_cli):
    """Return the example's service and pack, with a local Checkly."""
    return Guarded(project, checkly, policy_cli)


def changed(state, kind, **outputs):
    """Return the text of an exported state in which the resources of a type have other outputs."""
    export = json.loads(state)
    for resource in export["deployment"]["resources"]:
        if resource["type"].endswith(f":{kind}"):
            resource["outputs"] |= outputs
    return json.dumps(export)


def test_a_preview_shows_what_breaks_the_rules_before_anything_runs(guarded, checkly):
    """Without a gate, or with one that waits too long, only records and has no version: refused, with a line for each."""
    code, text = guarded.run("preview", "prod", gate="false", version="v1")
    assert code == 1
    assert "There is no CheckSessionGate: add one" in text
    code, text = guarded.run("preview", "prod-eu", timeoutSeconds="4000", onFailure="record")
    assert code == 1
    for rule in ("checkly-deploy-version-set", "checkly-longest-timeout", "checkly-no-record-mode"):
        assert f"[mandatory]  {rule}" in text
    assert checkly.requests == []


def test_a_stack_that_keeps_the_rules_is_previewed_deployed_and_analyzed(guarded):
    """Unknown values of a first preview break no rule; the deployed state passes offline, and a red one would not."""
    code, text = guarded.run("preview", "prod", version="v1")
    assert (code, "can't run policy" in text) == (0, False), text
    code, text = guarded.run("up", "prod", version="v1")
    assert code == 0, text
    resources, state = guarded.resources("prod")
    assert resources["Stash"]["outputs"]["input"] == {"version": "v1", "checksPassed": True}
    code, text = guarded.analyze(state)
    assert code == 0, text
    row = {"name": "Checkout", "status": "FAILED", "link": "https://checkly.example/s1", "errors": ["status code 500"]}
    verdict = {"passed": False, "conclusion": "FAILED", "reason": "1 of 2 checks did not pass", "failed": [row]}
    code, text = guarded.analyze(changed(state, "CheckSessionVerdict", **verdict))
    assert code == 1
    for line in ("smoke is not green: 1 of 2 checks did not pass.", "Checkout: FAILED", "status code 500"):
        assert line in text
    code, text = guarded.analyze(changed(state, "CheckSessionTrigger", sessionIds=["newer"]))
    assert code == 1
    assert "smoke is not green: smoke has started newer sessions" in text


def test_a_red_verdict_stops_what_goes_live_also_where_the_gate_only_records(guarded):
    """Outside production a gate may only record; the rule on the property then stops the one resource, before it changes."""
    code, text = guarded.run("up", "dev", version="v1", tag="broken", onFailure="record")
    assert code == 1
    assert "input.checksPassed is not true: the checks of the gate did not pass." in text
    resources, _ = guarded.resources("dev")
    assert "Stash" not in resources
    assert resources["CheckSessionVerdict"]["outputs"]["conclusion"] == "FAILED"


@pytest.mark.long
def test_the_packs_configuration_reaches_the_rules(guarded):
    """A stack's tag makes a gate required, and a timeout that is too long is lowered instead of refused."""
    code, text = guarded.run(
        "preview", "dev", configs=["strict.json"], tags={"tier": "critical"}, gate="false", version="v1"
    )
    assert (code, "There is no CheckSessionGate" in text) == (1, True), text
    code, text = guarded.run("up", "dev", configs=["strict.json"], gate="true", version="v1", timeoutSeconds="1000")
    assert code == 0, text
    resources, _ = guarded.resources("dev")
    assert resources["CheckSessionVerdict"]["inputs"]["timeoutSeconds"] == 120
    assert "__provider" in resources["CheckSessionVerdict"]["inputs"]


def test_a_language_host_that_is_too_old_is_named(make_project, cli, policy_cli):
    """Where the language host cannot run a policy pack, the preview fails, and one line says what to install."""
    if cli == policy_cli:
        pytest.skip("this CLI's language host runs policy packs")
    project = example(make_project, "policy-pack/service", name="guarded-service")
    pack = shutil.copytree(EXAMPLE, project.folder / "policy-pack")
    done = project.preview("--policy-pack", str(pack), "-c", "version=v1", expect="failure")
    assert "failed to start" in done.text
    assert (
        "pulumi-language-python of this Pulumi CLI is too old to run a policy pack; install a current CLI" in done.text
    )
    assert "Traceback" not in done.text
