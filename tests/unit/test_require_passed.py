"""What another stack may rely on: require_passed goes on behind a good verdict for exactly its version, and nothing else."""

import asyncio
from datetime import datetime, timedelta, timezone

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


class Mocks(pulumi.runtime.Mocks):
    """Answers every stack reference with the same outputs."""

    def __init__(self, outputs, secret):
        self.outputs, self.secret = outputs, secret

    def new_resource(self, args):
        """Answer a stack reference."""
        outputs = {"name": args.inputs["name"], "outputs": self.outputs, "secretOutputNames": self.secret}
        return args.name, outputs

    def call(self, args):
        """Answer no function."""
        return {}


def required(outputs=None, *, version="v7", max_age=None, secret=(), **changes):
    """Require the changed summary, or these other outputs of a stack."""
    summary = {**GREEN, "finishedAt": ago(minutes=10), **changes}
    pulumi.runtime.set_mocks(Mocks({"smoke": summary} if outputs is None else outputs, list(secret)))

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
        ({"deployVersions": ["v7", "v6"]}, "(v6 instead of v7, in 1 of 2 triggers)"),
        ({"withoutDeployVersion": 1.0}, "(none instead of v7, in 1 of 2 triggers)"),
        ({"deployVersions": "v7"}, "another type: deployVersions)"),
        ({"passed": False, "reason": "red\x1b[2J\nerror: fake"}, "red\N{REPLACEMENT CHARACTER}[2J error: fake"),
    ],
)
def test_anything_else_is_refused_with_the_reason(changes, line):
    """Not green, another version in any trigger, no version, or a wrong type; what comes from there cannot draw on a terminal."""
    assert line in refused(**changes)


def test_an_output_that_is_no_summary_is_refused():
    """Someone exported gate.passed under the name, the summary of an older version, or nothing."""
    for summary in (True, {"passed": True}):
        assert "is not the summary of a gate" in refused({"smoke": summary})
    assert refused({}).startswith("does not exist; export gate.summary under this name there")


def test_no_required_version_never_matches():
    """Without a version to compare with, an old verdict would do; so nothing does."""
    for version in (None, "  "):
        assert "set deploy_version" in refused(version=version, deployVersions=[version])


@pytest.mark.parametrize(
    ("finished", "line"),
    [
        ({"seconds": 601}, "is older than allowed (60"),
        ({"minutes": -6}, "finished in the future"),
        ("2026-11-23T11:59:00", "does not say in a readable way"),
    ],
)
def test_a_verdict_whose_age_is_too_high_or_unknown_is_refused(finished, line):
    """With max_age, a verdict that is older, from the future, or without a readable time does not count."""
    assert line in refused(finishedAt=ago(**finished) if isinstance(finished, dict) else finished, max_age=600)


def test_what_is_secret_stays_out_of_the_message():
    """It takes part in the judgement, but is not quoted."""
    assert "top-secret" not in refused(secret=["smoke"], deployVersions=["top-secret"])
    assert "top-secret" not in refused(secret=["smoke"], passed=False, reason="top-secret failed")
    assert "v7" not in refused(version=pulumi.Output.secret("v7"), deployVersions=["v6"])


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5) | st.sampled_from(["PASSED", "v7"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(sorted(GREEN)), children),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(GREEN)), json_values), st.sets(st.sampled_from(sorted(GREEN))))
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
