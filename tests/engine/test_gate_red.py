"""A gate that turns red on the real engine: what stops, what is kept, what is shown, and what the next update does."""

import json

from gates import HEAD, check, check_id, diagnostics, posts, program, runs, stashes, verdict

from checkly_dynamic.cli import main
from checkly_dynamic.emulator.testing import CANARY

SECRET = "v-s3cr3t-1"
WHY = "status code equals 200, received 503"


def red_reports(project, capsys) -> str:
    """Return the report of a red stack in every format; only the first runs the command, because that is slow."""
    state = project.folder / "red.json"
    state.write_text(json.dumps(project.export()))
    for form in ("markdown", "junit", "html", "json", "github"):
        assert main(["report", "--input", str(state), "--format", form]) == 1
    return project.checkly_dynamic("report", expect=1).text + capsys.readouterr().out


def test_red_stops_what_is_guarded_and_the_next_update_runs_only_the_bad_check(make_stack, capsys):
    """
    A red verdict fails the update with the reason, and nothing that is guarded starts; ids and links are in state and outputs.

    The next update runs only the bad check and is green; after that no request is made, and a refresh finds no drift. The secret
    deploy version is nowhere in plain text, and neither is any header or body of a check's result.
    """
    cart = check("Cart", "FAILED", "PASSED", locations=["eu-west-1", "us-east-1"], checkType="API", errors=[WHY])
    project, checkly = make_stack(program(version=f'pulumi.Output.secret("{SECRET}")'), check("Home"), cart)
    red = project.up(expect="failure")
    link = next(s["checkSessionLink"] for s in checkly.sessions.values() if s["name"] == "Cart")
    assert "error: GateFailed: smoke-passed: 1 of 2 checks did not pass (1 FAILED)" in red.text
    assert f"  Cart: FAILED in eu-west-1, us-east-1 {link}" in red.text
    assert "    assertion failed: status code = 200 (status code 503)" in red.text
    assert "run pulumi up again: only these checks run again" in red.text
    assert "checkly-dynamic report" in red.text
    assert "Traceback" not in red.text
    assert not {"by-depends-on", "by-passed"} & set(stashes(project))
    summary = project.outputs("--show-secrets")["summary"]
    assert (summary["passed"], summary["conclusion"], summary["deployVersions"]) == (False, "FAILED", [SECRET])
    assert (summary["counts"], summary["checks"]) == (
        {"PASSED": 1, "FAILED": 1},
        {"Cart": "FAILED", "Home": "PASSED"},
    )
    [row] = summary["failed"]
    assert (row["name"], row["status"], row["link"], len(row["errors"])) == ("Cart", "FAILED", link, 1)
    assert set(verdict(project)["sessionIds"]) == set(checkly.sessions)
    reports = red_reports(project, capsys)
    assert reports.count("503") >= 6

    assert "smoke-passed" in project.preview().text
    project.refresh("--expect-no-changes", expect="failure")
    assert len(posts(checkly)) == 1, "neither a preview nor a refresh runs a check"
    green = project.up()
    assert posts(checkly)[1]["body"] == {"target": {"checkId": [check_id("Cart")]}, "refreshCache": False}
    assert runs(checkly) == {"Home": 1, "Cart": 2}
    assert set(stashes(project)) == {"unrelated", "by-depends-on", "by-passed"}
    summary = project.outputs("--show-secrets")["summary"]
    assert (summary["passed"], summary["counts"], summary["failed"]) == (True, {"PASSED": 2}, [])
    assert set(verdict(project)["sessionIds"]) == set(checkly.sessions)

    asked = len(checkly.requests)
    again = project.up()
    assert set(again.changes) == {"unchanged"}
    project.run("refresh", "--preview-only", "--expect-no-changes")
    project.preview("--refresh", "--expect-no-changes")
    assert len(checkly.requests) == asked
    last = project.checkly_dynamic("report").text
    assert "deploy version [secret]" in last
    assert "Note" not in last
    project.checkly_dynamic("report", "--deploy-version", SECRET, expect=1)
    assert project.outputs()["summary"] == "[secret]"
    everything = project.state_text() + red.text + green.text + again.text + reports
    assert SECRET not in everything
    assert CANARY not in everything
    project.env = {}
    project.destroy()


TWO = f"""{HEAD}
rev = pulumi.Config().require("rev")
for tag in ("quick", "slow"):
    trigger = CheckSessionTrigger(tag, target={{"match_tags": [[tag]]}}, deploy_version="1", triggers=[rev])
    gate = CheckSessionGate(f"{{tag}}-passed", wait_for=trigger)
    stash(f"behind-{{tag}}", depends_on=[gate])
    pulumi.export(tag, gate.summary)
"""


def test_stack_outputs_of_a_red_update_are_its_own(make_stack):
    """One gate fails at once and another still waits: neither keeps the outputs of the update before, whatever the flags."""
    quick = check("quick", "PASSED", "FAILED", seconds=0.1)
    slow = check("slow", "PASSED", "DEGRADED", seconds=[0.1, 2.5, 2.5, 0.1])
    project, checkly = make_stack(TWO, quick, slow)
    project.up("--config", "rev=1")
    assert [one["passed"] for one in project.outputs().values()] == [True, True]
    last = ""
    for number in range(2, 5):
        flags = ["--continue-on-error"] if number % 2 else []
        project.up("--config", f"rev={number}", *flags, expect="failure")
        outputs = project.outputs()
        newest = max(checkly.sessions.values(), key=lambda one: (one["name"] == "quick", one["number"]))
        assert outputs["quick"]["passed"] is False
        assert [row["sessionId"] for row in outputs["quick"]["failed"]] == [newest["checkSessionId"]]
        assert (outputs["slow"]["passed"], outputs["slow"]["counts"]) == (True, {"DEGRADED": 1})
        assert outputs["slow"]["finishedAt"] > last
        last = outputs["slow"]["finishedAt"]


def test_a_failing_trigger_leaves_the_gate_and_what_it_guards_untouched(make_stack):
    """If a version cannot be triggered, the old verdict does not count for it, and the trigger's error is the only one."""
    project, checkly = make_stack(program(), check("Cart"))
    project.up()
    checkly.add_fault(route="trigger", nth=1, status=503)
    project.write(program(version='"2"', more='stash("new", depends_on=[gate])'))
    failed = project.up("--continue-on-error", expect="failure")
    lines = [line for line in diagnostics(failed.text) if "error:" in line and "update failed" not in line]
    assert len(lines) == 1, failed.text
    assert "ApiError: 503" in lines[0]
    assert "new" not in stashes(project)
    assert verdict(project)["waitFor"][0]["deployVersion"] == "1"


def test_forty_red_checks_of_sixty_are_short_in_the_terminal(make_stack):
    """Each of ten bad checks takes a line and its reason a second one; the rest is counted. The summary has them all."""
    checks = [
        check(f"c{number:02}", "FAILED" if number < 40 else "PASSED", checkType="API", errors=[WHY])
        for number in range(60)
    ]
    project, checkly = make_stack(program(), *checks)
    lines = diagnostics(project.up(expect="failure").text)
    assert len(lines) <= 28, lines
    named = [line.split(":")[0].strip() for line in lines if ": FAILED in " in line]
    assert len(named) == len(set(named)) == 10
    assert sum("(status code 503)" in line for line in lines) == 10
    assert any("and 30 more" in line for line in lines)
    assert not any("waiting for" in line or "s left" in line for line in lines)
    summary = project.outputs()["summary"]
    assert (len(summary["failed"]), len(summary["checks"])) == (40, 50)
    assert sum("check-results" in request["path"] for request in checkly.requests) == 10
