"""``--target``, ``--exclude`` and ``ignore_changes``: no version goes live that was not judged."""

import pytest
from gates import BARRIER, HEAD, TRIGGER, VERDICT, check, of_version, posts, program, runs, stashes, verdict

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


def test_a_trigger_that_was_left_out_of_its_first_update_stops_the_gate(make_stack):
    """Pulumi drops what is not known of it: the rest is no verdict, and the state stays one that the next update accepts."""
    checks = [check("Cart"), check("Pay", "FAILED", "PASSED"), check("Home")]
    project, checkly = make_stack(_gate_over("a", "b"), *checks)
    for triggers in (["a", "b"], ["a", "b", "c"]):
        project.write(_gate_over(*triggers))
        new = f"**:CheckSessionTrigger::{triggers[-1]}"
        assert "a trigger of this gate has never run" in project.up("--exclude", new, expect="failure").text
        assert set(stashes(project)) == ({"live"} if len(triggers) == 3 else set())
        if len(triggers) == 2:
            project.up(expect="failure")
        project.up()
        assert len(verdict(project)["waitFor"]) == len(triggers)
    assert runs(checkly) == {"Cart": 1, "Pay": 2, "Home": 1}


def test_no_re_run_against_another_version_counts(make_stack):
    """While the program asks for version 3, a bad check of version 2 does not run again: it would prove nothing about 2."""
    project, checkly = make_stack(of_version(1), check("Cart", "PASSED", "FAILED", "FAILED", "PASSED"))
    project.up()
    project.write(of_version(2))
    project.up(expect="failure")
    for program_of_3, flags in (
        (of_version(3).replace('"3")', FROZEN, 1), []),
        (of_version(3), ["--exclude", TRIGGER]),
    ):
        project.write(program_of_3)
        assert "the deploy version in the program was not checked" in project.up(*flags, expect="failure").text
    assert (runs(checkly), verdict(project)["conclusion"], stashes(project)["live"]) == ({"Cart": 2}, "FAILED", "1")
    project.write(of_version(2))
    project.up(expect="failure")
    assert runs(checkly) == {"Cart": 3}


def test_a_re_run_is_sent_as_the_first_run_was(make_stack):
    """Variables and location that the program has dropped, and Pulumi ignores, still apply to the session that was bad."""

    def smoke(more, options=""):
        return f"""{HEAD}
from checkly_dynamic import TestSessionTrigger
smoke = TestSessionTrigger("smoke", target={{"match_tags": [["smoke"]]}}, {more} opts=pulumi.ResourceOptions({options}))
gate = CheckSessionGate("smoke-passed", wait_for=smoke)
"""

    first = 'environment_variables={"URL": "https://v2.example"}, run_location="us-east-1",'
    project, checkly = make_stack(smoke(first), check("Cart", "FAILED", "PASSED"))
    project.up(expect="failure")
    project.write(smoke("", 'ignore_changes=["environmentVariables", "runLocation"]'))
    project.up()
    sent, again = (entry["body"] for entry in posts(checkly))
    assert (again["environmentVariables"], again["runLocation"]) == (sent["environmentVariables"], "us-east-1")
    assert project.up().changes.keys() == {"unchanged"}


def _gate_over(*triggers):
    names = {"a": "Cart", "b": "Pay", "c": "Home"}
    lines = [
        f'{each} = CheckSessionTrigger("{each}", target={{"match_tags": [["{names[each]}"]]}})' for each in triggers
    ]
    gate = f'gate = CheckSessionGate("smoke-passed", wait_for=[{", ".join(triggers)}])'
    return "\n".join(
        [HEAD, *lines, gate, 'pulumi.Stash("live", input="x", opts=pulumi.ResourceOptions(depends_on=[gate]))']
    )


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
