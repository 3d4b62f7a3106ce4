"""When a gate looks again: the diffs of recorder and barrier, without an engine."""

import pytest
from pulumi.output import Unknown

from checkly_dynamic.provider import CheckSessionBarrierProvider, CheckSessionVerdictProvider

WAIT_FOR = {"sessionIds": ["s1", "s2"], "checkIds": ["a", "b"], "deployVersion": "1", "missingCheckIds": []}
INPUTS = {"resourceName": "gate", "waitFor": [WAIT_FOR]}


def looks_again(old, new):
    """Tell whether the recorder would run for these outputs and inputs."""
    return CheckSessionVerdictProvider().diff("id", {**INPUTS, **old, "__provider": "a"}, {**INPUTS, **new}).changes


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, False),
        ({"timeoutSeconds": 5.0}, False),
        ({"attempts": 3.0}, False),
        ({"failFast": True}, False),
        ({"resourceName": "renamed", "__provider": "b"}, False),
        ({"failOn": ["FAILED", "CANCELLED", "TIMED_OUT"]}, False),
        ({"onFailure": "fail"}, False),
        ({"waitFor": [{**WAIT_FOR, "sessionIds": ["s2", "s1"], "links": ["l"], "names": ["n"]}]}, False),
        ({"failOn": ["FAILED"]}, True),
        ({"onFailure": "record"}, True),
        ({"waitFor": [{**WAIT_FOR, "sessionIds": ["s1", "s3"]}]}, True),
        ({"waitFor": [{**WAIT_FOR, "deployVersion": "2"}]}, True),
        ({"waitFor": [{**WAIT_FOR, "missingCheckIds": ["c"]}]}, True),
        ({"waitFor": [WAIT_FOR, {"sessionIds": []}]}, True),
        ({"waitFor": Unknown()}, True),
        ({"timeoutSeconds": Unknown()}, True),
    ],
)
def test_on_green_only_other_sessions_or_another_judgement_matter(change, expected):
    """A good verdict stands until what it is about, or how it is judged, changes; how long it took does not matter."""
    assert looks_again({"conclusion": "PASSED"}, change) is expected


@pytest.mark.parametrize(
    ("conclusion", "on_failure", "expected"),
    [
        ("PASSED", "fail", False),
        ("PASSED", "record", False),
        ("FAILED", "fail", True),
        ("FAILED", "record", False),
        ("PENDING", "fail", True),
        ("PENDING", "record", True),
        ("UNKNOWN", "fail", True),
        ("UNKNOWN", "record", True),
        (None, "record", True),
        ("SOMETHING_NEW", "record", True),
    ],
)
def test_a_verdict_that_is_not_settled_is_looked_at_again(conclusion, on_failure, expected):
    """What is not good is looked at again in every update; in record mode a final red verdict is an answer."""
    assert looks_again({"conclusion": conclusion, "onFailure": on_failure}, {"onFailure": on_failure}) is expected


@pytest.mark.parametrize("old", [True, False, None])
@pytest.mark.parametrize("new", [True, False, None, Unknown()])
def test_the_barrier_stands_still_only_between_good_and_good(old, new):
    """Whatever is not True before and after lets the barrier run, which then refuses all but True."""
    found = CheckSessionBarrierProvider().diff("id", {"passed": old}, {"passed": new})
    assert found.changes is not (old is True and new is True)


@pytest.mark.parametrize("passed", [False, None, "true", 1, 1.0, [True]])
@pytest.mark.parametrize("conclusion", ["PENDING", "UNKNOWN", "FAILED", None])
def test_the_barrier_lets_nothing_but_true_through(passed, conclusion, monkeypatch):
    """Anything but the truth itself fails create and update, with a message that says what to do."""
    monkeypatch.setattr("sys.tracebacklimit", 1000, raising=False)
    barrier = CheckSessionBarrierProvider()
    props = {"passed": passed, "conclusion": conclusion, "reason": "the reason", "problems": ["one", "two"]}
    for refuse in (lambda: barrier.create(props), lambda: barrier.update("id", {"passed": True}, props)):
        with pytest.raises(RuntimeError) as refused:
            refuse()
        first, *lines, last = str(refused.value).splitlines()
        assert (first, lines) == ("gate: the reason", ["  one", "  two"])
        assert "pulumi up again" in last
    assert barrier.create({"passed": True}).outs == {"passed": True}


def test_what_needs_no_checkly_needs_no_configuration():
    """Delete and refresh of recorder and barrier work without configure, key and network, and give back what is stored."""
    for provider in (CheckSessionVerdictProvider(), CheckSessionBarrierProvider()):
        provider.delete("id", {})
        read = provider.read("id", {"passed": False, "__provider": "x"})
        assert (read.id, read.outs) == ("id", {"passed": False})


def test_a_barrier_lists_a_readable_number_of_bad_checks():
    """A thousand bad checks do not flood the log: fifty lines, then where to see the rest."""
    problems = [f"Check {number}: FAILED" for number in range(1000)]
    with pytest.raises(RuntimeError) as refused:
        CheckSessionBarrierProvider().create({"passed": False, "reason": "1000 of 1000", "problems": problems})
    lines = str(refused.value).splitlines()
    assert (lines[1], lines[50]) == ("  Check 0: FAILED", "  Check 49: FAILED")
    assert lines[51] == "  and 950 more, see `checkly-dynamic report`"
    assert len(lines) == 53
