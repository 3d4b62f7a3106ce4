"""
States that a released version wrote work with the current code.

The files in tests/golden/states were recorded with the version in their name. They are never recorded again: a state
that users have cannot be changed either. ``RECORD=1`` with a new version records its own.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from upgrade_program import CHECKS, program, scenario

from checkly_dynamic import __version__

STATES = Path(__file__).resolve().parents[1] / "golden" / "states"
RECORDED = sorted(STATES.glob("*.json"))
OF_THIS_MACHINE = ("sourcePosition", "stackTrace", "created", "modified")


@pytest.mark.skipif("RECORD" not in os.environ, reason="records the states of a new release, on demand")
@pytest.mark.parametrize(
    ("kind", "how"), [("green", ("PASSED", 0.1, 60)), ("red", ("FAILED", 0.1, 60)), ("pending", ("PASSED", 60, 1))]
)
def test_record(kind, how, make_project, make_checkly) -> None:
    """Record the state that this version writes."""
    outcome, seconds, timeout = how
    project = make_project(program(timeout), env=make_checkly(scenario=scenario(outcome, seconds)).env)
    project.up(expect=0 if kind == "green" else "failure")
    export = project.export()
    export["deployment"]["manifest"] = {"time": "2026-11-23T00:00:00Z", "magic": "", "version": ""}
    for resource in export["deployment"]["resources"]:
        for key in OF_THIS_MACHINE:
            resource.pop(key, None)
    (STATES / f"{__version__}-{kind}.json").write_text(json.dumps(export, indent=1) + "\n")


def stored_outputs(project) -> dict[str, Any]:
    """Return the outputs of all resources, without those of the stack: an exported summary has the shape of today."""
    found = {name: resource["outputs"] for name, resource in project.resources().items() if "outputs" in resource}
    return {name: outputs for name, outputs in found.items() if name != "demo-dev"}


def load(project, state: Path) -> None:
    """Give the project a recorded state."""
    copy = project.work / "state.json"
    copy.write_text(state.read_text())
    project.run("stack", "import", "--file", str(copy))


@pytest.mark.parametrize("state", [path for path in RECORDED if "green" in path.name], ids=lambda path: path.stem)
def test_a_recorded_green_deployment_stays_green(state: Path, make_project, make_checkly) -> None:
    """No difference, no check runs, a refresh keeps what Checkly has forgotten, a new version runs, destroy works."""
    checkly = make_checkly(scenario=scenario())
    project = make_project(program(), env=checkly.env)
    load(project, state)
    before = stored_outputs(project)

    project.preview("--expect-no-changes")
    project.up("--expect-no-changes")
    project.refresh()
    assert not checkly.triggers
    assert stored_outputs(project) == before

    project.up("--config", "version=2.0.0")
    assert [request["body"]["target"] for request in checkly.triggers] == [{"matchTags": [["production", "!slow"]]}]
    assert project.outputs()["smoke"]["deployVersions"] == ["2.0.0"]
    project.destroy()


@pytest.mark.parametrize("state", [path for path in RECORDED if "red" in path.name], ids=lambda path: path.stem)
def test_a_recorded_red_deployment_runs_only_the_bad_check_again(state: Path, make_project, make_checkly) -> None:
    """The next update of a red deployment asks for the failed check alone and goes green."""
    checkly = make_checkly(scenario=scenario())
    project = make_project(program(), env=checkly.env)
    load(project, state)

    project.up()

    assert [request["body"]["target"] for request in checkly.triggers] == [{"checkId": [CHECKS["checkout"]]}]
    assert project.outputs()["smoke"]["passed"] is True


@pytest.mark.parametrize("state", [path for path in RECORDED if "pending" in path.name], ids=lambda path: path.stem)
def test_a_recorded_pending_deployment_asks_for_the_same_session(state: Path, make_project, make_checkly) -> None:
    """The next update asks for the session that had not ended; as it is forgotten here, the update after that runs it again."""
    checkly = make_checkly(scenario=scenario())
    project = make_project(program(), env=checkly.env)
    load(project, state)
    (unfinished,) = [
        session["checkSessionId"]
        for resource in json.loads(state.read_text())["deployment"]["resources"]
        if resource["type"].endswith("CheckSessionVerdict")
        for session in resource["outputs"]["sessions"]
        if not session["finished"]
    ]

    project.up(expect="failure")
    assert [request["path"] for request in checkly.requests] == [f"/v1/check-sessions/{unfinished}/completion"]
    assert project.outputs()["smoke"]["conclusion"] == "UNKNOWN"

    project.up()
    assert [request["body"]["target"] for request in checkly.triggers] == [{"checkId": [CHECKS["checkout"]]}]
    assert project.outputs()["smoke"]["passed"] is True
