"""Pulumi's own commands for running something again, and for taking something in: taint, replace, import."""

from __future__ import annotations

import pytest
from gates import check, of_type, posts, program, runs, scenario, urn, verdict

TRIGGER, VERDICT, BARRIER = ":CheckSessionTrigger", ":CheckSessionVerdict", ":CheckSessionBarrier"
GATE = "smoke-passed"


def test_taint_and_replace_run_what_they_name(make_project, make_checkly):
    """
    A tainted or replaced trigger runs all its checks once; a tainted barrier runs nothing.

    A tainted verdict reads the sessions of its trigger again. What passed only in a re-run is forgotten with the old verdict, so
    it runs once more, and the stack that was green stays green.
    """
    checkly = make_checkly(scenario=scenario(check("Home"), check("Cart", "FAILED", "PASSED")))
    project = make_project(program(), env=checkly.env)
    project.up(expect="failure")
    project.up()
    assert runs(checkly) == {"Home": 1, "Cart": 2}

    project.run("state", "taint", urn(project, VERDICT, GATE))
    project.up()
    assert runs(checkly) == {"Home": 1, "Cart": 3}
    assert verdict(project)["counts"] == {"PASSED": 2}

    project.run("state", "taint", urn(project, BARRIER, GATE))
    project.up()
    assert runs(checkly) == {"Home": 1, "Cart": 3}

    project.run("state", "taint", urn(project, TRIGGER, "smoke"))
    project.up()
    assert runs(checkly) == {"Home": 2, "Cart": 4}
    assert len(posts(checkly)) == 4

    live = of_type(project, ":Stash")["by-depends-on"]["modified"]
    project.up("--replace", urn(project, TRIGGER, "smoke"))
    assert runs(checkly) == {"Home": 3, "Cart": 5}
    assert of_type(project, ":Stash")["by-depends-on"]["modified"] == live, "what depends on the gate is not touched"
    assert not any("pendingReplacement" in one or "delete" in one for one in of_type(project, TRIGGER).values())


@pytest.mark.long
def test_nothing_can_be_imported(make_project, make_checkly):
    """Nothing ran for an imported trigger or gate: the program is refused with one line, and so is ``pulumi import``."""
    checkly = make_checkly(scenario=scenario(check("Home")))
    imported = 'opts=pulumi.ResourceOptions(import_="check-session-trigger")'
    project = make_project(program(version=f'"1", on_no_match="pass", {imported}'), env=checkly.env)
    refused = "opts: import_ and id are not allowed, because check sessions cannot be imported; remove them"
    assert f": smoke: {refused}" in project.up(expect="failure").text
    project.write(program(imported))
    said = project.preview(expect="failure").text
    assert f": smoke-passed: {refused}" in said
    assert "Traceback" not in said
    token = "pulumi-python:dynamic/checkly:CheckSession"
    for kind in ("Trigger", "Verdict"):
        project.run("import", token + kind, "smoke", "some-id", "--yes", expect="failure")
    assert set(project.resources()) <= {"demo-dev", "unrelated", "default"}
    project.write(program())
    project.up()
    assert len(posts(checkly)) == 1
