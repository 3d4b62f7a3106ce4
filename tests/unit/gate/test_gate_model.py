"""A gate against a model of it: random checks, durations, endings and policies, in virtual time."""

import math
from dataclasses import dataclass, field

from checkly_dynamic.core.awaited import Awaited
from hypothesis import given, settings, strategies as st
from world import Plan, Run, World

from checkly_dynamic.core.gate import Gate, Policy
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.errors import SessionNotFound, Unauthorized

FORGOTTEN = SessionNotFound("404: Checkly does not know this check session", status=404)
UNREADABLE = Unauthorized("401: the API key was not accepted", status=401)
GOOD = {"PASSED"}

# Quarters of a second, so that sums are exact, and never whole seconds, so that nothing ends exactly at a deadline.
seconds = st.integers(0, 400).map(lambda quarters: quarters / 2 + 0.25)
endings = st.sampled_from(
    ["PASSED"] * 6 + ["FAILED", "FAILED", "TIMED_OUT", "DEGRADED", "CANCELLED", "NEW_WORD", FORGOTTEN, UNREADABLE]
)
plans = st.lists(st.builds(Run, endings, seconds), min_size=1, max_size=4)
policies = st.builds(
    Policy,
    # An eighth more: no sum of runs ends in the very moment of the deadline, where both outcomes would be right.
    timeout_seconds=st.integers(1, 600).map(lambda whole: whole + 0.125),
    fail_on=st.sampled_from([("FAILED",), ("FAILED", "TIMED_OUT", "CANCELLED"), ("FAILED", "DEGRADED")]),
    attempts=st.integers(1, 5),
    fail_fast=st.just(False),  # the model knows only the full wait
)


@dataclass
class ModelCheck:
    """What the model knows of one check: its runs, how many were started, and how the last one stands."""

    runs: list[Run]
    started: int = 1
    state: str = "running"
    ends_at: float = 0.0
    open_seconds: list[float] = field(default_factory=list)

    def __post_init__(self):
        self.ends_at = self.run.seconds

    @property
    def run(self):
        """Return the run that counts."""
        return self.runs[min(self.started, len(self.runs)) - 1]


def word(run, fail_on):
    """What the end of a run means under a policy."""
    if run.ends is UNREADABLE:
        return "unread"
    if run.ends is FORGOTTEN:
        return "forgotten"
    known = run.ends in ("PASSED", "FAILED", "TIMED_OUT", "DEGRADED", "CANCELLED")
    return "bad" if not known or (run.ends not in GOOD and run.ends in fail_on) else "good"


def model(checks, policy):
    """Play one update round by round, as the documentation tells it; return the checks with how they stand."""
    now = 0.0
    while True:
        running = [check for check in checks if check.state == "running"]
        for check in running:
            if check.ends_at < policy.timeout_seconds:
                check.state = word(check.run, policy.fail_on)
                check.open_seconds.append(check.ends_at - now)
            else:
                check.open_seconds.append(policy.timeout_seconds - now)
        if any(check.state == "running" for check in checks):
            return
        now = max([now, *(check.ends_at for check in running)])
        again = [c for c in checks if c.state in ("bad", "forgotten") and c.started < policy.attempts]
        if not again or policy.timeout_seconds - now < 2:
            return
        for check in again:
            check.started += 1
            check.state, check.ends_at = "running", now + check.run.seconds


def conclusion(checks):
    """The model's verdict."""
    states = {check.state for check in checks}
    if "bad" in states:
        return "FAILED"
    if states & {"forgotten", "unread"}:
        return "UNKNOWN"
    return "PENDING" if "running" in states else "PASSED"


def play(runs, policy):
    """Play runs with a gate and with the model, and compare them; return the gate's world."""
    checks = [ModelCheck(run) for run in runs]
    model(checks, policy)
    with World({f"c{n}": Plan(list(run)) for n, run in enumerate(runs)}) as world:
        awaited = Awaited(tuple(world.start(check_id) for check_id in world.plans), (), 0)
        record = Gate(policy, awaited, world, clock=world.clock).run()
    assert record.verdict.conclusion == conclusion(checks)
    latest = {s.check_id: s for s in record.sessions}
    assert [latest[f"c{n}"].attempt for n in range(len(checks))] == [check.started for check in checks]
    assert [latest[f"c{n}"].finished for n in range(len(checks))] == [
        check.state not in ("running", "unread") for check in checks
    ]
    assert world.now <= policy.timeout_seconds
    assert len(world.posts) < policy.attempts
    opened = [seconds for check in checks for seconds in check.open_seconds]
    assert len(world.polls) <= len(record.sessions) + sum(math.floor(seconds / 30) for seconds in opened)
    return record


@settings(max_examples=150)
@given(st.lists(plans, min_size=1, max_size=12), policies)
def test_the_verdict_is_the_model_s_and_requests_are_bounded(runs, policy):
    """
    A gate concludes what the model does, whatever happens when.

    It ends by its deadline, posts less often than there are attempts, and asks at most once for each session and once more
    for each 30 seconds that the session was waited for.
    """
    play(runs, policy)


@settings(max_examples=8)
@given(st.sampled_from([1, 10, 100]), st.data())
def test_1_10_and_100_sessions(number, data):
    """The same holds for one, ten and a hundred sessions at once."""
    random = data.draw(st.randoms(use_true_random=False))
    words = ["PASSED"] * 8 + ["FAILED", "DEGRADED"]
    runs = [[Run(random.choice(words), random.randrange(200) / 2 + 0.25) for _ in range(2)] for _ in range(number)]
    play(runs, Policy(attempts=2))


@settings(max_examples=60)
@given(st.lists(plans, min_size=1, max_size=6), st.lists(policies, min_size=1, max_size=4))
def test_a_chain_of_updates_never_forgets_and_never_asks_for_what_is_good(runs, chain):
    """
    Update after update, every session stays in the record, and what ended well is never asked for or run again.

    A green verdict is reached only when every check's latest session ended well.
    """
    with World({f"c{n}": Plan(list(run)) for n, run in enumerate(runs)}) as world:
        awaited = Awaited(tuple(world.start(check_id) for check_id in world.plans), (), 0)
        stored, unchanged = [], set()
        for policy in chain:
            polls, posts = len(world.polls), len(world.posts)
            good_before = {s.id for s in stored if s.finished and s.status == "PASSED"}
            record = Gate(policy, awaited, world, clock=world.clock).run(stored, unchanged)
            assert [s.id for s in record.sessions][: len(stored)] == [s.id for s in stored]
            assert not good_before & set(world.polls[polls:])
            passed_checks = {s.check_id for s in stored if s.id in good_before and s.attempt == _latest(stored, s)}
            assert not passed_checks & {c for post in world.posts[posts:] for c in post["target"]["checkId"]}
            latest = {s.check_id: s for s in record.sessions}
            if record.verdict.passed:
                assert all(word(Run(s.status), policy.fail_on) == "good" for s in latest.values())
            stored = [CheckSession.from_state(s.to_state()) for s in record.sessions]
            unchanged = set(latest)


def _latest(sessions, session):
    return max(s.attempt for s in sessions if s.check_id == session.check_id)
