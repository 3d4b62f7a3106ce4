"""
A deployment that is killed or cancelled at any moment: the next update continues, and loses nothing.

Moments are events wherever possible (a line of the local Checkly's journal, a word in the state file), not durations.
"""

import contextlib
import json
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from gates import check, posts, program, runs, stashes, verdict
from harness import Project, Running

GREEN = (check("Home", seconds=0.5), check("Slow", seconds=2.5))
RED = (check("Home", seconds=0.2), check("Cart", "FAILED", "PASSED", seconds=0.4))


@dataclass
class Attempt:
    """One stack with its own local Checkly, and the update that is going to die."""

    project: Project
    checkly: Any
    running: Any = field(default=None)

    def state(self) -> str:
        """Return the text of the stack's state file."""
        with contextlib.suppress(OSError):
            return (self.project.backend / ".pulumi/stacks" / self.project.name / "dev.json").read_text()
        return ""

    def mend(self) -> None:
        """Follow docs/gate.md for a file backend that was killed while it wrote: delete the empty file next to the state."""
        attributes = self.project.backend / ".pulumi/stacks" / self.project.name / "dev.json.attrs"
        if attributes.exists() and not attributes.read_bytes():
            attributes.unlink()

    def asked(self, route: str, *statuses: int | None) -> int:
        """Count the requests to a route that have been answered so; None: not answered yet."""
        return sum(entry["route"] == route and entry["status"] in statuses for entry in self.checkly.requests)

    def stored_ids(self) -> set[str]:
        """Return all session ids that have reached the state."""
        resources = (json.loads(self.state() or "{}").get("checkpoint", {}).get("latest") or {}).get("resources", [])
        return {each for one in resources for each in (one.get("outputs") or {}).get("sessionIds") or []}

    def start_until(self, happened: Callable[["Attempt"], Any]) -> Running:
        """Begin an update and wait until something *happened* or the update has ended, which may come first."""
        self.running = self.project.start_up()
        end = time.monotonic() + 60
        while not happened(self) and self.running.process.poll() is None:
            assert time.monotonic() < end, self.running.text
            time.sleep(0.003)
        return self.running


MOMENTS: dict[str, tuple[tuple[Any, ...], Callable[[Attempt], Any]]] = {
    "the engine has started": (GREEN, lambda one: "Updating" in one.running.text),
    "the program has started": (GREEN, lambda one: "creating" in one.running.text),
    "the POST is on its way": (GREEN, lambda one: one.asked("trigger", None)),
    "the POST was acted on": (GREEN, lambda one: one.checkly.sessions),
    "the POST was answered": (GREEN, lambda one: one.asked("trigger", 201)),
    "the trigger is in the state": (GREEN, lambda one: one.stored_ids()),
    "the first long poll is open": (GREEN, lambda one: one.asked("completion", None)),
    "one check has ended": (GREEN, lambda one: one.asked("completion", 200) == 1),
    "all checks have ended": (GREEN, lambda one: one.asked("completion", 200) == 2),
    "the verdict is in the state": (GREEN, lambda one: '"conclusion"' in one.state()),
    "all checks have ended, one of them red": (RED, lambda one: one.asked("completion", 200) == 2),
    "a red verdict is in the state": (RED, lambda one: '"conclusion"' in one.state()),
}


def press_ctrl_c_twice(running: Running) -> None:
    """Press Ctrl-C twice, like an impatient user."""
    running.signal(signal.SIGINT, 0.3)
    running.signal(signal.SIGINT)


def kill_everything(running: Running) -> None:
    """Kill the CLI and all its plugins, as when the machine goes down."""
    running.end()


def terminate(running: Running) -> None:
    """Do what ``timeout``, ``docker stop`` and Kubernetes do first: the CLI ends when the gate has, and stores its verdict."""
    running.process.terminate()
    running.process.wait(30)


def cancel_as_a_runner_does(running: Running) -> None:
    """Interrupt, terminate and kill the CLI's group, as GitHub's runner does; the plugin host runs on during the next update."""
    for number, seconds in ((signal.SIGINT, 0.7), (signal.SIGTERM, 0.3), (signal.SIGKILL, 10)):
        running.signal(number, seconds)


def die_and_go_on(attempt: Attempt, moment: str, kill: Callable[[Any], None]) -> str:
    """Kill an update at a moment and run the next one; return what is wrong with the result, or nothing."""
    project, checkly = attempt.project, attempt.checkly
    kill(attempt.start_until(MOMENTS[moment][1]))
    if kill is not cancel_as_a_runner_does:
        attempt.running.end()
    attempt.mend()
    project.run("cancel", "--yes", expect=None)  # there is a lock only when the CLI could not remove it
    stored, posted = attempt.stored_ids(), len(posts(checkly))
    result = project.up(expect=None)
    outputs = verdict(project)
    problems = []
    if not stored <= set(outputs["sessionIds"]):
        problems.append("a session id that was in the state is lost")
    red_first = "Cart" in runs(checkly)
    if stored and len(posts(checkly)) - posted != red_first:
        problems.append("checks ran again although their ids were in the state, or the bad one did not")
    if max(runs(checkly).values()) > 2:
        problems.append(f"checks ran more than once more than asked: {runs(checkly)}")
    latest = {session["checkId"]: session["status"] for session in outputs["sessions"]}
    expected = "PASSED" if set(latest.values()) == {"PASSED"} else "FAILED"
    if outputs["conclusion"] != expected or (result.code == 0) != (expected == "PASSED"):
        problems.append(f"{outputs['conclusion']} with exit code {result.code}, but the checks say {latest}")
    if not red_first and expected != "PASSED":
        problems.append(f"not green at last: {latest}")
    if ("by-depends-on" in stashes(project)) != (expected == "PASSED"):
        problems.append("what is guarded by the gate is not as the verdict")
    return f"{moment}: {problems}\n{attempt.running.text}\n{result.text}" if problems else ""


EVERY = [
    pytest.param(kill, [*MOMENTS], marks=pytest.mark.long) for kill in (press_ctrl_c_twice, kill_everything, terminate)
]
SOME = [
    (kill_everything, ["the POST was acted on", "one check has ended"]),
    (press_ctrl_c_twice, ["a red verdict is in the state"]),
    (terminate, ["the first long poll is open"]),
    (cancel_as_a_runner_does, ["the first long poll is open"]),
]


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("kill", "moments"), [*SOME, *EVERY])
def test_a_deployment_that_dies_at_any_moment_loses_nothing(make_stack, kill, moments):
    """
    Wherever the CLI dies, ``pulumi cancel`` and the next update end with the right verdict.

    Every check has run at most once more than asked, and not even that when its session had reached the state and was good; no
    session id that reached the state is lost; what the gate guards is there only when the verdict is good.
    """
    attempts = []
    for number, moment in enumerate(moments):
        attempt = Attempt(*make_stack(program(), *MOMENTS[moment][0], name=f"killed-{number}"))
        attempt.checkly.add_fault(route="trigger", nth=1, delay=0.3)
        attempts.append(attempt)
    with ThreadPoolExecutor(4) as pool:
        problems = pool.map(lambda attempt, moment: die_and_go_on(attempt, moment, kill), attempts, moments)
        assert "\n\n".join(filter(None, problems)) == ""


def test_an_orphan_starts_nothing(make_stack):
    """When only the CLI is killed, the plugin host waits but runs no check again, and no report shows the last green version."""
    cart = check("Cart", "PASSED", "FAILED", seconds=[0.1, 2])
    attempt = Attempt(*make_stack(program(), cart))
    project, checkly = attempt.project, attempt.checkly
    project.up()
    project.write(program("attempts=5", version='"2"'))
    attempt.start_until(lambda one: one.asked("completion", None)).process.kill()
    end = time.monotonic() + 30
    while attempt.asked("completion", 200) < 2:
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(1)  # an orphan that does not check its engine would post at once
    assert runs(checkly) == {"Cart": 2}
    attempt.running.end()
    said = project.checkly_dynamic("report", expect=1).stdout
    assert "UNKNOWN  smoke-passed: newer check sessions have been started" in said
    assert "deploy version 2" in said
    assert "PASSED of deploy version 1" in said

    project.run("cancel", "--yes")
    project.write(program(version='"2"'))
    project.up(expect="failure")
    assert (runs(checkly), verdict(project)["conclusion"]) == ({"Cart": 2}, "FAILED")
