"""The native provider on the real engine, with examples/yaml as its page describes it."""

import json
import os
import signal
import sys
import time
from pathlib import Path

import pulumi_cli
import pytest
import yaml
from gates import check, posts, runs


@pytest.fixture
def make_yaml(make_example, make_checkly):
    """Return a function that makes a project from the example, and a local Checkly for it with some checks."""
    path = [str(Path(sys.executable).parent), str(pulumi_cli.yaml_bin()), os.environ["PATH"]]

    def make(*checks, **scenario):
        checkly = make_checkly(scenario={"checks": [{**one, "tags": ["production"]} for one in checks], **scenario})
        project = make_example("yaml", env={**checkly.env, "PATH": os.pathsep.join(path)})
        project.config("version", "v1")
        return project, checkly

    return make


def edit(project, name, resource) -> None:
    """Change a resource of the program."""
    file = project.work / "Pulumi.yaml"
    program = yaml.safe_load(file.read_text())
    program["resources"][name] |= resource
    file.write_text(json.dumps(program))


def test_green_once_and_then_nothing_until_the_version_changes(make_yaml):
    """A green update starts dependents, the next one asks nothing, a refresh finds no drift, --exclude lets no new version in."""
    project, checkly = make_yaml(check("a"), check("b"))
    assert project.up().changes == {"created": 6}
    summary = project.outputs()["summary"]
    assert (summary["passed"], summary["deployVersions"], len(summary["checks"])) == (True, ["v1"], 2)
    before = len(checkly.requests)
    assert project.up().changes == {"unchanged": 6}
    assert len(checkly.requests) == before
    project.refresh()
    project.refresh("--expect-no-changes")
    project.config("version", "v2")
    refused = project.up("--exclude", "**smoke", expect="failure")
    assert "the deploy version in the program was not checked" in refused.text
    assert runs(checkly) == {"a": 1, "b": 1}
    project.config("version", "v1")
    program = yaml.safe_load((project.work / "Pulumi.yaml").read_text())["resources"]["smoke"]["properties"]
    edit(project, "smoke", {"properties": {**program, "triggers": ["again"]}})
    refused = project.up("--exclude", "**:CheckSessionVerdict::verdict", expect="failure")
    assert "the latest sessions of its triggers were not judged" in refused.text
    project.config("version", "v2")
    assert 'deployVersion: "v1" => "v2"' in project.preview("--diff").text
    project.destroy()


def test_red_is_truthful_and_only_the_bad_check_runs_again(make_yaml):
    """On red, outputs and report show what failed, no dependent of the gate starts, and the next update runs one check."""
    project, checkly = make_yaml(check("a"), check("b", "FAILED", "FAILED", "PASSED"))
    red = project.up(expect="failure")
    assert "gate: 1 of 2 checks did not pass (1 FAILED)\n      b: FAILED, attempt 2 in eu-central-1 http" in red.text
    assert "Traceback" not in red.text
    assert "live" not in project.resources()
    assert "1 of 2 checks did not pass" in project.checkly_dynamic("report", expect=1).stdout
    project.config("version", "v2")
    assert (
        "the deploy version in the program was not checked" in project.up("--exclude", "**smoke", expect="failure").text
    )
    project.config("version", "v1")
    summary = project.outputs()["summary"]
    assert (summary["conclusion"], [row["name"] for row in summary["failed"]]) == ("FAILED", ["b"])
    assert project.up().changes == {"created": 2, "updated": 2, "unchanged": 2, "changes": 4}
    assert project.outputs()["summary"]["passed"] is True
    assert (runs(checkly), len(posts(checkly))) == ({"a": 1, "b": 3}, 3)


def test_one_ctrl_c_loses_nothing(make_yaml):
    """The update ends at once and keeps the ids; the next one waits for the same sessions."""
    project, checkly = make_yaml(check("a"), check("slow", seconds=5))
    running = project.start_up()
    running.wait_for('waiting for "slow"')
    started = time.monotonic()
    running.signal(signal.SIGINT)
    assert time.monotonic() - started < 3
    assert "cancelled; run pulumi up again" in running.text
    verdict = project.resources()["verdict"]
    assert (verdict["outputs"]["conclusion"], len(verdict["outputs"]["sessionIds"])) == ("PENDING", 2)
    assert "pending_operations" not in project.export()["deployment"]
    project.up()
    assert (project.outputs()["summary"]["passed"], len(posts(checkly))) == (True, 1)


def test_a_lost_answer_is_not_sent_again(make_yaml):
    """When the connection breaks after the request, the trigger says that checks may have started and sends no second one."""
    project, checkly = make_yaml(check("a"), faults=[{"route": "trigger", "nth": 1, "drop": "after"}])
    lost = project.up(expect="failure")
    assert "Checks may have started" in lost.text
    assert len(posts(checkly)) == 1
    assert "pending_operations" not in project.export()["deployment"]


def test_a_bad_target_and_a_version_that_is_a_number_are_refused_in_preview(make_yaml):
    """Both get a line in YAML's spelling before any request."""
    project, checkly = make_yaml(check("a"))
    project.config("version", "1.10")
    number = project.preview(expect="failure").text
    assert "deployVersion: must be a string, got a number, which loses digits" in number
    edit(project, "smoke", {"properties": {}})
    assert "set runAllChecks: true if that is what you want" in project.preview(expect="failure").text
    assert checkly.requests == []


def test_a_changed_setting_counts_at_once_and_runs_nothing(make_yaml, make_checkly):
    """The first update after a change of key or address uses the new one; an update with another key makes no request."""
    project, old = make_yaml(check("a"), apiKey="key-old")
    new = make_checkly(scenario={"checks": [check("a", tags=["production"])], "apiKey": "key-new"})
    project.env = {"PATH": project.env["PATH"]}
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
