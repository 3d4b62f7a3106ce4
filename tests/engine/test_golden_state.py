"""
The exact state of a trigger and of a gate's two children, as every release must go on reading and writing it.

The state's form is frozen: a change of a key or a type is a change for every existing stack. When a key is added on purpose, the
file is written anew by running this test with GOLDEN=write.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parents[1] / "golden" / "state.json"
SCENARIO = {
    "accountId": "11111111-2222-4333-8444-555555555555",
    "checks": [
        {"id": "aaaaaaaa-0000-4000-8000-000000000001", "name": "Home", "tags": ["smoke"], "seconds": 0},
        {
            "id": "aaaaaaaa-0000-4000-8000-000000000002",
            "name": "Shop",
            "tags": ["smoke"],
            "seconds": 0,
            "checkType": "BROWSER",
        },
    ],
}
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


def settled(value: Any, url: str) -> Any:
    """Replace what is different in every run: times, durations and the server's address."""
    if isinstance(value, dict):
        return {key: 0 if key == "timeElapsed" else settled(item, url) for key, item in value.items()}
    if isinstance(value, list):
        return [settled(item, url) for item in value]
    if isinstance(value, str):
        return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME", value.replace(url, "URL"))
    return value


def test_the_state_is_what_it_was(make_project, make_checkly):
    """Type tokens, ids, parents, keys and values are those of the first release, and another update changes none of them."""
    checkly = make_checkly(scenario=SCENARIO)
    project = make_project(PROGRAM, env=checkly.env)
    project.up()
    kept = ("urn", "type", "id", "parent", "custom", "inputs", "outputs")
    resources = [
        {key: settled(resource[key], checkly.url) for key in kept if key in resource}
        for resource in project.export()["deployment"]["resources"]
        if "checkly" in resource["type"]
    ]
    # Trigger and gate are registered at the same time, so either may come first; a parent stays before its children.
    resources.sort(key=lambda resource: resource["urn"].count("$"))
    resources[:2] = sorted(resources[:2], key=lambda resource: resource["urn"])
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(resources, indent=2) + "\n")
    assert resources == json.loads(GOLDEN.read_text())
    assert project.up().changes == {"unchanged": 5}
