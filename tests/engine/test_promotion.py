"""examples/promotion on the real engine: production accepts a version only if it was proved."""

import pytest


@pytest.fixture
def stacks(make_example, checkly):
    """Return the two projects of the example, in one backend; only the service knows Checkly's key."""
    service = make_example("promotion/service", env=checkly.env)
    production = make_example("promotion/production")
    production.env = {"PULUMI_BACKEND_URL": f"file://{service.backend}"}
    production.run("stack", "init", "dev")
    return service, production


def refused(production, version, command="up"):
    """Run an update, or a preview, of a version that must be refused; return its first error line."""
    done = getattr(production, command)("-c", f"version={version}", expect="failure")
    assert "Traceback" not in done.text
    return next(line for line in done.stdout.partition("Diagnostics:")[2].splitlines() if "error: " in line)


def test_production_takes_only_what_was_proved(stacks):
    """Nothing exported, green, another version, red, a crashed program: only the green version goes live and stays live."""
    service, production = stacks
    program = (service.work / "__main__.py").read_text()
    service.write("import pulumi\npulumi.export('other', 1)\n")
    service.up()
    assert "output 'smoke' of stack organization/service/dev does not exist" in refused(production, "v1")
    assert "live" not in production.resources()

    service.write(program)
    service.up("-c", "version=v1")
    production.up("-c", "version=v1")
    assert production.outputs()["live"] == "shop:v1"
    assert production.outputs()["provedBy"] == service.outputs()["smoke"]["checks"]
    another = "belongs to another deploy version (v1 instead of v2)"
    assert another in refused(production, "v2", "preview")
    service.up("-c", "version=v2", "--target", "**:CheckSessionTrigger::smoke")
    assert another in refused(production, "v2", "preview")

    service.up("-c", "version=v2", "-c", "tag=broken", expect="failure")
    red = "is not green (FAILED: 1 of 1 check did not pass (1 FAILED)); run pulumi up there"
    assert red in refused(production, "v2")

    service.up("-c", "version=v3", "-c", "tag=canary")
    production.up("-c", "version=v3")
    assert production.outputs()["live"] == "shop:v3"
    service.write(program.replace("gate = ", "raise RuntimeError('crashed')\ngate = "))
    service.up("-c", "version=v4", expect="failure")
    assert service.outputs()["smoke"]["passed"] is True
    assert "belongs to another deploy version (v3 instead of v4" in refused(production, "v4")
    assert production.outputs()["live"] == "shop:v3"
    assert production.resources()["live"]["outputs"]["input"] == "shop:v3"


@pytest.mark.long
def test_a_stack_that_requires_a_verdict_can_always_be_torn_down(stacks):
    """With --run-program the program fails when the other stack is red; without it, destroy always works."""
    service, production = stacks
    service.up("-c", "version=v1")
    production.up("-c", "version=v1")
    service.up("-c", "version=v2", "-c", "tag=broken", expect="failure")
    for command in (production.refresh, production.destroy):
        assert "is not green" in command("--run-program", expect="failure").text
    assert "live" in production.resources()
    production.refresh()
    production.destroy("--run-program=false")
    assert "live" not in production.resources()


LATER = """
import pulumi
from checkly_dynamic import require_passed

version = pulumi.Output.secret(pulumi.Stash("image", input="1").id).apply(lambda _: "v-hidden")
proof = require_passed("organization/service/dev", "smoke", deploy_version=version)
pulumi.Stash("live", input=proof.deploy_version)
"""


@pytest.mark.long
def test_a_version_that_is_only_known_later_is_waited_for(stacks):
    """In a preview the proof of an unknown version is unknown; the update judges it, and quotes no secret."""
    service, production = stacks
    service.up("-c", "version=v1")
    production.write(LATER)
    production.preview()
    said = production.up(expect="failure").text
    assert "belongs to another deploy version (not the required one)" in said
    assert "v-hidden" not in said
    assert "live" not in production.resources()
    service.up("-c", "version=v-hidden")
    production.up()
    assert "live" in production.resources()
