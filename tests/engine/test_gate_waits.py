"""A gate that stops waiting on the real engine: a deadline, and fail_fast."""

from datetime import datetime

from gates import HEAD, check, posts, program, runs, verdict


def slow_and_medium(slow: float, medium: float) -> str:
    """Return a program with two gates and their timeouts."""
    gate = '\nCheckSessionGate("{0}", target={{"match_tags": [["{0}"]]}}, timeout_seconds={1})'
    return HEAD + gate.format("Slow", slow) + gate.format("Medium", medium)


def seconds(outputs) -> float:
    """Return how long a gate took, by its own record."""
    began, ended = (datetime.fromisoformat(outputs[key].replace("Z", "+00:00")) for key in ("startedAt", "finishedAt"))
    return (ended - began).total_seconds()


def test_a_deadline_ends_the_wait_and_the_next_update_resumes(make_stack):
    """A check of 60 s is PENDING after a deadline of 2 s; the next update waits for the same session and posts nothing."""
    checks = (check("Slow", seconds=60), check("Medium", seconds=8))
    project, checkly = make_stack(slow_and_medium(2, 2), *checks)
    pending = project.up(expect="failure")
    assert "error: GateFailed: Slow: 1 of 1 check had not finished in time" in pending.text
    assert "Run pulumi up again to keep waiting for the same check sessions." in pending.text
    for name in ("Slow", "Medium"):
        assert verdict(project, name)["conclusion"] == "PENDING"
        assert 2 <= seconds(verdict(project, name)) < 3

    project.write(slow_and_medium(1, 60))
    project.up(expect="failure")
    assert verdict(project, "Slow")["conclusion"] == "PENDING"
    assert verdict(project, "Medium")["conclusion"] == "PASSED"
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
