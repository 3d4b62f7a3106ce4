"""A gate that turns red on the real engine: what stops, what is kept, and what the next update does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from gates import check, check_id, of_type, posts, program, runs, scenario, verdict

FLAGS = pytest.mark.parametrize("flags", [(), ("--continue-on-error",)], ids=["plain", "continue-on-error"])
SECRET = "v-s3cr3t-1"


@FLAGS
def test_red_stops_what_is_guarded_and_the_next_update_runs_only_the_bad_checks(make_project, make_checkly, flags):
    """
    The main story, with a deploy version that is secret.

    A red verdict fails the update with a message to act on, and neither ``depends_on`` nor ``gate.passed`` lets anything
    start; verdict, ids and links are in state and outputs. The next update runs only the bad check, turns green, and the
    guarded resources start. After that nothing is asked, not even by a refresh. The secret is nowhere in clear text.
    """
    checkly = make_checkly(
        scenario=scenario(check("Home"), check("Cart", "FAILED", "PASSED", locations=["eu-west-1", "us-east-1"]))
    )
    project = make_project(program(version=f'pulumi.Output.secret("{SECRET}")'), env=checkly.env)
    red = project.up(*flags, expect="failure")
    link = next(s["checkSessionLink"] for s in checkly.sessions.values() if s["name"] == "Cart")
    assert "error: GateFailed: smoke-passed: 1 of 2 checks did not pass (1 FAILED)" in red.text
    assert f"  Cart: FAILED in eu-west-1, us-east-1 {link}" in red.text
    assert "Fix the cause and run pulumi up again: only these checks run again." in red.text
    assert "Traceback" not in red.text
    assert not {"by-depends-on", "by-passed"} & set(of_type(project, "Stash"))
    assert not flags or "unrelated" in of_type(project, "Stash")
    summary = project.outputs(show_secrets=True)["summary"]
    assert (summary["passed"], summary["conclusion"]) == (False, "FAILED")
    assert summary["deployVersions"] == [SECRET]
    assert (summary["failedLinks"], summary["counts"]) == ([link], {"PASSED": 1, "FAILED": 1})
    assert set(summary["sessionIds"]) == set(checkly.sessions)

    assert "smoke-passed" in project.preview().text
    if not flags:
        project.refresh("--expect-no-changes", expect="failure")
    assert len(posts(checkly)) == 1, "neither a preview nor a refresh runs a check"
    green = project.up(*flags)
    assert posts(checkly)[1]["body"] == {"target": {"checkId": [check_id("Cart")]}, "refreshCache": False}
    assert runs(checkly) == {"Home": 1, "Cart": 2}
    assert set(of_type(project, "Stash")) == {"unrelated", "by-depends-on", "by-passed"}
    summary = project.outputs(show_secrets=True)["summary"]
    assert (summary["passed"], summary["counts"]) == (True, {"PASSED": 2, "flaky": 1})
    assert set(summary["sessionIds"]) == set(checkly.sessions)

    asked = len(checkly.requests)
    again = project.up(*flags)
    assert set(again.changes) == {"unchanged"}
    assert len(checkly.requests) == asked
    project.refresh()
    assert not [
        entry for entry in checkly.requests[asked:] if entry["method"] == "POST" or "completion" in entry["path"]
    ]
    assert verdict(project)["conclusion"] == "PASSED"
    assert project.outputs()["summary"] == "[secret]"
    assert SECRET not in project.state_text() + red.text + green.text + again.text
    asked = len(checkly.requests)
    checkly.stop()
    project.env = {}
    project.destroy()


@pytest.mark.timeout(900)  # twenty updates: minutes on a busy machine
@FLAGS
def test_stack_outputs_of_a_red_update_are_its_own(make_project, make_checkly, flags):
    """
    Twenty times, a red update leaves the outputs of this very update: the session that it has just run.

    Four stacks at once do five updates each, because the CLI often idles for some seconds after a failure.
    """

    def five_updates(project, checkly):
        for number in range(1, 6):
            project.up(*flags, expect="failure")
            summary = project.outputs()["summary"]
            assert summary["passed"] is False
            assert len(summary["sessionIds"]) == number
            newest = max(checkly.sessions.values(), key=lambda session: session["number"])
            assert summary["sessionIds"][-1] == newest["checkSessionId"]
        return number

    worlds = []
    for name in ("one", "two", "three", "four"):
        checkly = make_checkly(scenario=scenario(check("Cart", "FAILED", seconds=0)))
        worlds.append((make_project(program(), name=name, env=checkly.env), checkly))
    with ThreadPoolExecutor(len(worlds)) as pool:
        assert sum(pool.map(five_updates, *zip(*worlds, strict=True))) == 20


VERDICT, BARRIER = "**:CheckSessionVerdict::smoke-passed", "**:CheckSessionBarrier::smoke-passed"


def test_an_untargeted_gate_guards_nothing(make_project, make_checkly):
    """
    What is documented of ``--target`` and ``--exclude``.

    Targeting only the gate looks at the sessions that the state knows, so it cannot certify a version that was not checked.
    Targeting a dependent passes a red gate by, and so does excluding the gate's children; excluding the component alone
    excludes nothing.
    """
    checkly = make_checkly(scenario=scenario(check("Cart", "PASSED", "FAILED")))
    project = make_project(program(), env=checkly.env)
    project.up()
    project.write(program(version='"2"'))
    project.up("--target", VERDICT, "--target", BARRIER)
    assert (runs(checkly), verdict(project)["waitFor"][0]["deployVersion"]) == ({"Cart": 1}, "1")

    new = [f'stash("new-{number}", depends_on=[gate])' for number in range(3)]
    project.write(program(version='"2"', more="\n".join(new)))
    project.up("--exclude", "**:CheckSessionGate::smoke-passed", expect="failure")
    assert (runs(checkly), verdict(project)["conclusion"]) == ({"Cart": 2}, "FAILED")
    assert not [name for name in of_type(project, "Stash") if name.startswith("new")]
    project.up("--target", "**:Stash::new-0")
    assert [name for name in of_type(project, "Stash") if name.startswith("new")] == ["new-0"]
    project.up("--exclude", VERDICT, "--exclude", BARRIER)
    assert {"new-0", "new-1", "new-2"} <= set(of_type(project, "Stash"))
    assert (runs(checkly), verdict(project)["conclusion"]) == ({"Cart": 2}, "FAILED")


def test_a_gate_alone_certifies_no_first_version_either(make_project, make_checkly):
    """
    Sessions that were started without a deploy version never stand for one.

    Pulumi fills in from the program what the stored outputs of an untouched resource lack, as the trigger's version here.
    """
    checkly = make_checkly(scenario=scenario(check("Cart", "PASSED", "FAILED")))
    project = make_project(program(version="None"), env=checkly.env)
    project.up()
    project.write(program(version='"2"'))
    project.up("--target", VERDICT, "--target", BARRIER)
    assert (runs(checkly), verdict(project)["waitFor"][0].get("deployVersion")) == ({"Cart": 1}, None)
    project.write(
        program(version='"2"').replace('"2")', '"2", opts=pulumi.ResourceOptions(ignore_changes=["deployVersion"]))')
    )
    project.up()
    assert (runs(checkly), verdict(project)["waitFor"][0].get("deployVersion")) == ({"Cart": 1}, None)
    project.write(program(version='"2"'))
    project.up(expect="failure")
    assert (runs(checkly), verdict(project)["waitFor"][0]["deployVersion"]) == ({"Cart": 2}, "2")


def test_a_failing_trigger_leaves_the_gate_and_what_it_guards_untouched(make_project, make_checkly):
    """When the new version cannot even be triggered, the update fails and the old verdict does not vouch for it."""
    checkly = make_checkly(scenario=scenario(check("Cart")))
    project = make_project(program(), env=checkly.env)
    project.up()
    checkly.add_fault(route="trigger", status=503)
    project.write(program(version='"2"', more='stash("new", depends_on=[gate])'))
    failed = project.up(expect="failure")
    assert "ServerError: 503" in failed.text
    assert "new" not in of_type(project, "Stash")
    assert verdict(project)["waitFor"][0]["deployVersion"] == "1"
