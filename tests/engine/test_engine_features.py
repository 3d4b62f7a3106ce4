"""Other features of Pulumi: taint, replace, hooks, transforms, renames and moves. None opens a gate."""

import pytest
from gates import HEAD, check, of_version, posts, program, runs, stashes, verdict

TRIGGER, VERDICT, BARRIER = ":CheckSessionTrigger", ":CheckSessionVerdict", ":CheckSessionBarrier"
SMOKE = 'CheckSessionTrigger("smoke", target={"match_tags": [["smoke"]]}, deploy_version="1"'


def test_taint_and_replace_run_what_they_name(make_stack):
    """
    A tainted or replaced trigger runs all its checks once; a tainted barrier runs nothing.

    A tainted verdict reads the sessions of its trigger again, and what passed only in a re-run runs once more.
    """
    project, checkly = make_stack(program(), check("Home"), check("Cart", "FAILED", "PASSED"))

    def taint(kind):
        (one,) = project.resources(kind).values()
        project.run("state", "taint", one["urn"])
        project.up()
        return runs(checkly)

    project.up(expect="failure")
    project.up()
    assert runs(checkly) == {"Home": 1, "Cart": 2}
    assert taint(VERDICT) == {"Home": 1, "Cart": 3}
    assert verdict(project)["counts"] == {"PASSED": 2}
    assert taint(BARRIER) == {"Home": 1, "Cart": 3}
    assert taint(TRIGGER) == {"Home": 2, "Cart": 4}
    assert len(posts(checkly)) == 4

    live = project.resources(":Stash")["by-depends-on"]["modified"]
    project.up("--replace", project.resources(TRIGGER)["smoke"]["urn"])
    assert runs(checkly) == {"Home": 3, "Cart": 5}
    assert project.resources(":Stash")["by-depends-on"]["modified"] == live, "what depends on the gate is not touched"
    assert not any("pendingReplacement" in one or "delete" in one for one in project.resources(TRIGGER).values())


def test_a_protected_gate_can_change_to_recording(make_stack):
    """That deletes the barrier, in an emergency, and needs no other command first."""
    project, _ = make_stack(program("opts=pulumi.ResourceOptions(protect=True)"), check("Cart", "PASSED", "FAILED"))
    project.up()
    project.write(program("opts=pulumi.ResourceOptions(protect=True)", version='"2"'))
    project.up(expect="failure")
    project.write(program('on_failure="record", opts=pulumi.ResourceOptions(protect=True)', version='"2"'))
    project.up()
    assert "by-depends-on" in stashes(project)


def test_a_hook_that_asks_for_a_retry_sends_no_second_request(make_stack):
    """After a lost answer it is not known whether checks started: the engine may ask again, but nothing more is sent."""
    hooks = "pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook('again', lambda args: True)])"
    project, checkly = make_stack(f"{HEAD}\n{SMOKE}, opts=pulumi.ResourceOptions(hooks={hooks}))", check("Home"))
    checkly.add_fault(route="trigger", nth=1, drop="after")
    project.up(expect="failure")  # Pulumi gives up after its own number of retries
    assert len(posts(checkly)) == 1
    assert "smoke" not in project.resources()


TRANSFORM = """
import pulumi

def change(args):
    args.CHANGE
    return pulumi.ResourceTransformResult(args.props, args.opts)

pulumi.runtime.register_resource_transform(change)
"""


@pytest.mark.long
def test_a_transform_of_every_resource_opens_no_gate(make_stack):
    """``protect`` protects trigger and gate, the trigger refuses tags, and ignored changes let no unchecked version in."""

    def changed(change, number):
        return TRANSFORM.replace("CHANGE", change) + of_version(number)

    project, checkly = make_stack(changed("opts.protect = True", 1), check("Cart"))
    project.up()
    for kind in (TRIGGER, VERDICT, BARRIER):
        assert all(one["protect"] for one in project.resources(kind).values())
    assert "protect" in project.destroy(expect="failure").text
    tags = """props.update({"tags": {"team": "web"}} if "checkly:" in args.type_ else {})"""
    for change, refused in (
        ('opts.ignore_changes = ["deployVersion"]', "was not checked"),
        (tags, "tags: unknown key"),
    ):
        project.write(changed(change, 2))
        assert refused in project.up(expect="failure").text
    project.write(changed('opts.ignore_changes = ["*"]', 2))
    project.up()
    assert (stashes(project)["live"], runs(checkly)) == ("1", {"Cart": 1})

    project.write(of_version(2))
    project.up()
    assert (stashes(project)["live"], runs(checkly)) == ("2", {"Cart": 2})


@pytest.mark.long
def test_renamed_and_moved_stacks_run_nothing_and_certify_nothing_else(make_stack):
    """A renamed or moved stack is a no-op; a gate that was moved without its trigger judges the new trigger's sessions."""
    project, checkly = make_stack(program(), check("Cart", "PASSED", "FAILED"))
    gate = "checkly-dynamic:index:CheckSessionGate"
    children = {f"{gate}$pulumi-python:dynamic/checkly{kind}": "smoke-passed" for kind in (VERDICT, BARRIER)}
    trigger = {f"pulumi-python:dynamic/checkly{TRIGGER}": "smoke"}

    def move(source, stack, kinds):
        project.run("stack", "init", stack, "--no-select")
        urns = [f"urn:pulumi:{source}::demo::{kind}::{name}" for kind, name in kinds.items()]
        project.run("state", "move", "--source", source, "--dest", stack, "--include-parents", "--yes", *urns)
        project.env["PULUMI_STACK"] = stack

    project.up()
    project.run("stack", "rename", "staging")
    project.env["PULUMI_STACK"] = "staging"
    asked = len(checkly.requests)
    assert set(project.up().changes) == {"unchanged"}
    assert len(checkly.requests) == asked

    move("staging", "all", trigger | children)
    project.up()
    assert set(stashes(project)) == {"by-depends-on", "by-passed", "unrelated"}
    assert runs(checkly) == {"Cart": 1}

    move("all", "gate-alone", children)
    assert "GateFailed: smoke-passed: 1 of 1 check did not pass" in project.up(expect="failure").text
    assert set(stashes(project)) <= {"unrelated"}
    assert runs(checkly) == {"Cart": 2}


@pytest.mark.parametrize("option", ["replace_with=[service]", "replacement_trigger=version"])
def test_what_replaces_a_gate_of_the_short_form_runs_its_checks(option, make_stack):
    """The gate passes the option on to its own trigger: to replace the component alone would run nothing."""

    def shop(version):
        return f"""{HEAD}
version = "{version}"
service = pulumi.Stash("service", input=version, opts=pulumi.ResourceOptions(replacement_trigger=version))
target = {{"match_tags": [["smoke"]]}}
gate = CheckSessionGate("smoke", target=target, opts=pulumi.ResourceOptions({option}))
pulumi.Stash("live", input=version, opts=pulumi.ResourceOptions(depends_on=[gate]))
"""

    project, checkly = make_stack(shop(1), check("Cart", "PASSED", "FAILED"))
    project.up()
    project.write(shop(2))
    project.up(expect="failure")
    assert (runs(checkly), stashes(project)["live"]) == ({"Cart": 2}, "1")
