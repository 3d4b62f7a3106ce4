"""What a gate waits for, read from its inputs, and which stored results still count."""

from __future__ import annotations

from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.wait_for import answers_from_state, carry_over, missing_checks


def answer(*pairs, **more):
    """Describe an answer by its sessions and their checks."""
    ids, checks = [session for session, _ in pairs], [check for _, check in pairs]
    links = [f"l-{session}" for session in ids]
    return {"sessionIds": ids, "checkIds": checks, "links": links, "names": checks, **more}


def test_answer(session, **more):
    """Describe the answer of a test session's trigger."""
    return {"kind": "test", "sessionIds": [session], "links": [""], "names": ["smoke"], **more}


test_answer.__test__ = False


def missing(*elements, runs=None):
    """Return the ids of missing checks, of the triggers' own sessions or of these runs."""
    answers = answers_from_state(elements)
    known = [session for answer in answers for session in answer.sessions] if runs is None else runs
    return [check.check_id for check in missing_checks(answers, known)]


def row(id_, check, attempt=1, **more):
    """Describe a stored run of a check session."""
    more = {"status": "PASSED", "attempt": float(attempt), "finished": True, **more}
    return {"checkSessionId": id_, "checkId": check, **more}


def test_row(id_, check, **more):
    """Describe a stored run of a test session."""
    return {"testSessionId": id_, "testSessionResultId": f"{id_}-{check}", "checkId": check, "status": "PASSED", **more}


test_row.__test__ = False


def carried(old, new, *rows):
    """Return the ids of the stored runs that still count."""
    found = carry_over({"waitFor": old, "sessions": list(rows)}, answers_from_state(new))
    return [run.id for run in found.runs]


def test_a_check_is_missing_only_when_no_trigger_of_its_version_started_it():
    """Ids are compared in any case; without a version, or for another one, the other trigger's session may be weeks old."""
    asked = {"missingCheckIds": ["BB", "cc", "CC"]}
    one, other = answer(("s1", "aa"), **asked, deployVersion="1"), answer(("s2", "bb"), deployVersion="1")
    assert missing(one, other) == ["cc"]
    assert missing(one, {**other, "deployVersion": "2"}) == ["bb", "cc"]
    for none in ({}, {"deployVersion": None}, {"deployVersion": ""}):
        parts = [answer(("s1", "aa"), missingCheckIds=["bb"], **none), answer(("s2", "bb"), **none)]
        assert missing(*parts) == ["bb"]
    assert missing(answer(missingCheckIds=["a"], noMatchAllowed=True)) == [], "the trigger may match nothing"


def test_one_session_stands_for_one_check():
    """Where two answers give the same session to two checks, the second check has none, so the gate cannot be good."""
    elements = [answer(("s1", "aa"), deployVersion="1"), answer(("s1", "bb"), deployVersion="1")]
    first = answers_from_state(elements)[0].sessions
    assert missing(*elements, runs=first) == ["bb"]


def test_missing_checks_of_a_test_session_are_known_with_its_results():
    """Before, and when results have no ids, nothing can be told apart."""
    element = test_answer("t1", askedCheckIds=["A", "b"])
    read = Run.from_state
    assert missing(element) == []
    assert missing(element, runs=[read(test_row("t1", "a"))]) == ["b"]
    assert missing(element, runs=[read({**test_row("t1", "a"), "checkId": None})]) == []
    rerun = read({**test_row("t2", "b"), "rerunOf": "t1"})
    assert missing(element, runs=[read(test_row("t1", "a")), rerun]) == []


def test_runs_count_as_long_as_the_answers_they_come_from_are_the_same():
    """A new answer drops the runs of its checks, re-runs too; order, links and other triggers do not matter."""
    old = [answer(("s1", "a"), ("s2", "b"), deployVersion="1"), answer(("s3", "c"), missingCheckIds=["D"])]
    rows = [row("s1", "a"), row("s2", "b"), row("r1", "b", 2), row("s3", "c"), row("r2", "d")]
    assert carried(old, list(reversed(old)), *rows) == ["s1", "s2", "r1", "s3", "r2"]
    assert carried(old, [{**old[0], "links": []}, old[1]], *rows) == ["s1", "s2", "r1", "s3", "r2"]
    again = answer(("s8", "a"), ("s9", "b"), deployVersion="1")
    assert carried(old, [again, old[1]], *rows) == ["s3", "r2"]
    assert carried(old, [{**old[0], "deployVersion": "2"}, old[1]], *rows) == ["s3", "r2"], (
        "a verdict is about a version"
    )
    assert carried(old, [old[0]], *rows) == ["s1", "s2", "r1"]
    assert carried([], old, *rows) == []


def test_a_check_of_two_triggers_counts_only_when_both_answers_are_the_same():
    """Otherwise a re-run for an old version could certify a new one."""
    old = [answer(("s1", "a")), answer(("s2", "a"), ("s3", "b"))]
    new = [answer(("s1", "a")), answer(("s8", "a"), ("s9", "b"))]
    assert carried(old, new, row("s1", "a"), row("s2", "a"), row("r1", "a", 2), row("s3", "b")) == []


def test_test_sessions_are_carried_over_by_their_own_answer():
    """One check in two test sessions is two checks: a new answer of one leaves the other alone."""
    old = [test_answer("t1"), test_answer("t2")]
    rows = [test_row("t1", "a"), test_row("t2", "a"), test_row("t3", "a", rerunOf="t2")]
    assert carried(old, [test_answer("t9"), old[1]], *rows) == ["t2", "t3"]
