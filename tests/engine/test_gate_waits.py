"""A gate over several updates on the real engine: deadlines, policies, trouble with some sessions, missing checks."""

from datetime import datetime

from gates import HEAD, check, check_id, posts, program, runs, stashes, verdict

TWO_GATES = f"""{HEAD}
def gate_of(check, **policy):
    trigger = CheckSessionTrigger(check, target={{"match_tags": [[check]]}})
    return CheckSessionGate(f"{{check}}-passed", wait_for=trigger, **policy)

"""


def seconds(outputs) -> float:
    """Return how long a gate took, by its own record."""
    began, ended = (datetime.fromisoformat(outputs[key].replace("Z", "+00:00")) for key in ("startedAt", "finishedAt"))
    return (ended - began).total_seconds()


def test_a_deadline_ends_the_wait_and_the_next_update_resumes(make_stack):
    """
    A deadline of 2 s on a check of 60 s ends within 3 s as PENDING.

    The next update waits for the same session, with whatever timeout it then has, and posts nothing.
    """
    first = 'gate_of("Slow", timeout_seconds=2)\ngate_of("Medium", timeout_seconds=2)'
    project, checkly = make_stack(TWO_GATES + first, check("Slow", seconds=60), check("Medium", seconds=8))
    pending = project.up(expect="failure")
    assert "error: GateFailed: Slow-passed: 1 of 1 check had not finished in time" in pending.text
    assert "Run pulumi up again to keep waiting for the same check sessions." in pending.text
    for name in ("Slow-passed", "Medium-passed"):
        assert verdict(project, name)["conclusion"] == "PENDING"
        assert 2 <= seconds(verdict(project, name)) < 3

    project.write(TWO_GATES + 'gate_of("Slow", timeout_seconds=1)\ngate_of("Medium", timeout_seconds=60)')
    project.up(expect="failure")
    assert verdict(project, "Slow-passed")["conclusion"] == "PENDING"
    assert verdict(project, "Medium-passed")["conclusion"] == "PASSED"
    assert runs(checkly) == {"Slow": 1, "Medium": 1}
    assert len(posts(checkly)) == 2


def test_fail_fast_ends_the_update_while_other_checks_still_run(make_stack):
    """The first failure ends the wait, open long polls do not hold the update up, and nothing is said of them."""
    project, _ = make_stack(program("fail_fast=True"), check("Sick", "FAILED", seconds=1), check("Slow", seconds=300))
    red = project.up(expect="failure")
    assert "1 of 2 checks did not pass (1 FAILED); 1 of 2 checks had not finished" in red.text
    assert seconds(verdict(project)) < 5
    assert red.seconds < 25
    assert "Exception" not in red.text


def test_a_policy_is_judged_anew_without_a_request(make_stack):
    """
    A green gate is not touched by another timeout, attempts or fail_fast.

    A stricter policy turns it red, a laxer one green again, both without a request. In record mode a final red verdict is
    recorded, lets the rest go on, and runs nothing again. A changed number of attempts counts after red.
    """
    sick = 'gate_of("Sick", on_failure="record")\n'
    checks = (check("Warm", "DEGRADED"), check("Sick", "FAILED", "FAILED", "PASSED"))
    project, checkly = make_stack(TWO_GATES + sick + 'gate_of("Warm")', *checks)
    project.up()
    bad, warm = verdict(project, "Sick-passed"), verdict(project, "Warm-passed")
    assert (bad["conclusion"], bad["passed"]) == ("FAILED", False)
    assert warm["reason"] == "1 check passed (1 DEGRADED, as fail_on allows)"

    asked = len(checkly.requests)
    project.write(TWO_GATES + sick + 'gate_of("Warm", timeout_seconds=5, attempts=3, fail_fast=True)')
    assert set(project.up().changes) == {"unchanged"}
    project.write(TWO_GATES + 'gate_of("Sick")\ngate_of("Warm", fail_on=["FAILED", "DEGRADED"])')
    red = project.up("--continue-on-error", expect="failure")
    assert "Warm-passed: 1 of 1 check did not pass (1 DEGRADED)" in red.text
    assert "Sick-passed: 1 of 1 check did not pass (1 FAILED)" in red.text, "a new barrier judges by what is recorded"
    assert len(checkly.requests) == asked

    project.write(TWO_GATES + 'gate_of("Sick", attempts=2)\ngate_of("Warm", fail_on=["FAILED"])')
    project.up()
    assert verdict(project, "Warm-passed")["finishedAt"] == warm["finishedAt"], (
        "nobody looked, so max_age counts from then"
    )
    assert not any(warm["sessionIds"][0] in entry["path"] for entry in checkly.requests[asked:])
    assert runs(checkly) == {"Warm": 1, "Sick": 3}


def test_trouble_with_some_sessions_loses_none_of_the_others(make_stack):
    """
    With a refused key and a broken line for some checks, the verdict is UNKNOWN and names them; a first 404 is only "not yet".

    What finished is kept; the next update reads the unread sessions again and starts nothing.
    """
    names = ("Fine", "Refused", "Broken", "Late")
    project, checkly = make_stack(program(), *map(check, names))
    checkly.add_fault(route="completion", checkId=check_id("Refused"), status=401, nth=1)
    checkly.add_fault(route="completion", checkId=check_id("Broken"), drop="before", nth=[1, 2, 3, 4, 5, 6, 7])
    checkly.add_fault(route="completion", checkId=check_id("Late"), status=404, nth=1)
    unknown = project.up(expect="failure")
    assert "smoke-passed: 2 of 4 checks unknown: Checkly could not be read" in unknown.text
    assert "Refused: STARTED (401: the API key was not accepted" in unknown.text
    assert "Broken: STARTED (the connection" in unknown.text
    assert "Traceback" not in unknown.text
    stored = verdict(project)
    assert stored["conclusion"] == "UNKNOWN"
    statuses = {session["name"]: session["status"] for session in stored["sessions"]}
    assert statuses == {"Fine": "PASSED", "Refused": "STARTED", "Broken": "STARTED", "Late": "PASSED"}

    asked = len(checkly.requests)
    project.up()
    again = checkly.requests[asked:]
    assert all("completion" in entry["path"] for entry in again), "nothing is started"
    assert {entry["path"].split("/")[3] for entry in again} == {
        session["checkSessionId"] for session in stored["sessions"] if session["name"] in ("Refused", "Broken")
    }
    assert verdict(project)["counts"] == {"PASSED": 4}


def test_a_check_without_a_session_makes_the_verdict_bad(make_stack):
    """A check asked for by id that is deactivated makes the verdict bad; taking it out of the target makes it good."""
    ids = [check_id("Home"), check_id("Off")]
    by_id = program(target=f'{{"check_ids": {ids}}}')
    project, checkly = make_stack(by_id, check("Home"), check("Off", activated=False))
    red = project.up(expect="failure")
    assert "smoke-passed: 1 of 2 checks did not pass (1 without a check session)" in red.text
    assert f"check {ids[1]}: NO_SESSION" in red.text
    assert "asked for by id, but Checkly started no session for it (deleted or deactivated?)" in red.text
    project.up(expect="failure")
    assert runs(checkly) == {"Home": 1}
    project.write(program(target=f'{{"check_ids": {ids[:1]}}}'))
    project.up()
    assert runs(checkly) == {"Home": 2}
    assert verdict(project)["conclusion"] == "PASSED"


def test_no_match_is_green_only_where_it_is_allowed(make_stack):
    """
    With on_no_match="pass", a gate without checks is good, says so and sends no requests; its other triggers still count.

    Without it, the trigger sends its request again and fails with advice, and its state stays as it was.
    """
    allowed = program(target='{"match_tags": [["none"]]}, on_no_match="pass"')
    project, checkly = make_stack(allowed, check("Sick", "FAILED"))
    project.up()
    assert project.outputs()["summary"]["reason"] == "no check matched, as on_no_match allows"
    assert "by-passed" in stashes(project)
    assert set(project.up().changes) == {"unchanged"}
    assert len(checkly.requests) == 1

    sick = 'sick = CheckSessionTrigger("sick", target={"match_tags": [["Sick"]]})\ngate = '
    project.write(allowed.replace("gate = ", sick).replace("[trigger]", "[trigger, sick]"))
    assert "1 of 1 check did not pass (1 FAILED)" in project.up(expect="failure").text

    project.write(allowed.replace('"pass"', '"fail"'))
    assert (
        'error: NoMatchingChecks: 404: no active check matches the target; correct the target, or set on_no_match="pass" if that '
        "is fine; `checkly-dynamic checks --tag TAG --all` shows why each check is left out, and similar tags"
    ) in project.up(expect="failure").text
    assert project.resources()["smoke"]["inputs"]["onNoMatch"] == "pass"
