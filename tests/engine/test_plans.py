"""Update plans (``preview --save-plan``, ``up --plan``): a plan limits an update, and opens no gate."""

from __future__ import annotations

import pytest
from gates import check, of_version, runs, scenario, stashes, verdict


@pytest.mark.long
def test_an_update_with_a_plan_is_as_red_or_green_as_without(make_project, make_checkly):
    """
    Version 1 goes live with its plan, and its plan does not let version 2 in.

    With its own plan version 2 is red, and what the gate guards stays as it was. A second update with this plan runs the bad
    check again and is green.
    """
    checkly = make_checkly(scenario=scenario(check("Home"), check("Cart", "PASSED", "FAILED", "PASSED")))
    project = make_project(of_version(1), env=checkly.env)
    project.preview("--save-plan", "plan-1.json")
    assert checkly.requests == []
    project.up("--plan", "plan-1.json")
    assert (stashes(project)["live"], runs(checkly)) == ("1", {"Home": 1, "Cart": 1})

    project.write(of_version(2))
    assert "violates plan" in project.up("--plan", "plan-1.json", expect="failure").text
    assert (stashes(project)["live"], runs(checkly)) == ("1", {"Home": 1, "Cart": 1})

    project.preview("--save-plan", "plan-2.json")
    red = project.up("--plan", "plan-2.json", expect="failure").text
    assert "error: GateFailed: smoke-passed: 1 of 2 checks did not pass (1 FAILED)" in red
    assert (stashes(project)["live"], verdict(project)["conclusion"]) == ("1", "FAILED")
    project.up("--plan", "plan-2.json")
    assert (stashes(project)["live"], runs(checkly)) == ("2", {"Home": 2, "Cart": 3})
