"""What a gate waits for, read from its inputs, and which stored results still count."""

import pytest
from checkly_dynamic.core.awaited import Awaited, unchanged_checks


def part(**more):
    """Describe the answer of one trigger, as it stands in the state."""
    return {"sessionIds": [], "links": [], "checkIds": [], "checkTypes": [], "names": [], **more}


def answer(*pairs, **more):
    """Describe an answer by its sessions and their checks."""
    ids, checks = [s for s, _ in pairs], [c for _, c in pairs]
    return part(sessionIds=ids, checkIds=checks, links=[f"l-{s}" for s in ids], names=checks, **more)


def test_sessions_of_all_triggers_are_awaited_once():
    """Sessions are known by their id; one that two parts name is awaited once, in the given order."""
    awaited = Awaited.from_state([answer(("s1", "a"), ("s2", "b")), answer(("s2", "b"), ("s3", "a"))])
    assert [(s.id, s.check_id, s.link, s.finished) for s in awaited.sessions] == [
        ("s1", "a", "l-s1", False),
        ("s2", "b", "l-s2", False),
        ("s3", "a", "l-s3", False),
    ]


def test_a_session_without_a_check_stands_for_itself():
    """Where the state says nothing of the check, two sessions are never taken for two attempts of one check."""
    awaited = Awaited.from_state([{"sessionIds": ["s1", "s2"]}])
    assert [s.check_id for s in awaited.sessions] == ["s1", "s2"]


def test_a_check_is_missing_only_when_no_trigger_started_it():
    """A check that one trigger missed and another one started is there; ids are compared whatever their case."""
    awaited = Awaited.from_state(
        [
            answer(("s1", "aa"), missingCheckIds=["BB", "cc", "CC"], deployVersion="1"),
            answer(("s2", "bb"), missingCheckIds=["AA"], deployVersion="1"),
        ]
    )
    assert awaited.missing_check_ids == ("cc",)


@pytest.mark.parametrize("version", [{}, {"deployVersion": None}, {"deployVersion": ""}])
def test_without_a_version_nobody_knows_whether_a_session_was_for_the_same_deployment(version):
    """Another trigger's session may be weeks old, so it does not stand for a check that this deployment asked for in vain."""
    parts = [answer(("s1", "aa"), missingCheckIds=["bb"], **version), answer(("s2", "bb"), **version)]
    assert Awaited.from_state(parts).missing_check_ids == ("bb",)


def test_one_session_stands_for_one_check():
    """Where two answers give the same session to two checks, the second check has none, so the gate cannot be good."""
    awaited = Awaited.from_state([answer(("s1", "aa"), deployVersion="1"), answer(("s1", "bb"), deployVersion="1")])
    assert [(s.id, s.check_id) for s in awaited.sessions] == [("s1", "aa")]
    assert awaited.missing_check_ids == ("bb",)


def test_a_session_for_another_version_answers_for_no_missing_check():
    """An old session that another trigger left behind does not stand for the run that the new version asked for."""
    old = answer(("s2", "bb"), deployVersion="1")
    assert Awaited.from_state(
        [answer(("s1", "aa"), missingCheckIds=["BB"], deployVersion="2"), old]
    ).missing_check_ids == ("bb",)
    same = answer(("s1", "aa"), missingCheckIds=["BB"], deployVersion="1")
    assert Awaited.from_state([same, old]).missing_check_ids == ()


def test_no_session_at_all_must_have_been_allowed():
    """An empty answer counts as unanswered, and its checks as missing, unless the trigger allowed no match."""
    strict = part(missingCheckIds=["a"])
    awaited = Awaited.from_state([strict, {**strict, "noMatchAllowed": True}, answer(("s1", "b"))])
    assert (awaited.unanswered, awaited.missing_check_ids) == (1, ("a",))
    allowed = Awaited.from_state([{**strict, "noMatchAllowed": True}])
    assert (allowed.unanswered, allowed.missing_check_ids) == (0, ())


def test_what_a_trigger_answered_anew_no_longer_counts():
    """Results count as long as each answer that a check comes from is the same; order and other triggers do not matter."""
    old = [answer(("s1", "a"), ("s2", "b"), deployVersion="1"), answer(("s3", "c"), missingCheckIds=["D"])]
    assert unchanged_checks(old, list(reversed(old))) == {"a", "b", "c", "d"}
    assert unchanged_checks(old, [answer(("s8", "a"), ("s9", "b"), deployVersion="1"), old[1]]) == {"c", "d"}
    assert unchanged_checks(old, [old[0]]) == {"a", "b"}
    assert unchanged_checks([], old) == set()


def test_a_check_of_two_triggers_counts_only_when_both_answers_are_the_same():
    """Otherwise a re-run for an old version could certify a new one."""
    old = [answer(("s1", "a")), answer(("s2", "a"), ("s3", "b"))]
    new = [answer(("s1", "a")), answer(("s8", "a"), ("s9", "b"))]
    assert unchanged_checks(old, new) == set()


def test_another_deploy_version_makes_another_answer():
    """The same ids under another version do not count: a verdict is about a version."""
    assert unchanged_checks([answer(("s1", "a"), deployVersion="1")], [answer(("s1", "a"), deployVersion="2")]) == set()
