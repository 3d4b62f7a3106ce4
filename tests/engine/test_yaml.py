"""The native provider from a YAML program, on the real engine."""

from __future__ import annotations

import json
import time

import pulumi_cli
import pytest
from gates import check, posts, runs, scenario
from native import SMOKE, path_with, write_yaml

from checkly_dynamic.cli import main

VERSION = "v1"


@pytest.fixture(scope="session")
def yaml_path():
    """Return a PATH on which the language host for YAML is found."""
    return path_with(pulumi_cli.yaml_bin())


@pytest.fixture
def yaml_project(make_project, make_checkly, yaml_path):
    """Return a function that makes a project with a YAML program, and the local Checkly that it uses."""

    def make(*checks, faults=(), resources=SMOKE, outputs=None, **verdict):
        checkly = make_checkly(scenario=scenario(*checks, faults=[*faults]))
        project = make_project(env={**checkly.env, "PATH": yaml_path})
        write_yaml(project, resources, outputs=outputs, **verdict)
        return project, checkly

    return make


def test_green_once_and_then_nothing_until_the_version_changes(yaml_project):
    """
    A green update lets what depends on the gate start; the next one makes no request, a refresh finds no drift, destroy works.

    With --exclude the trigger stays at the old version: the barrier refuses the new one.
    """
    project, checkly = yaml_project(check("a"), check("b"))
    assert project.up().changes == {"created": 5}
    outputs = project.outputs()
    assert (outputs["passed"], outputs["summary"]["deployVersions"], len(outputs["links"])) == (True, [VERSION], 2)
    before = len(checkly.requests)
    assert project.up().changes == {"unchanged": 5}
    assert len(checkly.requests) == before
    project.refresh()
    project.refresh("--expect-no-changes")
    project.config("version", "v2")
    refused = project.up("--exclude", "**smoke", expect="failure")
    assert "the deploy version in the program was not checked" in refused.text
    assert runs(checkly) == {"a": 1, "b": 1}
    diff = project.preview("--diff").text
    assert f'deployVersion: "{VERSION}" => "v2"' in diff
    project.destroy()


def test_red_is_truthful_and_only_the_bad_check_runs_again(yaml_project, capsys):
    """On red the outputs and the report tell what failed, nothing behind the gate starts, and the next update runs one check."""
    project, checkly = yaml_project(check("a"), check("b", "FAILED", "PASSED"))
    red = project.up(expect="failure")
    assert "gate: 1 of 2 checks did not pass (1 FAILED)\n      b: FAILED in eu-central-1 http" in red.text
    assert "Traceback" not in red.text
    assert "live" not in project.resources()
    state = project.work / "red.json"
    state.write_text(json.dumps(project.export()))
    assert main(["report", "--input", str(state)]) == 1
    assert "1 of 2 checks did not pass" in capsys.readouterr().out
    summary = project.outputs()["summary"]
    assert (summary["conclusion"], [row["name"] for row in summary["failed"]]) == ("FAILED", ["b"])
    assert project.up().changes == {"created": 2, "updated": 1, "unchanged": 2, "changes": 3}
    assert project.outputs()["passed"] is True
    assert (runs(checkly), len(posts(checkly))) == ({"a": 1, "b": 2}, 2)


def test_one_ctrl_c_loses_nothing(yaml_project):
    """The update ends at once and keeps the ids; the next one waits for the same sessions."""
    project, checkly = yaml_project(check("a"), check("slow", seconds=5))
    running = project.start_up()
    running.wait_for('waiting for "slow"')
    started = time.monotonic()
    running.interrupt()
    running.process.wait()
    assert time.monotonic() - started < 3
    assert "cancelled; run pulumi up again" in running.text
    verdict = project.resources()["verdict"]
    assert (verdict["outputs"]["conclusion"], len(verdict["outputs"]["sessionIds"])) == ("PENDING", 2)
    assert "pending_operations" not in project.export()["deployment"]
    project.up()
    assert (project.outputs()["passed"], len(posts(checkly))) == (True, 1)


def test_a_lost_answer_is_not_sent_again(yaml_project):
    """When the connection breaks after the request, the trigger says that checks may have started and sends no other one."""
    project, checkly = yaml_project(check("a"), faults=[{"route": "trigger", "nth": 1, "drop": "after"}])
    lost = project.up(expect="failure")
    assert "Checks may have started" in lost.text
    assert len(posts(checkly)) == 1
    assert "pending_operations" not in project.export()["deployment"]


def test_a_bad_target_and_a_version_that_is_a_number_are_refused_in_preview(yaml_project):
    """Both get a line in the spelling of YAML before any request."""
    project, checkly = yaml_project(check("a"))
    project.config("version", "1.10")
    number = project.preview(expect="failure").text
    assert "deployVersion: must be a string, got a number, which loses digits" in number
    write_yaml(project, {"all": {"type": "checkly-sessions:CheckSessionTrigger", "properties": {}}}, outputs={})
    assert "set runAllChecks: true if that is what you want" in project.preview(expect="failure").text
    assert checkly.requests == []


def test_secrets_of_a_test_session_are_in_no_state_in_clear(yaml_project):
    """A secret of the configuration reaches the checks, and neither state nor history holds it; the summary is readable."""
    test = {
        "type": "checkly-sessions:TestSessionTrigger",
        "properties": {
            **SMOKE["smoke"]["properties"],
            "environmentVariables": {"TOKEN": "${token}", "PORT": 8080},
        },
    }
    project, checkly = yaml_project(check("a", "FAILED", "PASSED"), resources={**SMOKE, "smoke": test})
    project.config("token", "canary-token", secret=True)
    project.up(expect="failure")
    assert project.outputs()["summary"]["deployVersions"] == [VERSION]
    project.up()
    variables = [entry["body"]["environmentVariables"] for entry in posts(checkly)]
    sent = [{"key": "PORT", "value": "8080"}, {"key": "TOKEN", "value": "canary-token", "secret": True}]
    assert [sorted(one, key=lambda variable: variable["key"]) for one in variables] == [sent, sent]
    assert "canary" not in project.state_text()


def test_a_changed_setting_counts_at_once_and_runs_nothing(make_project, make_checkly, yaml_path):
    """The first update after a change of key or address uses the new one; an update with another key makes no request."""
    old, new = (make_checkly(scenario=scenario(check("a"), apiKey=f"key-{name}")) for name in ("old", "new"))
    project = make_project(env={"PATH": yaml_path})
    write_yaml(project)
    project.config("checkly-sessions:accountId", old.env["CHECKLY_ACCOUNT_ID"])
    assert "config set --secret checkly-sessions:apiKey" in project.up(expect="failure").text
    project.config("checkly-sessions:apiUrl", old.url)
    project.config("checkly-sessions:apiKey", "key-old", secret=True)
    project.up()
    requests = len(old.requests)
    project.config("checkly-sessions:apiKey", "key-new", secret=True)
    project.up()
    assert len(old.requests) == requests
    project.config("checkly-sessions:apiUrl", new.url)
    project.config("version", "v2")
    project.up()
    assert (runs(old), runs(new)) == ({"a": 1}, {"a": 1})
    assert "key-" not in project.state_text()
