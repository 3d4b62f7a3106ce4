"""Why a check failed, and what never leaves a check result; and a resource hook that asks the engine to try again."""

from __future__ import annotations

import json

import pytest
from gates import check, posts, program, scenario, verdict

from checkly_dynamic.cli import main
from checkly_dynamic.emulator.testing import CANARY

HOOKED = """
import pulumi
from checkly_dynamic import CheckSessionTrigger

again = pulumi.ErrorHook("again", lambda args: True)
hooks = pulumi.ResourceHookBinding(on_error=[again])
CheckSessionTrigger("smoke", target={"match_tags": [["smoke"]]}, deploy_version="1", opts=pulumi.ResourceOptions(hooks=hooks))
"""


def test_a_red_run_says_why_and_keeps_headers_and_bodies_out(make_project, make_checkly, capsys):
    """
    The reason is in the error, the summary, the state and the report. What stands in a header, a body or a variable of the
    check's result is in none of them. With ``failure_details=False`` no result is read.
    """
    failing = check("Cart", "FAILED", errors=["expected status 200, received 503"])
    checkly = make_checkly(scenario=scenario(check("Home"), failing))
    project = make_project(program(), env=checkly.env)
    red = project.up(expect="failure")
    assert "503" in red.text.partition("Cart: FAILED")[2]
    [row] = project.outputs()["summary"]["failed"]
    assert row["name"] == "Cart"
    assert "503" in row["errors"][0]
    assert "503" in verdict(project)["failed"][0]["errors"][0]
    file = project.work / "red.json"
    file.write_text(json.dumps(project.export(show_secrets=True)))
    assert main(["report", "--input", str(file), "--format", "html"]) == 1
    page = capsys.readouterr().out
    assert "503" in page
    assert CANARY not in red.text + project.state_text() + file.read_text() + page

    asked = len([request for request in checkly.requests if "check-results" in request["path"]])
    assert asked == 1
    project.write(program("failure_details=False", version='"2"'))
    project.up(expect="failure")
    assert len([request for request in checkly.requests if "check-results" in request["path"]]) == asked


def test_a_hook_that_asks_for_a_retry_sends_no_second_request(make_project, make_checkly):
    """After a lost answer nobody knows whether checks started: the engine may ask again, but nothing more is sent."""
    checkly = make_checkly(scenario=scenario(check("Home")))
    checkly.add_fault(route="trigger", nth=1, drop="after")
    project = make_project(HOOKED, env=checkly.env)
    project.up(expect="failure")  # Pulumi gives up after its own number of retries
    assert len(posts(checkly)) == 1
    assert "smoke" not in project.resources()


@pytest.mark.long
def test_a_green_stack_has_no_drift(make_project, make_checkly):
    """After a green deployment, each way to look for drift finds none, before and after a refresh, and starts no check."""
    checkly = make_checkly(scenario=scenario(check("Home")))
    project = make_project(program(more='pulumi.export("statuses", trigger.statuses)'), env=checkly.env)
    project.up()
    looks = (
        ("refresh", "--preview-only", "--expect-no-changes", "--non-interactive"),
        ("preview", "--refresh", "--expect-no-changes"),
    )
    for look in looks:
        project.run(*look)
    project.run("refresh", "--yes", "--skip-preview")
    for look in looks:
        project.run(*look)
    assert len(posts(checkly)) == 1
