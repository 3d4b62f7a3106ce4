"""examples/component on the real engine: who is whose child, what they are called, and who waits for whom."""

from __future__ import annotations

from example_projects import example

SCENARIO = {
    "checks": [
        {"name": "API", "tags": ["api"], "seconds": 0.1},
        {"name": "API, slowly", "tags": ["api", "slow"], "seconds": 0.1},
        {"name": "Payments", "tags": ["payments"], "seconds": 0.1, "outcomes": ["PASSED", "FAILED"]},
    ]
}


def kind(urn):
    """Return the type of a URN without its module, and its name."""
    _, _, types, name = urn.rsplit("::", 3)
    return [part.rpartition(":")[2] for part in types.split("$")], name


def test_a_component_of_your_own_names_its_children_and_guards_what_depends_on_it(make_project, make_checkly):
    """Children stand below the component, with its name; a red service does not go live, and does not hold up the other."""
    checkly = make_checkly(scenario=SCENARIO)
    project = example(make_project, "component", name="component", env=checkly.env)
    project.up("-c", "version=v1")
    urns = [resource["urn"] for resource in project.export()["deployment"]["resources"]]
    below = sorted(types for types, name in map(kind, urns) if name == "api" and types[0] == "Proved")
    assert below == [
        ["Proved"],
        ["Proved", "CheckSessionGate"],
        ["Proved", "CheckSessionGate", "CheckSessionBarrier"],
        ["Proved", "CheckSessionGate", "CheckSessionTrigger"],
        ["Proved", "CheckSessionGate", "CheckSessionVerdict"],
    ]
    assert project.outputs()["api"]["counts"] == {"PASSED": 1}

    done = project.up("-c", "version=v2", "--continue-on-error", expect="failure")
    assert "payments: 1 of 1 check did not pass (1 FAILED)" in done.text
    live = {name: project.resources()[f"{name}-live"]["outputs"]["input"] for name in ("api", "payments")}
    assert live == {"api": "v2", "payments": "v1"}
    assert project.outputs()["payments"]["conclusion"] == "FAILED"


def test_a_components_trigger_waits_for_what_was_deployed(make_project, make_checkly):
    """The component's depends_on reaches the trigger: a service that cannot be deployed is not checked."""
    checkly = make_checkly(scenario=SCENARIO)
    project = example(make_project, "component", name="component", env=checkly.env)
    broken = (
        (project.work / "__main__.py")
        .read_text()
        .replace('deployed = pulumi.Stash(service, input=f"{service}:{version}")', "deployed = Fails(service)")
    )
    project.write(f"{FAILS}\n{broken}")
    project.up("-c", "version=v1", "--continue-on-error", expect="failure")
    assert checkly.triggers == []


FAILS = """
from pulumi.dynamic import Resource, ResourceProvider

class CannotBeDeployed(ResourceProvider):
    def create(self, props):
        raise RuntimeError("no capacity")

class Fails(Resource):
    def __init__(self, name):
        super().__init__(CannotBeDeployed(), name, {})
"""
