"""Answers that are well-formed and yet do not fit: one session for two checks, another check, another spelling."""

from __future__ import annotations

from checkly_dynamic.core.awaited import Awaited
from updates import Update, world

from checkly_dynamic.core.gate import Gate, Policy
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.errors import InvalidResponse


def session(session_id, check_id, status="STARTED", **more):
    """Make a session as an answer describes it; it has ended when its status says so."""
    raw = {"checkSessionId": session_id, "checkId": check_id, "status": status, "name": check_id.upper(), **more}
    return CheckSession.from_api(raw)


class Script:
    """Checkly, by a script: the answers to triggers in their order, and how each session ends, in the order of the reads."""

    def __init__(self, triggers, **ends):
        self.triggers, self.ends, self.posts = triggers, ends, []

    def trigger(self, body, *, deadline, before):
        """Give the next answer."""
        self.posts.append(body["target"]["checkId"])
        answer = self.triggers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def completion(self, session_id, *, max_wait, deadline):
        """Give the session's next end; the last one stays."""
        ends = self.ends[session_id]
        return ends.pop(0) if len(ends) > 1 else ends[0]


def run(script, awaited, *, stored=(), unchanged=(), attempts=2):
    """Run the gate once and return the outputs."""
    policy = Policy(attempts=attempts, timeout_seconds=20)
    return Gate(policy, Awaited(tuple(awaited), (), 0), script).run(stored, unchanged).to_state(policy.fail_on)


def test_a_re_run_with_the_check_s_own_old_id_is_read_again():
    """A server that was set up anew, such as the local Checkly, may give the same ids; what it says now counts."""
    ends = [session("s1", "a", "FAILED"), session("s1", "a", "PASSED")]
    assert run(Script([[session("s1", "a")]], s1=ends), [session("s1", "a")])["conclusion"] == "PASSED"
    ends = [session("s1", "a", "FAILED")]
    assert run(Script([[session("s1", "a")]], s1=ends), [session("s1", "a")])["conclusion"] == "FAILED"


def test_a_re_run_that_names_another_check_s_session_has_started_none():
    """Neither the old session's result nor its check gets lost, and the check that was to run again stays bad."""
    script = Script(
        [[session("s2", "a"), session("r9", "b")]],
        s1=[session("s1", "a", "FAILED")],
        s2=[session("s2", "b", "FAILED"), session("s2", "a", "PASSED")],
        r9=[session("r9", "b", "PASSED")],
    )
    state = run(script, [session("s1", "a"), session("s2", "b")])
    assert (state["conclusion"], state["sessionIds"]) == ("FAILED", ["s1", "s2", "r9"])
    assert [(s["checkId"], s["status"]) for s in state["sessions"]] == [
        ("a", "FAILED"),
        ("b", "FAILED"),
        ("b", "PASSED"),
    ]
    assert "not run again: Checkly started no session for it" in state["problems"][0]


def test_an_end_that_names_another_check_is_still_this_session_s_end():
    """A bad end does not move to a check of which a later attempt passed."""
    script = Script([[session("r2", "b")]], s1=[session("s1", "b", "FAILED")], r2=[session("r2", "b", "PASSED")])
    stored = [session("s2", "b", "FAILED")]
    state = run(script, [session("s1", "a"), *stored], stored=stored, unchanged={"b"}, attempts=1)
    assert state["conclusion"] == "FAILED"
    assert [(s["checkId"], s["status"]) for s in state["sessions"]] == [
        ("b", "FAILED"),
        ("a", "FAILED"),
        ("b", "PASSED"),
    ]


def test_a_re_run_that_spells_a_check_in_another_case_is_that_check_s():
    """Ids of checks are the same in any case, so the new attempt counts for the check that was asked for."""
    script = Script([[session("r1", "AB")]], s1=[session("s1", "ab", "FAILED")], r1=[session("r1", "AB", "PASSED")])
    state = run(script, [session("s1", "ab")])
    assert (state["conclusion"], state["counts"]) == ("PASSED", {"PASSED": 1, "flaky": 1})


def test_what_an_unreadable_re_run_started_is_recorded_for_a_missing_check():
    """Why a missing check has no session is in the problems, not a guess."""
    with world(a="PASSED", gone="PASSED") as checkly:
        update = Update(checkly, missing=["gone"])
        checkly.post_errors.append(InvalidResponse("no list. Checks may have started. Sessions: r9"))
        state = update.run(attempts=2)
    [problem] = state["problems"]
    assert problem.startswith("check gone: asked for by id, but it has no session; not run again: no list.")
    assert "r9" in problem
