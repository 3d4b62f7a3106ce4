"""Updates of a gate, one after another, in a pretended world."""

from __future__ import annotations

from checkly_dynamic.core.awaited import Awaited
from world import Plan, Run, World

from checkly_dynamic.core.gate import Gate, Policy
from checkly_dynamic.core.sessions import CheckSession


def world(**checks):
    """Make a world: each check with its runs, a run being a status or an error, or a pair of that and its seconds."""
    plans = {}
    for check_id, runs in checks.items():
        listed = runs if isinstance(runs, list) else [runs]
        plans[check_id] = Plan([Run(*run) if isinstance(run, tuple) else Run(run) for run in listed])
    return World(plans)


class Update:
    """One update after another of the same gate, with the stored sessions carried over as the provider does."""

    def __init__(self, world, *, missing=(), unanswered=0, say=lambda _: None, before=lambda: None, only=None):
        self.world, self.say, self.before = world, say, before
        started = [world.start(check_id) for check_id in world.plans if check_id not in missing]
        self.awaited = Awaited(tuple(started), tuple(missing), unanswered)
        self.stored, self.unchanged = [], set()

    def run(self, *, judge_only=False, **policy):
        """Update and return the outputs."""
        policy = Policy(**policy)
        gate = Gate(policy, self.awaited, self.world, say=self.say, before_trigger=self.before, clock=self.world.clock)
        state = gate.run(self.stored, self.unchanged, judge_only=judge_only).to_state(policy.fail_on)
        self.stored = [CheckSession.from_state(raw) for raw in state["sessions"]]
        self.unchanged = {s.check_id for s in self.awaited.sessions} | set(self.awaited.missing_check_ids)
        return state
