"""Pulumi's own commands for running something again, and for taking something in: taint, replace, import."""

from __future__ import annotations

from gates import check, of_type, posts, program, runs, scenario, stashes, urn, verdict

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


def test_a_trigger_cannot_be_imported(make_project, make_checkly):
    """Nothing ran for an imported trigger: Pulumi refuses to import dynamic resources, and the gate stays closed."""
    checkly = make_checkly(scenario=scenario(check("Home")))
    imported = '"1", on_no_match="pass", opts=pulumi.ResourceOptions(import_="check-session-trigger")'
    project = make_project(program(version=imported), env=checkly.env)
    project.up(expect="failure")
    assert not {"by-depends-on", "by-passed"} & set(stashes(project))
    token = "pulumi-python:dynamic/checkly:CheckSessionTrigger"
    project.run("import", token, "smoke", "check-session-trigger", "--yes", expect="failure")
    assert of_type(project, TRIGGER) == {}
    project.write(program())
    project.up()
    assert len(posts(checkly)) == 1
