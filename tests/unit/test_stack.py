"""What another stack may rely on: require_passed goes on behind a good verdict for exactly its version, and nothing else."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pulumi
import pytest
from hypothesis import given, strategies as st

import checkly_dynamic
from checkly_dynamic import NotPassed, require_passed
from checkly_dynamic.require_passed import _problem

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=timezone.utc)
GREEN = {
    "passed": True,
    "conclusion": "PASSED",
    "reason": "2 checks passed",
    "deployVersions": ["v7"],
    "counts": {"PASSED": 2.0},
    "sessionIds": ["s1", "s2"],
    "statuses": ["PASSED", "PASSED"],
    "links": ["https://checkly.test/s1", "https://checkly.test/s2"],
    "failedLinks": [],
    "finishedAt": "2026-11-23T11:50:00.000Z",
}


def problem(summary=None, *, required="v7", limit=None, quote=True, **changes):
    """Judge the green summary with some of it changed."""
    return _problem({**GREEN, **changes} if summary is None else summary, required, limit, NOW, quote=quote)


def test_a_green_summary_of_the_required_version_is_let_through():
    """A good verdict for exactly this version has no problem, with and without a limit on its age."""
    assert problem() is None
    assert problem(limit=timedelta(minutes=11)) is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"passed": False, "conclusion": "FAILED", "reason": "1 of 2"}, "is not green (FAILED: 1 of 2)"),
        ({"passed": True, "conclusion": "FAILED"}, "is not green"),
        ({"passed": False}, "is not green"),
        ({"passed": False, "conclusion": "PENDING"}, "is not green"),
        ({"passed": False, "conclusion": "UNKNOWN"}, "is not green"),
        ({"passed": "true"}, "passed of an unexpected type"),
        ({"passed": 1}, "passed of an unexpected type"),
        ({"counts": {"PASSED": None}}, "counts of an unexpected type"),
        ({"counts": {"PASSED": "x"}}, "counts of an unexpected type"),
        ({"counts": {"PASSED": float("nan")}}, "counts of an unexpected type"),
        ({"deployVersions": []}, "belongs to no deploy version"),
        ({"deployVersions": [None]}, "belongs to no deploy version"),
        ({"deployVersions": [""]}, "belongs to no deploy version"),
        ({"deployVersions": ["v6"]}, "another deploy version (v6 instead of v7, in 1 of 1 triggers)"),
        ({"deployVersions": ["v7", "v6"]}, "(v6 instead of v7, in 1 of 2 triggers)"),
        ({"deployVersions": ["v7", None]}, "(none instead of v7, in 1 of 2 triggers)"),
        ({"deployVersions": [7, "v7"]}, "another deploy version"),
        ({"deployVersions": "v7"}, "deployVersions of an unexpected type"),
        ({"conclusion": None}, "lacks conclusion"),
    ],
)
def test_anything_else_is_refused_and_says_why(changes, says):
    """Not green, another version in any trigger, no version, or a wrong type: refused, with the reason."""
    assert says in problem(**changes)


@pytest.mark.parametrize("summary", ["PASSED", True, ["PASSED"], 1])
def test_an_output_that_is_no_summary_is_refused(summary):
    """Someone exported gate.passed or the statuses under the name: that is no summary."""
    assert "is not the summary of a gate" in problem(summary)


def test_a_summary_of_an_older_library_is_refused():
    """A summary without the deploy versions cannot be compared, so it never counts."""
    older = {key: value for key, value in GREEN.items() if key not in ("deployVersions", "finishedAt")}
    assert "lacks deployVersions, finishedAt" in problem(older)


@pytest.mark.parametrize("required", [None, "", "  ", 7])
def test_no_required_version_never_matches(required):
    """Without a version to compare with, an old verdict would do; so nothing does."""
    assert "set deploy_version" in problem(required=required, deployVersions=[required])


@pytest.mark.parametrize(
    ("finished", "says"),
    [
        ("2026-11-23T11:49:59.000Z", "older than allowed (601 s, max_age is 600 s)"),
        ("2026-11-22T11:50:00Z", "older than allowed"),
        ("2026-11-23T12:06:00.000Z", "finished in the future"),
        ("yesterday", "does not say in a readable way"),
        ("2026-11-23T11:59:00", "does not say in a readable way"),
    ],
)
def test_a_verdict_whose_age_is_too_high_or_unknown_is_refused(finished, says):
    """With max_age, a verdict that is older, from the future, or without a readable time does not count."""
    assert says in problem(finishedAt=finished, limit=timedelta(minutes=10))


def test_clocks_may_differ_a_little():
    """A verdict of the next minute is this minute's verdict, by another clock."""
    assert problem(finishedAt="2026-11-23T12:01:00.000Z", limit=timedelta(seconds=1)) is None


def test_what_is_secret_stays_out_of_the_message():
    """A version or reason that is secret takes part in the judgement, but is not quoted."""
    for changes in ({"deployVersions": ["top-secret"]}, {"passed": False, "reason": "top-secret failed"}):
        assert "top-secret" not in problem(quote=False, **changes)
    assert "v7" not in problem(quote=False, deployVersions=["v6"])


def test_foreign_text_cannot_draw_on_the_terminal():
    """The reason comes from another stack: control characters and line breaks do not reach the terminal."""
    assert not set("\x1b\n") & set(problem(passed=False, reason="red\x1b[2J\nerror: fake"))


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=5) | st.sampled_from(["PASSED", "v7"]),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(sorted(GREEN)), children),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(GREEN)), json_values), st.sets(st.sampled_from(sorted(GREEN))))
def test_nothing_but_a_whole_green_summary_passes(changes, left_out):
    """Whatever another program exported: no crash, and no problem only when all that counts is exactly right."""
    summary = {key: value for key, value in {**GREEN, **changes}.items() if key not in left_out}
    if _problem(summary, "v7", None, NOW, quote=True) is None:
        assert set(summary) == set(GREEN)
        assert summary["passed"] is True
        assert summary["conclusion"] == "PASSED"
        assert summary["deployVersions"] == ["v7"] * len(summary["deployVersions"]) != []


class _Mocks(pulumi.runtime.Mocks):
    """Answers every stack reference with one output, and remembers which stacks were asked for."""

    def __init__(self, outputs):
        self.outputs, self.references = outputs, {}

    def new_resource(self, args):
        if args.typ == "pulumi:pulumi:StackReference":
            self.references[args.name] = args.inputs["name"]
            return args.name, {"name": args.inputs["name"], "outputs": self.outputs, "secretOutputNames": []}
        return args.name, args.inputs

    def call(self, args):
        return {}


class _AtOnce(ThreadPoolExecutor):
    """Runs everything where it is submitted: in threads, Pulumi's mocks leave event loops open."""

    def submit(self, function, /, *arguments, **keywords):
        future = Future()
        try:
            future.set_result(function(*arguments, **keywords))
        except Exception as error:  # noqa: BLE001 - an executor hands every error on
            future.set_exception(error)
        return future


def program(outputs, main, *, preview=False):
    """Run a program against mocks; return what its Output becomes, and the mocks."""
    mocks = _Mocks(outputs)

    async def run():
        asyncio.get_running_loop().set_default_executor(_AtOnce())
        pulumi.runtime.set_mocks(mocks, preview=preview)
        future = main().future(with_unknowns=False)
        return await future

    return asyncio.run(run()), mocks


@pytest.mark.parametrize("name", ["organization/service/prod", "acme/service/prod", "prod"])
def test_a_stack_is_named_as_its_backend_spells_it(name):
    """File and S3 backends, Pulumi Cloud and old backends spell names differently; each arrives unchanged."""
    proof, mocks = program({"smoke": GREEN}, lambda: require_passed(name, "smoke", deploy_version="v7"))
    assert list(mocks.references.values()) == [name]
    assert proof.deploy_version == "v7"


def test_the_result_is_typed_and_frozen():
    """A program reads attributes with Python's names and types, and cannot change them."""
    proof, _ = program({"smoke": GREEN}, lambda: require_passed("a/b/c", "smoke", deploy_version="v7"))
    assert (proof.passed, proof.conclusion, proof.session_ids) == (True, "PASSED", ("s1", "s2"))
    assert proof.counts == {"PASSED": 2}
    assert isinstance(proof.counts["PASSED"], int)
    with pytest.raises(AttributeError):
        proof.deploy_version = "v8"


def test_a_reference_of_the_program_is_used_as_it_is():
    """Who has a StackReference already passes it in; no second one is made."""

    def main():
        reference = pulumi.StackReference("mine", stack_name="a/b/c")
        return require_passed(reference, "smoke", deploy_version=pulumi.Output.from_input("v7")).links

    links, mocks = program({"smoke": GREEN}, main)
    assert links == tuple(GREEN["links"])
    assert mocks.references == {"mine": "a/b/c"}


def test_a_refusal_is_ours_and_one_that_pulumi_prints_without_a_traceback():
    """The program fails with NotPassed, which the language host shows as one line because it is a RunError."""
    with pytest.raises(NotPassed, match=r"^output 'smoke' of stack a/b/c does not exist") as caught:
        program({}, lambda: require_passed("a/b/c", "smoke", deploy_version="v7"))
    assert isinstance(caught.value, pulumi.RunError)
    assert type(caught.value).__name__ == "NotPassed"


@pytest.mark.parametrize("max_age", ["600", True, [600]])
def test_a_limit_that_is_no_time_is_refused(max_age):
    """max_age is seconds or a timedelta."""
    with pytest.raises(TypeError, match="max_age"):
        program({}, lambda: require_passed("a/b/c", "smoke", deploy_version="v7", max_age=max_age))


@pytest.mark.parametrize("max_age", [0, -1, float("nan"), float("inf"), timedelta(0)])
def test_a_limit_that_nothing_or_everything_meets_is_refused(max_age):
    """A limit of nothing is a mistake, and so is one of forever: None says that."""
    with pytest.raises(ValueError, match="max_age"):
        program({}, lambda: require_passed("a/b/c", "smoke", deploy_version="v7", max_age=max_age))


def test_what_is_no_stack_is_refused():
    """A stack is named by text or by a reference."""
    with pytest.raises(TypeError, match="stack_reference"):
        require_passed(None, "smoke", deploy_version="v7")


def test_the_name_is_at_the_front_door():
    """`from checkly_dynamic import require_passed` works."""
    assert "require_passed" in checkly_dynamic.__all__
