"""The harness itself: what other engine tests rely on without a second look."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

CONFIG = """
import os
import pulumi
config = pulumi.Config("greeting")
pulumi.export("plain", config.get("plain"))
pulumi.export("hidden", config.get_secret("hidden"))
pulumi.export("environment", sorted(os.environ))
"""

RESOURCE = """
import os, sys
import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class WhoRuns(ResourceProvider):
    def create(self, props):
        import os, sys
        return CreateResult("only", {"pid": os.getpid(), "python": sys.executable})

class Host(Resource):
    pid: pulumi.Output[int]
    python: pulumi.Output[str]

    def __init__(self, name):
        super().__init__(WhoRuns(), name, {"pid": None, "python": None})

host = Host("host")
pulumi.export("host", {"pid": host.pid, "python": host.python})
pulumi.export("program", {"pid": os.getpid(), "python": sys.executable})
"""

HANGS = """
import time
import pulumi
pulumi.info("the program is waiting")
time.sleep(600)
"""


def test_a_config_value_reaches_the_outputs_and_a_secret_one_stays_encrypted(project):
    """What a test sets in the stack's config arrives in the program; a secret is in clear text only when asked for."""
    project.config("greeting:plain", "hello")
    project.config("greeting:hidden", "-s3cr3t", secret=True)
    project.write(CONFIG)
    result = project.up()
    assert project.outputs() == {**project.outputs(), "plain": "hello", "hidden": "[secret]"}
    assert project.outputs(show_secrets=True)["hidden"] == "-s3cr3t"
    assert "hello" in project.state_text()
    assert "s3cr3t" not in project.state_text() + result.text


def test_nothing_of_the_outside_reaches_a_run(project, monkeypatch):
    """Credentials and proxies of the machine are not in a run's environment; what the test gives is."""
    monkeypatch.setenv("CHECKLY_API_KEY", "from outside")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    project.env["GIVEN"] = "by the test"
    project.write(CONFIG)
    project.up()
    names = project.outputs()["environment"]
    assert "GIVEN" in names
    assert not {"CHECKLY_API_KEY", "HTTPS_PROXY"} & set(names)


def test_a_dynamic_resource_runs_in_the_plugin_host_with_this_python(project):
    """Program and provider run in two processes, both with the tests' interpreter; a second up does nothing."""
    project.write(RESOURCE)
    first = project.up()
    outputs = project.outputs()
    assert outputs["host"]["python"] == outputs["program"]["python"] == sys.executable
    assert outputs["host"]["pid"] != outputs["program"]["pid"]
    assert first.changes == {"created": 2}
    assert project.up().changes == {"unchanged": 2}
    assert project.resources()["host"]["outputs"]["pid"] == outputs["host"]["pid"]
    assert project.destroy().changes == {"deleted": 2}


def test_a_failing_program_is_told_from_a_good_one(project):
    """A test cannot take a failed run for a good one, nor the other way round."""
    project.write("raise SystemExit(1)")
    with pytest.raises(AssertionError, match="program exited with non-zero exit code"):
        project.up()
    project.up(expect="failure")
    project.write("")
    with pytest.raises(AssertionError, match="ended with 0"):
        project.up(expect="failure")


def test_after_a_kill_the_stack_is_locked_until_it_is_cancelled(project):
    """A killed CLI leaves a lock and processes, as in real life; the harness can see both and clean both up."""
    project.write(HANGS)
    running = project.start_up()
    running.wait_for("the program is waiting")
    running.kill()
    assert running.process.returncode == -signal.SIGKILL
    project.write("")
    assert "locked" in project.up(expect="failure").text
    project.cancel()
    project.up()
    running.end()
    assert running.pids() == []


def test_two_projects_can_share_a_backend(make_project):
    """A stack reference finds the outputs of another project of the same test."""
    first = make_project("import pulumi\npulumi.export('answer', 42)")
    first.up()
    program = (
        "import pulumi\n"
        "other = pulumi.StackReference('organization/demo/dev')\n"
        "pulumi.export('copied', other.get_output('answer'))"
    )
    second = make_project(program, name="second", backend=first.backend)
    second.up()
    assert second.outputs() == {"copied": 42}


PACK = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def refuse(args, report):
    if args.resource_type == "pulumi:pulumi:Stack":
        report("no stacks today")

PolicyPack("strict", [ResourceValidationPolicy("refuse", "Refuses.", refuse)], EnforcementLevel.MANDATORY)
"""

INLINE = """
import sys
from pulumi import automation
root, pack = sys.argv[1:]
options = automation.LocalWorkspaceOptions(pulumi_command=automation.PulumiCommand(root))
stack = automation.create_or_select_stack("dev", "inline", lambda: None, opts=options)
stack.up(policy_packs=[pack])
"""


def test_policy_packs_run_from_their_own_folder(project, policy_cli):
    """A pack's verdict on an inline program arrives, with nothing of the network, whichever language host there is."""
    pack = project.folder / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (pack / "__main__.py").write_text(PACK)
    done = subprocess.run(
        [sys.executable, "-c", INLINE, policy_cli.parent, pack],
        env={**project.environment(), "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath])},
        cwd=project.work,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert "no stacks today" in done.stdout + done.stderr
