"""Updates of a gate, one after another, in a simulated world."""

import re
from collections.abc import Callable
from typing import Any

from world import Plan, Run, Suite, World, at

from checkly_dynamic.core.deadline import Clock
from checkly_dynamic.core.operation import Operation, ProcessState
from checkly_dynamic.core.values import storable
from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource
from checkly_dynamic.core.wait_for import wait_for_element


def plans(**checks: Any) -> dict[str, Plan]:
    """Plan the runs of checks; a run is a status or an error, or a tuple of one and its seconds."""
    listed = {check_id: runs if isinstance(runs, list) else [runs] for check_id, runs in checks.items()}
    return {
        check_id: Plan([Run(*run) if isinstance(run, tuple) else Run(run) for run in runs])
        for check_id, runs in listed.items()
    }


def world(**checks: Any) -> World:
    """Make a world with these checks."""
    return World(plans(**checks))


def suite(*, named: bool = True, says: list[str] | None = None, **checks: Any) -> Suite:
    """Make what a test session trigger selects."""
    return Suite(plans(**checks), named=named, says=says or [])


class Lines:
    """A log that keeps its lines: ``(kind, line)``."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []

    def __getattr__(self, kind: str) -> Callable[[str], None]:
        return lambda line: self.shown.append((kind, line))


class Update:
    """
    One update after another of the same gate, with its outputs carried over through a state.

    The gate has one trigger for all checks of the world, and one for each suite.

    Args:
        world: Where it happens.
        missing: Checks that the first trigger asked for and that got no session.
        asked: Checks that the triggers of the suites ask for by id; otherwise they ask by tag.
        announced: The results, with a check id or a name, that Checkly names when a test session starts.
    """

    def __init__(
        self,
        world: World,
        *,
        missing: tuple[str, ...] = (),
        asked: tuple[str, ...] = (),
        announced: tuple[dict[str, str], ...] = (),
    ) -> None:
        self.world, self.log = world, Lines()
        self.wait_for: list[dict[str, Any]] = []
        self.rerun: list[dict[str, Any]] = []
        self.stored: dict[str, Any] = {}
        started = [check_id for check_id in world.plans if check_id not in missing]
        if started or missing:
            self.trigger(*started, missing=missing)
        for name in world.suites:
            self.test_trigger(name, asked=asked, announced=announced)
        self.operation = Operation(
            connect=world.connect,  # type: ignore[arg-type]  # the world reads nothing outside a gate
            log=self.log,
            before_trigger=lambda: None,
            process=ProcessState(Clock(now=lambda: at(world.now - world.skew))),  # the triggers run in this update
            clock=world.clock,
        )

    def trigger(self, *check_ids: str, missing: tuple[str, ...] = (), **more: Any) -> None:
        """Let a trigger start check sessions, or none."""
        started = [self.world.start_check(check_id).to_api() for check_id in check_ids]
        self._wait_for({"sessions": started, "missingCheckIds": list(missing)}, **more)

    def test_trigger(
        self, name: str, *, asked: tuple[str, ...] = (), announced: tuple[dict[str, str], ...] = (), **more: Any
    ) -> None:
        """Let a trigger start a test session."""
        session, *_ = self.world.start_test(name)
        target = {"checkId": list(asked)} if asked else {"matchTags": [[name]]}
        outputs = {"sessionId": session.id, "link": session.link, "resourceName": name, "target": target}
        outputs["results"] = list(announced)
        self._wait_for(outputs, **more)
        variables = {"ENVIRONMENT_URL": f"https://{name}.example"}
        request = {"sessionId": session.id, "resourceName": name, "target": target, "environmentVariables": variables}
        self.rerun.append(request)

    def _wait_for(self, outputs: dict[str, Any], *, version: str | None = "1", on_no_match: str = "fail") -> None:
        more = {"deployVersion": version, "onNoMatch": on_no_match, "triggeredAt": at(self.world.now - self.world.skew)}
        self.wait_for.append(storable(wait_for_element({**outputs, **more})))

    def inputs(self, **policy: Any) -> dict[str, Any]:
        """Return the inputs of the verdict."""
        given = {re.sub("_(.)", lambda found: found[1].upper(), name): value for name, value in policy.items()}
        return storable({"resourceName": "gate", "waitFor": self.wait_for, "rerun": self.rerun or None, **given})

    def run(self, **policy: Any) -> dict[str, Any]:
        """Update and return the outputs. The names of the policy are those of ``CheckSessionGate``."""
        inputs = self.inputs(**policy)
        self.world.until = self.world.now + inputs.get("timeoutSeconds", 900)
        try:
            self.stored = storable(CheckSessionVerdictResource().run(self.stored, inputs, self.operation))
        finally:
            self.world.release()
            self.world.until = float("inf")
        return self.stored

    def statuses(self) -> list[tuple[str, int, str]]:
        """Return name, attempt and status of each run."""
        return [(row["name"], row["attempt"], row["status"]) for row in self.stored["sessions"]]
