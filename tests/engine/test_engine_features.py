"""Other features of Pulumi: taint, replace, plans, hooks, transforms, renames and moves. None opens a gate."""

import pytest
from gates import HEAD, check, of_version, posts, program, runs, stashes, verdict

TRIGGER, VERDICT, BARRIER = ":CheckSessionTrigger", ":CheckSessionVerdict", ":CheckSessionBarrier"
SMOKE = 'CheckSessionTrigger("smoke", target={"match_tags": [["smoke"]]}, deploy_version="1"'


def test_taint_and_replace_run_what_they_name(make_stack):
    """
    A tainted or replaced trigger runs all its checks once; a tainted barrier runs nothing.

    A tainted verdict reads the sessions of its trigger again. What passed only in a re-run is forgotten with the old verdict, so
    it runs once more, and the stack that was green stays green.
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


def test_a_hook_that_asks_for_a_retry_sends_no_second_request(make_stack):
    """After a lost answer it is not known whether checks started: the engine may ask again, but nothing more is sent."""
    hooks = "pulumi.ResourceHookBinding(on_error=[pulumi.ErrorHook('again', lambda args: True)])"
    project, checkly = make_stack(f"{HEAD}\n{SMOKE}, opts=pulumi.ResourceOptions(hooks={hooks}))", check("Home"))
    checkly.add_fault(route="trigger", nth=1, drop="after")
    project.up(expect="failure")  # Pulumi gives up after its own number of retries
    assert len(posts(checkly)) == 1
    assert "smoke" not in project.resources()


@pytest.mark.long
def test_an_update_with_a_plan_is_as_red_or_green_as_without(make_stack):
    """
    Version 1 goes live with its plan; version 2 is refused with this plan.

    With its own plan, version 2 is red, and the guarded resource does not change. A second update with this plan runs the bad
    check again and is green.
    """
    project, checkly = make_stack(of_version(1), check("Cart", "PASSED", "FAILED", "PASSED"))
    project.preview("--save-plan", "plan-1.json")
    assert checkly.requests == []
    project.up("--plan", "plan-1.json")
    assert (stashes(project)["live"], runs(checkly)) == ("1", {"Cart": 1})

    project.write(of_version(2))
    assert "violates plan" in project.up("--plan", "plan-1.json", expect="failure").text
    assert (stashes(project)["live"], runs(checkly)) == ("1", {"Cart": 1})

    project.preview("--save-plan", "plan-2.json")
    red = project.up("--plan", "plan-2.json", expect="failure").text
    assert "error: GateFailed: smoke-passed: 1 of 1 check did not pass (1 FAILED)" in red
    assert (stashes(project)["live"], verdict(project)["conclusion"]) == ("1", "FAILED")
    project.up("--plan", "plan-2.json")
    assert (stashes(project)["live"], runs(checkly)) == ("2", {"Cart": 3})


TRANSFORM = """
import pulumi

def change(args):
    args.CHANGE
    return pulumi.RESULT(args.props, args.opts)

pulumi.runtime.REGISTER(change)
"""
OLD = TRANSFORM.replace("RESULT", "ResourceTransformationResult").replace("REGISTER", "register_stack_transformation")
NEW = TRANSFORM.replace("RESULT", "ResourceTransformResult").replace("REGISTER", "register_resource_transform")


@pytest.mark.long
def test_a_transform_of_every_resource_opens_no_gate(make_stack):
    """
    ``protect`` protects trigger and gate. Ignored changes do not let an unchecked version in.

    The trigger refuses tags. Without the transform, the version is checked and goes live.
    """
    project, checkly = make_stack(NEW.replace("CHANGE", "opts.protect = True") + of_version(1), check("Cart"))
    project.up()
    for kind in (TRIGGER, VERDICT, BARRIER):
        assert all(one["protect"] for one in project.resources(kind).values())
    assert "protect" in project.destroy(expect="failure").text

    for transform in (OLD, NEW):
        project.write(transform.replace("CHANGE", 'opts.ignore_changes = ["deployVersion"]') + of_version(2))
        assert "was not checked" in project.up(expect="failure").text
        assert stashes(project)["live"] == "1"
    project.write(OLD.replace("CHANGE", 'opts.ignore_changes = ["*"]') + of_version(2))
    project.up()
    assert stashes(project)["live"] == "1"
    tags = """props.update({"tags": {"team": "web"}} if "checkly:" in args.type_ else {})"""
    project.write(NEW.replace("CHANGE", tags) + of_version(2))
    assert "tags: unknown key" in project.up(expect="failure").text
    assert (stashes(project)["live"], runs(checkly)) == ("1", {"Cart": 1})

    project.write(of_version(2))
    project.up()
    assert (stashes(project)["live"], runs(checkly)) == ("2", {"Cart": 2})


@pytest.mark.long
def test_renamed_and_moved_resources_keep_what_they_know_and_certify_nothing_else(make_stack):
    """
    A resource that is renamed in state and program is a no-op, and so is a renamed stack.

    Renamed in the state alone, a trigger runs again, but a verdict only rereads its sessions. A gate that was moved to another
    stack without its trigger judges the new trigger's sessions; moving a whole stack is a no-op.
    """
    project, checkly = make_stack(program(), check("Cart", "PASSED", "PASSED", "FAILED"))
    gate = "checkly-dynamic:index:CheckSessionGate"
    children = [f"{gate}$pulumi-python:dynamic/checkly{kind}" for kind in (VERDICT, BARRIER)]
    trigger = f"pulumi-python:dynamic/checkly{TRIGGER}"

    def rename(kind: str, old: str, new: str) -> None:
        project.run("state", "rename", f"urn:pulumi:dev::demo::{kind}::{old}", new, "--yes")

    def move(stack: str, kinds: dict[str, str]) -> None:
        project.run("stack", "init", stack, "--no-select")
        urns = [f"urn:pulumi:staging::demo::{kind}::{name}" for kind, name in kinds.items()]
        project.run("state", "move", "--source", "staging", "--dest", stack, "--include-parents", "--yes", *urns)

    def is_a_no_op() -> bool:
        asked = len(checkly.requests)
        return set(project.up().changes) == {"unchanged"} and len(checkly.requests) == asked

    project.up()
    for kind in (*children, gate):
        rename(kind, "smoke-passed", "gate")
    rename(trigger, "smoke", "trigger")
    project.write(program().replace('"smoke-passed"', '"gate"').replace('Trigger("smoke"', 'Trigger("trigger"'))
    assert is_a_no_op()

    rename(children[0], "gate", "lost")
    project.up()
    assert runs(checkly) == {"Cart": 1}
    rename(trigger, "trigger", "lost")
    project.up()
    assert runs(checkly) == {"Cart": 2}

    project.run("stack", "rename", "staging")
    project.env["PULUMI_STACK"] = "staging"
    assert is_a_no_op()

    move("gate-alone", dict.fromkeys(children, "gate"))
    project.up()
    assert (runs(checkly), verdict(project, "gate")["conclusion"]) == ({"Cart": 2}, "PASSED")
    project.env["PULUMI_STACK"] = "gate-alone"
    assert "GateFailed: gate: 1 of 1 check did not pass" in project.up(expect="failure").text
    assert set(stashes(project)) <= {"unrelated"}
    assert runs(checkly) == {"Cart": 3}

    move("all", {trigger: "trigger", **dict.fromkeys(children, "gate")})
    project.env["PULUMI_STACK"] = "all"
    project.up()
    assert set(stashes(project)) == {"by-depends-on", "by-passed", "unrelated"}
    assert runs(checkly) == {"Cart": 3}
