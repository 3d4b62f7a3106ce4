"""examples/policy-pack on the real engine: what the pack refuses and allows, and when."""

import json
import shutil
import sys
from pathlib import Path

import pulumi_cli
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "policy-pack"

# An official Pulumi CLI runs packs with `pulumi up --policy-pack FOLDER`. The language host that can be built without the
# official installer is too old for that, so the Automation API serves the program; packs and engine are the same.
INLINE = """
import json
import runpy
import sys
from pulumi import automation

job = json.loads(sys.argv[1])

def program():
    runpy.run_path(job["program"])

stack = automation.create_or_select_stack(job["stack"], "guarded-service", program)
for key, value in job["config"].items():
    stack.set_config(key, automation.ConfigValue(value))
for tag, value in job["tags"].items():
    stack.workspace.set_tag(job["stack"], tag, value)
packs = {"policy_packs": [job["pack"]], "policy_pack_configs": job["pack_configs"]}
try:
    getattr(stack, job["operation"])(on_output=print, **packs)
except automation.CommandError:
    sys.exit(1)
"""


class Guarded:
    """The example's service under the example's pack."""

    def __init__(self, project):
        self.project = project
        self.pack = shutil.copytree(EXAMPLE, project.folder / "policy-pack")

    def run(self, operation, stack, *, expect=0, configs=(), tags=None, **config):
        """Run `pulumi OPERATION --policy-pack policy-pack`; return what it prints."""
        job = {
            "program": str(self.pack / "service" / "__main__.py"),
            "stack": stack,
            "operation": operation,
            "config": {f"guarded-service:{key}": value for key, value in config.items()},
            "tags": tags or {},
            "pack": str(self.pack),
            "pack_configs": [str(self.pack / name) for name in configs],
        }
        return self.project.execute(sys.executable, "-c", INLINE, json.dumps(job), expect=expect).text

    def export(self, stack):
        """Return the state, and its resources by the end of their type."""
        state = self.project.export("--stack", f"organization/guarded-service/{stack}")
        return state, {one["type"].rpartition(":")[2]: one for one in state["deployment"]["resources"]}

    def analyze(self, state, kind="", *, expect=0, **outputs):
        """Run `pulumi policy analyze` on a state with other outputs for the resources of a type; return what it prints."""
        state = json.loads(json.dumps(state))
        for resource in state["deployment"]["resources"]:
            if kind and resource["type"].endswith(kind):
                resource["outputs"] |= outputs
        file = self.project.folder / "state.json"
        file.write_text(json.dumps(state))
        command = ("policy", "analyze", "--file", str(file), "--policy-pack", str(self.pack))
        return self.project.run(*command, expect=expect).text


@pytest.fixture
def guarded(make_project, checkly):
    """Return the example's service and pack, with a local Checkly."""
    project = make_project(name="guarded-service", env={**checkly.env, "PULUMI_STACK": ""})
    project.cli = pulumi_cli.policy_bin()
    return Guarded(project)


def test_a_preview_shows_what_breaks_the_rules_before_anything_runs(guarded, checkly):
    """A missing gate, and one that waits too long, only records and has no version, are refused with a line for each."""
    said = guarded.run("preview", "prod", gate="false", version="v1", expect=1)
    assert "There is no CheckSessionGate: add one" in said
    said = guarded.run("preview", "prod-eu", timeoutSeconds="4000", onFailure="record", expect=1)
    for rule in ("checkly-deploy-version-set", "checkly-longest-timeout", "checkly-no-record-mode"):
        assert f"[mandatory]  {rule}" in said
    assert checkly.requests == []


def test_a_stack_that_keeps_the_rules_is_previewed_deployed_and_analyzed(guarded):
    """Unknown values in a first preview break no rule; the deployed state passes offline, but a red one would not."""
    assert "can't run policy" not in guarded.run("preview", "prod", version="v1")
    guarded.run("up", "prod", version="v1")
    state, resources = guarded.export("prod")
    assert resources["Stash"]["outputs"]["input"] == {"version": "v1", "checksPassed": True}
    guarded.analyze(state)
    row = {"name": "Checkout", "status": "FAILED", "link": "https://checkly.example/s1", "errors": ["status code 500"]}
    verdict = {"passed": False, "conclusion": "FAILED", "reason": "1 of 2 checks did not pass", "failed": [row]}
    said = guarded.analyze(state, ":CheckSessionVerdict", **verdict, expect=1)
    for line in ("smoke is not green: 1 of 2 checks did not pass.", "Checkout: FAILED", "status code 500"):
        assert line in said
    said = guarded.analyze(state, ":CheckSessionTrigger", sessionIds=["newer"], expect=1)
    assert "smoke is not green: smoke has started newer sessions" in said


def test_a_red_verdict_stops_what_goes_live_also_where_the_gate_only_records(guarded):
    """Outside production a gate may only record; the rule on the property then stops that resource before it changes."""
    said = guarded.run("up", "staging", version="v1", tag="broken", onFailure="record", expect=1)
    assert "input.checksPassed is not true: the checks of the gate did not pass." in said
    _, resources = guarded.export("staging")
    assert "Stash" not in resources
    assert resources["CheckSessionVerdict"]["outputs"]["conclusion"] == "FAILED"


@pytest.mark.long
def test_the_packs_configuration_reaches_the_rules(guarded):
    """A stack's tag makes a gate required, and a timeout that is too long is lowered instead of refused."""
    strict = {"configs": ["strict.json"], "version": "v1"}
    said = guarded.run("preview", "staging", tags={"tier": "critical"}, gate="false", expect=1, **strict)
    assert "There is no CheckSessionGate" in said
    guarded.run("up", "staging", gate="true", timeoutSeconds="1000", **strict)
    _, resources = guarded.export("staging")
    assert resources["CheckSessionVerdict"]["inputs"]["timeoutSeconds"] == 120
    assert "__provider" in resources["CheckSessionVerdict"]["inputs"]


def test_a_language_host_that_is_too_old_is_named(make_example, cli):
    """If the language host cannot run a policy pack, the preview fails, and one line says what to install."""
    if cli == pulumi_cli.policy_bin():
        pytest.skip("this CLI's language host runs policy packs")
    project = make_example("policy-pack/service")
    pack = shutil.copytree(EXAMPLE, project.folder / "policy-pack")
    said = project.preview("--policy-pack", str(pack), "-c", "version=v1", expect="failure").text
    assert "failed to start" in said
    assert "pulumi-language-python of this Pulumi CLI is too old to run a policy pack; install a current CLI" in said
    assert "Traceback" not in said
