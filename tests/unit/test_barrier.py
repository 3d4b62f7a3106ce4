"""The barrier accepts only a good verdict on the requested version, and says what to do next."""

import itertools

import pytest
from pulumi.output import Unknown

from checkly_dynamic.provider import CheckSessionBarrierProvider

JUDGED = {"deployVersions": ["1"], "sessionIds": ["s1"]}
GOOD = {"passed": True, "conclusion": "PASSED", "judged": JUDGED, "expected": ["1"]}
BARRIER = CheckSessionBarrierProvider()


def refused(**props):
    """Return the lines of the error."""
    with pytest.raises(RuntimeError) as caught:
        BARRIER.create(props)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("passed", [None, "true", 1])
def test_nothing_but_true_is_let_through(passed):
    """Anything except True fails create and update."""
    bad = {**GOOD, "passed": passed, "reason": "the reason"}
    assert refused(**bad)[0] == "gate: the reason"
    with pytest.raises(RuntimeError, match="gate: the reason"):
        BARRIER.update("id", GOOD, bad)


@pytest.mark.parametrize(
    ("conclusion", "advice"),
    [
        ("FAILED", "give it a new deploy_version, so that all checks run again"),
        ("PENDING", "Run pulumi up again to keep waiting for the same check sessions."),
        ("UNKNOWN", "what is known is kept, and only the rest is read or run again"),
        (None, "Run pulumi up again."),
    ],
)
def test_the_error_names_the_bad_checks_and_what_to_do(conclusion, advice):
    """One line for each bad check with status, locations and link, its errors below, then the advice and the report."""
    row = {"name": "Home\x1b", "status": "FAILED", "link": "https://l", "runLocations": ["eu", "us"], "attempt": 2.0}
    failed = [{**row, "detail": "late", "errors": ["why\n1", "why 2"]}]
    lines = refused(resourceName="smoke", passed=False, conclusion=conclusion, reason="1 of 2", failed=failed)
    assert lines[:4] == [
        "smoke: 1 of 2",
        "  Home\N{REPLACEMENT CHARACTER}: FAILED, attempt 2 in eu, us (late) https://l",
        "    why 1",
        "    why 2",
    ]
    assert advice in lines[4]
    assert lines[5:] == ["All results: checkly-dynamic report"]


@pytest.mark.parametrize(("expected", "judged"), [(["1", "2"], ["1"]), (["1", "2"], ["2", "1"]), (["1"], [None])])
def test_a_verdict_about_another_version_is_refused(expected, judged):
    """With --target, --exclude or ignore_changes the program may ask for a version that was never judged."""
    props = {**GOOD, "expected": expected, "judged": {**JUDGED, "deployVersions": judged}}
    [line] = refused(**props)
    assert "the deploy version in the program was not checked" in line
    assert BARRIER.diff("id", GOOD, props).changes
    assert BARRIER.diff("id", props, props).changes, "also in every later update"


def test_versions_are_compared_without_whitespace_and_none_is_empty():
    """Without a deploy version there is nothing to compare."""
    for expected, judged in (("1 \n", "1"), (None, None), ("", None), (None, "")):
        props = {**GOOD, "expected": [expected], "judged": {"deployVersions": [judged]}}
        assert BARRIER.create(props).outs == props


def test_the_barrier_stands_still_only_between_good_and_good():
    """Whatever is not True before and after, or is not known, lets it run; other judged sessions do too."""
    for old, new in itertools.product((True, False, None), (True, False, None, Unknown())):
        changes = BARRIER.diff("id", {**GOOD, "passed": old}, {**GOOD, "passed": new}).changes
        assert changes is not (old is True and new is True), (old, new)
    other = {**GOOD, "judged": {**JUDGED, "sessionIds": ["s2"]}}
    assert BARRIER.diff("id", GOOD, other).changes
    assert BARRIER.diff("id", GOOD, {**GOOD, "reason": "other words"}).changes is False


def test_a_state_of_an_older_version_stands():
    """It stored neither expected nor judged: a good verdict is not a change, and its inputs are accepted."""
    old = {"resourceName": "gate", "passed": True, "problems": []}
    assert BARRIER.diff("id", old, GOOD).changes is False
    assert BARRIER.diff("id", {**old, "passed": False}, GOOD).changes
    assert BARRIER.create({"passed": True}).outs == {"passed": True}
