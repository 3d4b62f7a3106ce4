"""
The state, which every release must keep reading and writing.

The files in tests/golden/states were recorded with the version in their name. They are never recorded again, because users'
states cannot be changed either.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
HOME, SHOP = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
PROGRAM = """
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

smoke = CheckSessionTrigger(
    "smoke",
    target={"match_tags": [["smoke", "!slow"]]},
    deploy_version="1.2.3",
    triggers=[1, {"a": True}],
    refresh_cache=False,
    run_all_checks=False,
    on_no_match="fail",
)
CheckSessionGate(
    "gate", wait_for=smoke, timeout_seconds=60, fail_on=["FAILED"], attempts=2, fail_fast=False, on_failure="fail"
)
"""


def settled(resources: list[Any], url: str) -> list[Any]:
    """Replace what is different in every run: times, durations and the server's address."""
    text = json.dumps(resources).replace(url, "URL")
    text = re.sub(r'"timeElapsed": [\d.]+', '"timeElapsed": 0', text)
    return json.loads(re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", text))


def test_the_state_is_what_it_was(make_stack):
    """
    Type tokens, ids, parents, keys and values are as in every existing stack, and another update does not change them.

    After a key is added on purpose, run this test with GOLDEN=write to write the file again.
    """
    home = {"id": HOME, "name": "Home", "tags": ["smoke"], "seconds": 0}
    shop = {"id": SHOP, "name": "Shop", "tags": ["smoke"], "seconds": 0, "checkType": "BROWSER"}
    project, checkly = make_stack(PROGRAM, home, shop, accountId="11111111-2222-4333-8444-555555555555")
    project.up()
    kept = ("urn", "type", "id", "parent", "custom", "inputs", "outputs")
    resources = [
        {key: resource[key] for key in kept if key in resource}
        for resource in project.export()["deployment"]["resources"]
        if "checkly" in resource["type"]
    ]
    resources = settled(resources, checkly.url)
    # Trigger and gate are registered at the same time, so either may come first; a parent stays before its children.
    resources.sort(key=lambda resource: resource["urn"].count("$"))
    resources[:2] = sorted(resources[:2], key=lambda resource: resource["urn"])
    if os.environ.get("GOLDEN") == "write":
        (GOLDEN / "state.json").write_text(json.dumps(resources, indent=2) + "\n")
    assert resources == json.loads((GOLDEN / "state.json").read_text())
    assert project.up().changes == {"unchanged": 5}


RECORDED = """
import pulumi
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

smoke = CheckSessionTrigger(
    "smoke",
    target={"match_tags": [["production", "!slow"]]},
    deploy_version=pulumi.Config().get("version") or "1.0.0",
    triggers=[{"config": 7}],
)
passed = CheckSessionGate("smoke-passed", wait_for=smoke, timeout_seconds=60, attempts=1)
live = pulumi.Stash("live", input="1", opts=pulumi.ResourceOptions(depends_on=[passed]))
pulumi.export("smoke", passed.summary)
"""
CHECKOUT = "6f0ae9ad-4a07-44a1-9a2a-0d7a0b0f7a02"


@pytest.fixture
def make_recorded(make_stack):
    """Return a function that makes a stack from a recorded state, and a local Checkly without its sessions."""

    def make(kind: str):
        checks = [
            {"id": "6f0ae9ad-4a07-44a1-9a2a-0d7a0b0f7a01", "name": "Home", "tags": ["production"], "seconds": 0.1},
            {"id": CHECKOUT, "name": "Checkout", "tags": ["production"], "seconds": 0.1},
        ]
        project, checkly = make_stack(RECORDED, *checks)
        project.load(json.loads((GOLDEN / "states" / f"0.1.0-{kind}.json").read_text()))
        return project, checkly

    return make


def stored_outputs(project) -> dict[str, Any]:
    """Return the outputs of all resources, except the stack: an exported summary has today's form."""
    found = {name: resource["outputs"] for name, resource in project.resources().items() if "outputs" in resource}
    return {name: outputs for name, outputs in found.items() if name != "demo-dev"}


def targets(checkly) -> list[Any]:
    """Return the targets of the trigger requests so far."""
    return [request["body"]["target"] for request in checkly.triggers]


def test_a_recorded_green_deployment_stays_green(make_recorded) -> None:
    """No change, no check runs, a refresh keeps forgotten sessions, a new version runs, destroy works."""
    project, checkly = make_recorded("green")
    before = stored_outputs(project)
    project.preview("--expect-no-changes")
    project.up("--expect-no-changes")
    project.refresh()
    assert not checkly.triggers
    assert stored_outputs(project) == before

    project.up("--config", "version=2.0.0")
    assert targets(checkly) == [{"matchTags": [["production", "!slow"]]}]
    assert project.outputs()["smoke"]["deployVersions"] == ["2.0.0"]
    project.destroy()


def test_a_recorded_red_deployment_runs_only_the_bad_check_again(make_recorded) -> None:
    """The next update of a red deployment runs only the failed check and turns green."""
    project, checkly = make_recorded("red")
    project.up()
    assert targets(checkly) == [{"checkId": [CHECKOUT]}]
    assert project.outputs()["smoke"]["passed"] is True


def test_a_recorded_pending_deployment_asks_for_the_same_session(make_recorded) -> None:
    """The next update asks for the session that had not ended. It is forgotten here, so the update after that runs it again."""
    project, checkly = make_recorded("pending")
    sessions = project.resources(":CheckSessionVerdict")["smoke-passed"]["outputs"]["sessions"]
    (unfinished,) = [session["checkSessionId"] for session in sessions if not session["finished"]]
    project.up(expect="failure")
    assert [request["path"] for request in checkly.requests] == [f"/v1/check-sessions/{unfinished}/completion"]
    assert project.outputs()["smoke"]["conclusion"] == "UNKNOWN"

    project.up()
    assert targets(checkly) == [{"checkId": [CHECKOUT]}]
    assert project.outputs()["smoke"]["passed"] is True
