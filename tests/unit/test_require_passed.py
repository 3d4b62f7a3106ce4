"""What another stack may rely on: require_passed goes on behind a good verdict for exactly its version, and nothing else."""

import asyncio
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pulumi
import pytest
from hypothesis import given, strategies as st

from checkly_dynamic import NotPassed, PayloadError, require_passed

GREEN = {
    "passed": True,
    "conclusion": "PASSED",
    "reason": "2 checks passed",
    "deployVersions": ["v7"],
    "counts": {"PASSED": 2.0},
    "checks": {"Home": "PASSED", "Cart": "PASSED"},
    "failed": [],
}
MESSAGE = "output 'smoke' of stack a/b/c "


def ago(**age):
    """Return a time so long ago, as a verdict stores it."""
    return (datetime.now(timezone.utc) - timedelta(**age)).isoformat()


def required(outputs=None, *, version="v7", max_age=None, secret=(), **changes):
    """Require the changed summary, or these other outputs of a stack, which every stack reference has."""
    summary = {**GREEN, "finishedAt": ago(minutes=10), **changes}
    stack = {"outputs": {"smoke": summary} if outputs is None else outputs, "secretOutputNames": list(secret)}
    pulumi.runtime.set_mocks(SimpleNamespace(new_resource=lambda args: (args.name, {**args.inputs, **stack})))

    async def run():
        proof = require_passed("a/b/c", "smoke", deploy_version=version, max_age=max_age)
        return await proof.future(with_unknowns=False)

    return asyncio.get_event_loop().run_until_complete(run())


def refused(outputs=None, **arguments):
    """Return why a changed summary is refused."""
    with pytest.raises(NotPassed) as caught:
        required(outputs, **arguments)
    assert isinstance(caught.value, pulumi.RunError), "Pulumi shows other exceptions with their traceback"
    [line] = str(caught.value).splitlines()
    assert MESSAGE in line
    return line.partition(MESSAGE)[2]


def test_a_good_summary_of_the_required_version_is_let_through():
    """The result is typed and cannot be changed; versions are compared without whitespace at their ends."""
    proof = required(version=" v7\n", max_age=timedelta(minutes=11), deployVersions=["v7", "v7 "])
    assert (proof.passed, proof.conclusion, proof.deploy_version) == (True, "PASSED", "v7")
    assert (proof.counts, proof.checks) == ({"PASSED": 2}, GREEN["checks"])
    assert isinstance(proof.counts["PASSED"], int)
    with pytest.raises(AttributeError):
        proof.deploy_version = "v8"


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"passed": False, "conclusion": "FAILED", "reason": "1 of 2"}, "is not green (FAILED: 1 of 2)"),
        ({"conclusion": "FAILED"}, "is not green"),
        ({"passed": 1}, "another type: passed)"),
        ({"counts": {"PASSED": float("nan")}}, "another type: counts)"),
        ({"deployVersions": [""]}, "belongs to no deploy version"),
        ({"deployVersions": ["v7", "v6"]}, "(v6 instead of v7)"),
        ({"withoutDeployVersion": 1.0}, "(none instead of v7)"),
        ({"deployVersions": "v7"}, "another type: deployVersions)"),
        ({"passed": False, "reason": "red\x1b[2J\nerror: fake"}, "red\N{REPLACEMENT CHARACTER}[2J error: fake"),
        ({"outputs": {"smoke": True}}, "is not the summary of a gate"),
        ({"outputs": {"smoke": {"passed": True}}}, "is not the summary of a gate"),
        ({"outputs": {}}, "does not exist; export gate.summary under this name there"),
        ({"version": None, "deployVersions": [None]}, "set deploy_version"),
        ({"version": "  ", "deployVersions": ["  "]}, "set deploy_version"),
        ({"max_age": 600, "finishedAt": ago(seconds=601)}, "is older than allowed"),
        ({"max_age": 600, "finishedAt": ago(days=-1)}, "finished in the future"),
        ({"max_age": 600, "finishedAt": "2026-11-23T11:59:00"}, "does not say in a readable way"),
    ],
)
def test_anything_else_is_refused_with_the_reason(changes, line):
    """
    Not green, another version in any trigger, no version, a wrong type, too old, from the future, or no summary at all.

    What comes from there cannot draw on a terminal.
    """
    assert line in refused(**changes)


def test_what_is_secret_stays_out_of_the_message():
    """It takes part in the judgement, but is not quoted."""
    assert "top-secret" not in refused(secret=["smoke"], deployVersions=["top-secret"])
    assert "top-secret" not in refused(secret=["smoke"], passed=False, reason="top-secret failed")
    assert "v7" not in refused(version=pulumi.Output.secret("v7"), deployVersions=["v6"])


names = st.sampled_from(sorted(GREEN))
words = st.sampled_from([None, True, 1.0, "", "v7", "PASSED"])
values = st.recursive(words, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=12)


@given(st.dictionaries(names, values), st.sets(names))
def test_nothing_but_a_whole_good_summary_passes(changes, left_out):
    """Whatever another program exported is refused with NotPassed, or all that counts is exactly right."""
    summary = {**GREEN, "finishedAt": ago(minutes=1), **changes}
    summary = {key: value for key, value in summary.items() if key not in left_out}
    try:
        required({"smoke": summary})
    except NotPassed:
        return
    assert set(GREEN) <= set(summary)
    assert (summary["passed"], summary["conclusion"]) == (True, "PASSED")
    assert {version.strip() for version in summary["deployVersions"]} == {"v7"}


@pytest.mark.parametrize(
    ("arguments", "error", "line"),
    [
        ({"max_age": True}, ValueError, "max_age must be a number of seconds above 0, or a timedelta"),
        ({"max_age": "1h"}, ValueError, "max_age must be a number"),
        ({"max_age": float("inf")}, ValueError, "max_age must be a number"),
        ({"max_age": timedelta(0)}, ValueError, "max_age must be a number"),
        ({"version": f"shop@{pulumi.Output.from_input(1)}"}, PayloadError, "deploy_version: an Output was formatted"),
    ],
)
def test_wrong_arguments_get_one_line(arguments, error, line):
    """A limit that is not a time, or that refuses nothing or everything; a version that would never change."""
    with pytest.raises(error, match=line):
        required(**arguments)
