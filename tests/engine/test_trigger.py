"""CheckSessionTrigger on the real engine: when it runs checks, what it sends, what a refresh reads, what remains at the end."""

from __future__ import annotations

import base64
import json
import pickle

from checkly_dynamic.provider import CheckSessionTriggerProvider

HOME, DNS, CATALOGUE = (
    "2e6095ca-28da-5c51-bc91-7142e68ae059",
    "f48ea6bc-8b4c-57a9-8f4c-7ba8c9354e56",
    "da0f93cd-643e-52d2-bf79-51c61ff91aa2",
)
OFF = "e546c5e6-93d8-5d71-af68-6b4bfbb3f21e"


def program(arguments: str, name: str = "smoke") -> str:
    """Return a program with one trigger whose outputs are exported."""
    return f"""
import pulumi
from checkly_dynamic import CheckSessionTrigger, TargetArgs

trigger = CheckSessionTrigger({name!r}, {arguments})
pulumi.export("sessions", trigger.sessions)
pulumi.export("ids", trigger.session_ids)
pulumi.export("statuses", trigger.statuses)
pulumi.export("links", trigger.links)
pulumi.export("missing", trigger.missing_check_ids)
pulumi.export("version", trigger.deploy_version)
"""


def unchanged(result, resources: int = 2) -> bool:
    """Tell whether an update left everything as it was."""
    return result.changes == {"unchanged": resources}


def edit_provider(project) -> None:
    """Put another pickle of the same class into the state, as another version of Python or of the library might write it."""
    state = project.export()
    [trigger] = [one for one in state["deployment"]["resources"] if "CheckSessionTrigger" in one["type"]]
    other = base64.b64encode(pickle.dumps(CheckSessionTriggerProvider(), protocol=2)).decode()
    for bag in ("inputs", "outputs"):
        assert trigger[bag]["__provider"] != other
        trigger[bag]["__provider"] = other
    file = project.folder / "state.json"
    file.write_text(json.dumps(state))
    project.run("stack", "import", "--file", str(file))


def test_checks_run_once_per_change_and_never_otherwise(make_project, make_checkly):
    """
    One POST for each relevant change, with the exact body and headers of the API document; none for a preview, another
    spelling, a rename with an alias, another key, address or version of the API, another pickle, or a destroy without anything.
    """
    checkly = make_checkly()
    project = make_project(env={**checkly.env, "CHECKLY_API_VERSION": "v1"})
    target = 'target={"match_tags": [["production", "!slow"], ["canary"]]}'
    project.write(program(f'{target}, deploy_version="1", triggers=[1, {{"a": None}}]'))
    preview = project.preview()
    assert preview.changes == {"to create": 2}
    assert checkly.requests == []

    project.up()
    [request] = checkly.requests
    assert (request["method"], request["path"]) == ("POST", "/v1/check-sessions/trigger")
    assert request["body"] == {"target": {"matchTags": [["production", "!slow"], ["canary"]]}, "refreshCache": False}
    headers = request["headers"]
    assert headers["authorization"].startswith("Bearer ")
    assert headers["x-checkly-account"] == checkly.env["CHECKLY_ACCOUNT_ID"]
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("checkly-dynamic/")
    outputs = project.outputs()
    assert outputs["ids"] == request["sessionIds"] == [one["checkSessionId"] for one in outputs["sessions"]]
    assert outputs["links"] == [one["checkSessionLink"] for one in outputs["sessions"]]
    assert len(outputs["statuses"]) == len(outputs["ids"]) > 1

    other_spelling = 'target=TargetArgs(match_tags=[["canary", "canary"], ["!slow", "production"]], check_ids=[])'
    project.write(
        program(f'{other_spelling}, deploy_version="1", triggers=[1.0, {{}}], refresh_cache=False, on_no_match="pass"')
    )
    gone = {**checkly.env, "CHECKLY_API_URL": "http://127.0.0.1:1", "CHECKLY_API_KEY": "cu_another_key"}
    project.env = {**gone, "CHECKLY_API_VERSION": "v2"}
    assert unchanged(project.up())
    edit_provider(project)
    alias = 'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="smoke")])'
    project.write(
        program(f'{target}, deploy_version="1", triggers=[1], {alias}', name="renamed").replace(
            "[1]", '[1, {"a": None}]'
        )
    )
    assert unchanged(project.up())

    project.env = {**checkly.env, "CHECKLY_API_VERSION": "v1"}
    project.write(
        program(
            f'target={{"check_ids": ["{HOME}", "{OFF}"]}}, deploy_version="2", refresh_cache=True, {alias}',
            name="renamed",
        )
    )
    assert project.preview().changes == {"to update": 1, "unchanged": 1}
    assert len(checkly.requests) == 1
    assert project.up().changes == {"updated": 1, "unchanged": 1}
    assert checkly.requests[1]["body"] == {"target": {"checkId": [HOME, OFF]}, "refreshCache": True}
    outputs = project.outputs()
    assert (outputs["missing"], outputs["version"], len(outputs["ids"])) == ([OFF], "2", 1)

    checkly.stop()
    project.env = {}
    assert project.destroy().changes == {"deleted": 2}


def test_a_refresh_reads_statuses_again_and_loses_nothing(make_project, make_checkly):
    """Statuses become final with either version; without server or key what is stored stays, and one line says why."""
    checkly = make_checkly(speed=50)
    project = make_project(
        program('target={"match_tags": [["smoke"]]}'), env={**checkly.env, "CHECKLY_API_VERSION": "v1"}
    )
    project.up()
    assert set(project.outputs()["statuses"]) <= {"STARTED", "PROGRESS"}
    before = project.export()["deployment"]["resources"][-1]["outputs"]

    dead = {**checkly.env, "CHECKLY_API_URL": "http://127.0.0.1:1"}
    for env, reason in ((dead, "could not connect to http://127.0.0.1:1"), ({}, "the Checkly API key is not set")):
        project.env = env
        said = project.refresh().text
        assert reason in said
        assert "Traceback" not in said
        assert project.export()["deployment"]["resources"][-1]["outputs"] == before

    project.env = {**checkly.env, "CHECKLY_API_VERSION": "v2"}
    project.refresh()
    stored = project.resources()["smoke"]["outputs"]
    assert stored["statuses"] == ["PASSED"] * 3
    assert all(session["stoppedAt"] for session in stored["sessions"])
    project.up()
    assert project.outputs()["statuses"] == ["PASSED"] * 3
    assert len(checkly.triggers) == 1

    project.env = {**checkly.env, "CHECKLY_API_VERSION": "v1"}
    asked = len(checkly.requests)
    assert unchanged(project.refresh("--expect-no-changes"))
    assert len(checkly.requests) == asked


def test_no_match_is_forgiven_only_as_long_as_it_is_allowed(make_project, checkly):
    """With on_no_match="pass" nothing ran and the update is good; forbidding it asks again, and the error keeps the state."""
    project = make_project(program('target={"match_tags": [["no-such-tag"]]}, on_no_match="pass"'), env=checkly.env)
    project.up()
    assert project.outputs()["ids"] == []
    assert unchanged(project.up())
    assert len(checkly.requests) == 1
    project.write(program('target={"match_tags": [["no-such-tag"]]}'))
    failed = project.up(expect="failure")
    assert "error: NoMatchingChecks: 404: no active check matches the target" in failed.text
    assert project.resources()["smoke"]["inputs"]["onNoMatch"] == "pass"
    assert len(checkly.requests) == 2
