"""examples/promotion on the real engine: production takes a version only when it was proved."""

from __future__ import annotations

import pytest
from example_projects import example


@pytest.fixture
def stacks(make_project, checkly):
    """Return the two projects of the example, in one backend; only the service knows Checkly's key."""
    service = example(make_project, "promotion/service", name="service", env=checkly.env)
    production = example(make_project, "promotion/production", name="production", backend=service.backend)
    return service, production


def refused(production, version, command="up"):
    """Run an update, or a preview, of a version that must be refused; return its error lines."""
    done = getattr(production, command)("-c", f"version={version}", expect="failure")
    assert "Traceback" not in done.text
    diagnostics = done.stdout.partition("Diagnostics:")[2]
    return [line.strip() for line in diagnostics.splitlines() if line.strip().startswith("error: ")]


def test_production_takes_only_what_was_proved(stacks):
    """Nothing exported, green, another version, red, a crashed program: only the green version goes live, and stays live."""
    service, production = stacks
    program = (service.work / "__main__.py").read_text()
    service.write("import pulumi\npulumi.export('other', 1)\n")
    service.up()
    assert "output 'smoke' of stack organization/service/dev does not exist" in refused(production, "v1")[0]
    assert "live" not in production.resources()

    service.write(program)
    service.up("-c", "version=v1")
    production.up("-c", "version=v1")
    assert production.outputs()["live"] == "shop:v1"
    assert production.outputs()["provedBy"] == service.outputs()["smoke"]["checks"]

    (line, _) = refused(production, "v2", "preview")
    assert "belongs to another deploy version (v1 instead of v2, in 1 of 1 triggers)" in line

    service.up("-c", "version=v2", "-c", "tag=broken", expect="failure")
    (line, _) = refused(production, "v2")
    assert "is not green (FAILED: 1 of 1 check did not pass (1 FAILED)); run pulumi up there" in line

    service.up("-c", "version=v3", "-c", "tag=canary")
    production.up("-c", "version=v3")
    assert production.outputs()["live"] == "shop:v3"
    service.write(program.replace("gate = ", "raise RuntimeError('crashed')\ngate = "))
    service.up("-c", "version=v4", expect="failure")
    assert service.outputs()["smoke"]["passed"] is True
    (line, _) = refused(production, "v4")
    assert "belongs to another deploy version (v3 instead of v4" in line

    assert production.outputs()["live"] == "shop:v3"
    assert production.resources()["live"]["outputs"]["input"] == "shop:v3"


def test_a_new_version_beside_an_old_verdict_is_not_taken_for_proved(stacks):
    """Only the trigger is targeted: it runs for the new version, but the gate has judged the old one, and says so."""
    service, production = stacks
    service.up("-c", "version=v1")
    trigger = next(r["urn"] for r in service.export()["deployment"]["resources"] if r["type"].endswith("Trigger"))
    service.up("-c", "version=v2", "--target", trigger)
    assert service.outputs()["smoke"]["deployVersions"] == ["v1"]
    (line, _) = refused(production, "v2")
    assert "belongs to another deploy version (v1 instead of v2" in line


@pytest.mark.long
def test_a_stack_that_requires_a_verdict_can_always_be_torn_down(stacks):
    """With --run-program the program fails when the other stack is red; without it, destroy works and needs nothing."""
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
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
from checkly_dynamic import require_passed

class Builds(ResourceProvider):
    def create(self, props):
        return CreateResult("image", {"digest": "v-hidden"})

class Image(Resource):
    digest: pulumi.Output[str]

    def __init__(self):
        super().__init__(Builds(), "image", {"digest": None}, pulumi.ResourceOptions(additional_secret_outputs=["digest"]))

service = pulumi.StackReference("organization/service/dev")
proof = require_passed(service, "smoke", deploy_version=Image().digest)
pulumi.Stash("live", input=proof.deploy_version)
"""
SUMMARY = {
    "passed": True,
    "conclusion": "PASSED",
    "reason": "1 check passed",
    "deployVersions": ["v1"],
    "counts": {"PASSED": 1},
    "checks": {"Home page": "PASSED"},
    "failed": [],
    "finishedAt": "2026-11-23T07:00:00.000Z",
}


@pytest.mark.long
def test_a_version_that_is_only_known_later_is_waited_for(make_project):
    """In a preview an unknown version leaves the proof unknown; the update judges it, and quotes no secret."""
    other = make_project(f"import pulumi\npulumi.export('smoke', {SUMMARY!r})", name="service")
    other.up()
    production = make_project(LATER, name="production", backend=other.backend)
    production.preview()
    done = production.up(expect="failure")
    assert "belongs to another deploy version (not the required one, in 1 of 1 triggers)" in done.text
    assert "v-hidden" not in done.text
    assert "live" not in production.resources()
    other.write(f"import pulumi\npulumi.export('smoke', {SUMMARY | {'deployVersions': ['v-hidden']}!r})")
    other.up()
    production.up()
    assert "live" in production.resources()
