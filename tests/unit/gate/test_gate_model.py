"""A gate against the truth: random checks, durations, endings and policies, in virtual time."""

from hypothesis import given, settings, strategies as st
from updates import Update
from world import FORGOTTEN, Plan, Run, Suite, World

from checkly_dynamic.errors import ApiError

UNREADABLE = ApiError("401: the API key was not accepted", status=401)
KNOWN = ("PASSED", "FAILED", "TIMED_OUT", "DEGRADED", "CANCELLED")

# Quarters of a second, so that sums are exact, and never whole seconds, so that nothing ends exactly at a deadline.
seconds = st.integers(0, 400).map(lambda quarters: quarters / 2 + 0.25)
words = ["PASSED"] * 6 + ["FAILED", "FAILED", "DEGRADED", "CANCELLED", "NEW_WORD"]
endings = st.sampled_from([*words, "TIMED_OUT", FORGOTTEN, UNREADABLE])
plans = st.lists(st.builds(Run, endings, seconds), min_size=1, max_size=4)
policies = st.fixed_dictionaries(
    {
        # An eighth more: no sum of runs ends in the very moment of the deadline, where both outcomes would be right.
        "timeout_seconds": st.sampled_from([1.125, 20.125, 150.125, 600.125, 3600.125, 3600.125]),
        "fail_on": st.sampled_from([["FAILED"], ["FAILED", "TIMED_OUT", "CANCELLED"], ["FAILED", "DEGRADED"]]),
        "attempts": st.integers(1, 5),
    }
)


def is_good(status, fail_on):
    """Whether a final status is good under a policy."""
    return status in KNOWN and (status == "PASSED" or status not in fail_on)


rows = st.lists(st.builds(Run, st.sampled_from([*words, *words, FORGOTTEN, None]), seconds), min_size=1, max_size=4)
suites = st.builds(
    lambda runs, named, says: Suite({f"r{n}": Plan(run) for n, run in enumerate(runs)}, named=named, says=says),
    st.lists(rows, min_size=1, max_size=4),
    st.booleans(),
    st.lists(st.sampled_from(["", "", "FAILED", "PASSED", "CANCELLED"]), max_size=4),
)
worlds = st.tuples(st.lists(plans, max_size=3), st.lists(suites, max_size=3), st.booleans())


def gate(setup):
    """Make a world, and a gate with one trigger of check sessions and one for each suite; asking by id, or by tags."""
    runs, selected, by_id = setup
    checkly = World({f"c{n}": Plan(list(run)) for n, run in enumerate(runs)}, skew=60)
    update = Update(checkly)
    for number, chosen in enumerate(selected):
        checkly.suites[f"suite {number}"] = chosen
        update.test_trigger(f"suite {number}", asked=tuple(chosen.plans) if by_id and chosen.named else ())
    if not runs and not selected:
        update.trigger(on_no_match="pass")
    return update


def judged(session, now):
    """Return how a session ended: an error, None while it runs, or the final word of each of its checks."""
    if session.ends_at > now:
        return None
    error = next((run.ends for _, run in session.rows if isinstance(run.ends, Exception)), None)
    return error or {check: run.ends for check, run in session.rows}


def bad_as_a_whole(session, result, fail_on, everything):
    """Whether a test session is bad although no single result is: it was forgotten, has no results, or says so itself."""
    if isinstance(result, Exception) or set(result.values()) == {None}:
        return everything  # otherwise that is what happened to each check that ran again
    good = all(word in ("PASSED", "DEGRADED", None) for word in result.values())
    return good and not is_good(session.says or "PASSED", fail_on)


def all_is_good(world, fail_on, asked):
    """Tell from Checkly's side whether the last thing that happened to each check is good."""
    last = {}
    whole = {}
    known = set(asked)
    for session in world.sessions.values():
        result = judged(session, world.now)
        group = session.first.name if session.first.kind == "test" else ""
        for check, run in session.rows:
            if isinstance(result, dict) and run.ends is None and is_good(last.get((group, check), ""), fail_on):
                continue  # it ran again only beside another check, and no result says nothing against the good one
            last[group, check] = run.ends if isinstance(result, dict) else "not ended"
            if run.ends is not None and isinstance(result, dict):
                known.add((group, check))
        everything = bool(group) and len(session.rows) == len(world.suites[group].plans)
        if everything:
            whole.pop(group, None)  # everything has run again, whatever was wrong before
        if group and isinstance(result, dict | Exception) and bad_as_a_whole(session, result, fail_on, everything):
            whole[group] = session
    return not whole and all(is_good(word, fail_on) for key, word in last.items() if key in known or not key[0])


@settings(max_examples=60)
@given(worlds, st.lists(policies, min_size=1, max_size=4))
def test_green_is_never_wrong_and_what_is_good_is_left_alone(setup, chain):
    """
    Update after update, PASSED means that the last thing that happened to each check, as Checkly knows it, is good.

    Check sessions, test sessions with and without ids, missing results, sessions that contradict their results, deadlines: no
    stored run gets lost, no update starts more than its attempts, and no check that is good runs again by id. Each update ends
    by its deadline and asks for a session at most once every 30 seconds.
    """
    update = gate(setup)
    world = update.world
    asked = {
        (request["resourceName"], check) for request in update.rerun for check in request["target"].get("checkId", [])
    }
    for policy in chain:
        stored = sorted(update.stored.get("sessions", []), key=lambda row: row["attempt"])
        latest = {row["checkId"]: row["status"] for row in stored if "checkSessionId" in row}
        good = {check for check, status in latest.items() if status == "PASSED"}
        posts, polls, began, known = len(world.posts), len(world.polls), world.now, len(stored)
        state = update.run(**policy)
        assert world.now - began <= policy["timeout_seconds"]
        assert len(world.polls) - polls <= len(state["sessions"]) * (2 + policy["timeout_seconds"] // 30)
        assert len(state["sessions"]) >= known
        if state["conclusion"] == "PASSED":
            assert all_is_good(world, policy["fail_on"], asked), (world.now, update.statuses())
        started = world.posts[posts:]
        assert len(started) <= policy["attempts"] * (1 + len(update.rerun))
        if started and "name" not in started[0]:
            assert not good & set(started[0]["target"]["checkId"])


@settings(max_examples=100)
@given(worlds, st.integers(1, 3))
def test_no_gate_stays_red_when_all_checks_are_mended(setup, attempts):
    """Whatever went wrong before, when every check passes from some run on, one of the next updates is good."""
    runs, selected, _ = setup
    for plan in [*(plan.runs for chosen in selected for plan in chosen.plans.values()), *runs]:
        plan[:] = [run if run.ends is not UNREADABLE else Run("FAILED") for run in plan]
        plan.append(Run("PASSED"))
    update = gate(setup)
    conclusions = [update.run(timeout_seconds=10_000, attempts=attempts)["conclusion"] for _ in range(16)]
    assert conclusions[-1] == "PASSED"
