"""``pulumi state rename``, ``pulumi stack rename`` and ``pulumi state move``: names change, verdicts do not."""

from __future__ import annotations

import pytest
from gates import check, program, runs, scenario, stashes, verdict

GATE = "checkly-dynamic:index:CheckSessionGate"
TRIGGER = "pulumi-python:dynamic/checkly:CheckSessionTrigger"
CHILDREN = [f"{GATE}$pulumi-python:dynamic/checkly:CheckSession{part}" for part in ("Verdict", "Barrier")]


def rename(project, kind: str, old: str, new: str) -> None:
    """Rename a resource of the stack ``dev`` in the state."""
    project.run("state", "rename", f"urn:pulumi:dev::demo::{kind}::{old}", new, "--yes")


@pytest.mark.long
def test_renamed_and_moved_resources_keep_what_they_know_and_certify_nothing_else(make_project, make_checkly):
    """
    What is renamed in the state and in the program, and a renamed stack, is a no-op.

    Renamed in the state alone, a trigger runs anew, and a verdict only reads its sessions again. A gate that was moved to another
    stack without its trigger judges what the new trigger starts; a stack that is moved as a whole is a no-op.
    """
    checkly = make_checkly(scenario=scenario(check("Cart", "PASSED", "PASSED", "FAILED")))
    project = make_project(program(), env=checkly.env)

    def move(name: str, kinds: dict[str, str]) -> None:
        project.run("stack", "init", name, "--no-select")
        urns = [f"urn:pulumi:staging::demo::{kind}::{name}" for kind, name in kinds.items()]
        project.run("state", "move", "--source", "staging", "--dest", name, "--include-parents", "--yes", *urns)

    project.up()
    for kind in (*CHILDREN, GATE):
        rename(project, kind, "smoke-passed", "gate")
    rename(project, TRIGGER, "smoke", "trigger")
    asked = len(checkly.requests)
    project.write(program().replace('"smoke-passed"', '"gate"').replace('Trigger("smoke"', 'Trigger("trigger"'))
    assert set(project.up().changes) == {"unchanged"}
    assert len(checkly.requests) == asked

    rename(project, CHILDREN[0], "gate", "lost")
    project.up()
    assert runs(checkly) == {"Cart": 1}
    rename(project, TRIGGER, "trigger", "lost")
    project.up()
    assert runs(checkly) == {"Cart": 2}

    project.run("stack", "rename", "staging")
    project.env["PULUMI_STACK"] = "staging"
    asked = len(checkly.requests)
    assert set(project.up().changes) == {"unchanged"}
    assert len(checkly.requests) == asked

    move("gate-alone", dict.fromkeys(CHILDREN, "gate"))
    project.up()
    assert (runs(checkly), verdict(project, "gate")["conclusion"]) == ({"Cart": 2}, "PASSED")
    project.env["PULUMI_STACK"] = "gate-alone"
    assert "GateFailed: gate: 1 of 1 check did not pass" in project.up(expect="failure").text
    assert set(stashes(project)) <= {"unrelated"}
    assert runs(checkly) == {"Cart": 3}

    move("all", {TRIGGER: "trigger", **dict.fromkeys(CHILDREN, "gate")})
    project.env["PULUMI_STACK"] = "all"
    project.up()
    assert set(stashes(project)) == {"by-depends-on", "by-passed", "unrelated"}
    assert runs(checkly) == {"Cart": 3}
