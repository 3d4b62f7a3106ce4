"""``--target``, ``--exclude`` and ``ignore_changes``: no version goes live that was not judged."""

import pytest
from gates import BARRIER, TRIGGER, VERDICT, check, of_version, program, runs, stashes, verdict

FROZEN = '"3", opts=pulumi.ResourceOptions(ignore_changes=["deployVersion"]))'


def test_a_version_that_was_not_judged_stays_out(make_stack):
    """Version 2 does not go live without its trigger, without its verdict, or frozen; a whole update afterwards is green."""
    project, checkly = make_stack(of_version(1), check("Cart"))
    project.up()
    project.write(of_version(2))
    all_but_the_trigger = ["--target", VERDICT, "--target", BARRIER, "--target", "**:Stash::live"]
    for flags in (all_but_the_trigger, ["--exclude", TRIGGER], ["--exclude", VERDICT]):
        said = project.up(*flags, expect="failure").text
        assert "the deploy version in the program was not checked" in said
        assert stashes(project)["live"] == "1"
    assert runs(checkly) == {"Cart": 2}, "the last of them has run the trigger"
    project.write(of_version(3).replace('"3")', FROZEN, 1))
    assert "ignore_changes" in project.up(expect="failure").text
    assert stashes(project)["live"] == "1"
    project.write(of_version(3))
    project.up()
    assert (stashes(project)["live"], verdict(project)["waitFor"][0]["deployVersion"]) == ("3", "3")
    assert runs(checkly) == {"Cart": 3}


@pytest.mark.long
def test_a_first_version_that_was_not_judged_stays_out(make_stack):
    """Without the trigger there is one clear line; sessions without a deploy version stand for no version."""
    project, checkly = make_stack(program(version="None"), check("Cart", "PASSED", "FAILED"))
    said = project.up("--exclude", TRIGGER, expect="failure").text
    assert "sessionIds" not in said
    assert "Traceback" not in said
    assert set(stashes(project)) <= {"unrelated"}
    project.up()
    project.write(program(version='"2"'))
    assert "was not checked" in project.up("--target", VERDICT, "--target", BARRIER, expect="failure").text
    assert (runs(checkly), verdict(project)["waitFor"][0].get("deployVersion")) == ({"Cart": 1}, None)
    project.up(expect="failure")
    assert (runs(checkly), verdict(project)["waitFor"][0]["deployVersion"]) == ({"Cart": 2}, "2")


def test_an_untargeted_gate_guards_nothing(make_stack):
    """What the docs say: without the gate a dependent starts on red; leaving out the component alone leaves out nothing."""
    project, _ = make_stack(program(), check("Cart", "PASSED", "FAILED"))
    project.up()
    project.write(program(version='"2"', more='stash("new", depends_on=[gate])'))
    project.up("--exclude", "**:CheckSessionGate::smoke-passed", expect="failure")
    assert "new" not in stashes(project)
    project.up("--target", "**:Stash::new")
    assert "new" in stashes(project)
    assert verdict(project)["conclusion"] == "FAILED"
