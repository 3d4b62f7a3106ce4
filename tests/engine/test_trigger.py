"""CheckSessionTrigger on the real engine: when it runs checks, and what it sends."""

import base64
import pickle

from checkly_dynamic.provider import CheckSessionTriggerProvider

HOME, OFF = "2e6095ca-28da-5c51-bc91-7142e68ae059", "e546c5e6-93d8-5d71-af68-6b4bfbb3f21e"


def program(arguments: str, name: str = "smoke") -> str:
    """Return a program with one trigger whose outputs are exported."""
    return f"""
import pulumi
from checkly_dynamic import CheckSessionTrigger, TargetArgs

trigger = CheckSessionTrigger({name!r}, {arguments})
pulumi.export("ids", trigger.session_ids)
pulumi.export("statuses", trigger.statuses)
pulumi.export("links", trigger.links)
pulumi.export("missing", trigger.missing_check_ids)
pulumi.export("version", trigger.deploy_version)
"""


def edit_provider(project) -> None:
    """Put another pickle of the same class into the state, as another version of Python or of the library might write it."""
    state = project.export()
    [trigger] = [one for one in state["deployment"]["resources"] if "CheckSessionTrigger" in one["type"]]
    other = base64.b64encode(pickle.dumps(CheckSessionTriggerProvider(), protocol=2)).decode()
    for bag in ("inputs", "outputs"):
        assert trigger[bag]["__provider"] != other
        trigger[bag]["__provider"] = other
    project.load(state)


def test_checks_run_once_per_change_and_never_otherwise(make_project, checkly):
    """One POST for each relevant change; none for a preview, another spelling, name, key, address or pickle, or a destroy."""
    project = make_project(env=checkly.env)
    target = 'target={"match_tags": [["production", "!slow"], ["canary"]]}'
    project.write(program(f'{target}, deploy_version="v1\\n", triggers=[1, {{"a": None}}]'))
    assert project.preview().changes == {"to create": 2}
    assert checkly.requests == []

    project.up()
    [request] = checkly.requests
    assert (request["method"], request["path"]) == ("POST", "/v1/check-sessions/trigger")
    assert request["body"] == {"target": {"matchTags": [["production", "!slow"], ["canary"]]}, "refreshCache": False}
    outputs = project.outputs()
    assert outputs["version"] == "v1"
    assert outputs["ids"] == request["sessionIds"]
    assert outputs["links"] == [checkly.sessions[each]["checkSessionLink"] for each in outputs["ids"]]
    assert len(outputs["statuses"]) == len(outputs["ids"]) > 1

    other_spelling = 'target=TargetArgs(match_tags=[["canary", "canary"], ["!slow", "production"]], check_ids=[])'
    more = 'deploy_version="v1", triggers=[1.0, {}], refresh_cache=False, on_no_match="pass"'
    project.write(program(f"{other_spelling}, {more}"))
    gone = {"CHECKLY_API_URL": "http://127.0.0.1:1", "CHECKLY_API_KEY": "cu_another_key", "CHECKLY_API_VERSION": "v2"}
    project.env |= gone
    assert project.up().changes == {"unchanged": 2}
    edit_provider(project)
    alias = 'opts=pulumi.ResourceOptions(aliases=[pulumi.Alias(name="smoke")])'
    project.write(program(f"{other_spelling}, {more}, {alias}", name="renamed"))
    assert project.up().changes == {"unchanged": 2}

    project.env = checkly.env
    by_id = f'target={{"check_ids": ["{HOME}", "{OFF}"]}}, deploy_version="v2", refresh_cache=True, {alias}'
    project.write(program(by_id, name="renamed"))
    assert project.preview().changes == {"to update": 1, "unchanged": 1}
    assert len(checkly.requests) == 1
    assert project.up().changes == {"updated": 1, "unchanged": 1}
    assert checkly.requests[1]["body"] == {"target": {"checkId": [HOME, OFF]}, "refreshCache": True}
    outputs = project.outputs()
    assert (outputs["missing"], outputs["version"], len(outputs["ids"])) == ([OFF], "v2", 1)

    project.env = {}
    assert project.destroy().changes == {"deleted": 2}
