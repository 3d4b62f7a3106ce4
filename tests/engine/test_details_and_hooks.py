"""Why a check failed, and what never leaves a check result; and a resource hook that asks the engine to try again."""

from __future__ import annotations

import pytest
from gates import check, posts, program, scenario

HOOKED = """
import pulumi
from checkly_dynamic import CheckSessionTrigger

again = pulumi.ErrorHook("again", lambda args: True)
hooks = pulumi.ResourceHookBinding(on_error=[again])
CheckSessionTrigger("smoke", target={"match_tags": [["smoke"]]}, deploy_version="1", opts=pulumi.ResourceOptions(hooks=hooks))
"""


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
