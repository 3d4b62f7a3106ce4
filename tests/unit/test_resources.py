"""What a user's unit test can do with ``pulumi.runtime.set_mocks``: construct every class and read typed outputs."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pulumi
import pytest

from checkly_dynamic import CheckSessionGate, CheckSessionTrigger, PayloadError, Session, TargetArgs
from checkly_dynamic.resources.inputs import target_on_the_wire

SESSION = {
    "checkSessionId": "8166fa86-c9b4-4162-8541-d380c6c212d8",
    "checkSessionLink": "https://app.checklyhq.com/check-sessions/8166fa86",
    "checkId": "a4cd4ad9-4815-4a9e-92d2-0a7c562ee69a",
    "checkType": "API",
    "name": "Home page",
    "status": "STARTED",
    "startedAt": "2026-11-23T10:00:00.000Z",
    "timeElapsed": 12.0,
    "runLocations": ["eu-central-1"],
}
OUTPUTS = {
    "CheckSessionTrigger": {
        "sessions": [SESSION],
        "sessionIds": [SESSION["checkSessionId"]],
        "statuses": ["STARTED"],
        "links": [SESSION["checkSessionLink"]],
        "missingCheckIds": [],
        "triggeredAt": "2026-11-23T10:00:00.000Z",
    },
    "CheckSessionVerdict": {
        "passed": True,
        "conclusion": "PASSED",
        "reason": "1 check passed",
        "counts": {"PASSED": 1.0},
        "sessions": [{**SESSION, "status": "PASSED", "attempt": 2.0}],
        "sessionIds": [SESSION["checkSessionId"]],
        "statuses": ["PASSED"],
        "links": [SESSION["checkSessionLink"]],
        "failedLinks": [],
        "problems": [],
        "startedAt": "2026-11-23T10:00:00.000Z",
        "finishedAt": "2026-11-23T10:01:00.000Z",
    },
}


class Checkly(pulumi.runtime.Mocks):
    """Answers what Checkly might, and remembers what was asked."""

    def __init__(self) -> None:
        self.made: list[tuple[str, dict[str, Any]]] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Store the inputs and return them with the outputs."""
        inputs = {key: value for key, value in args.inputs.items() if key != "__provider"}
        self.made.append((args.typ, inputs))
        return args.name, {**inputs, **OUTPUTS.get(args.typ.rpartition(":")[2], {})}

    def call(self, _args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        """Answer nothing: no function is called."""
        return {}


@pytest.fixture
def mocks():
    """Install the mocks, as a user's test does."""
    mocks = Checkly()
    pulumi.runtime.set_mocks(mocks)
    return mocks


def run(program):
    """Run a program to its end and return what the output that it returns turned out to be."""
    seen: list[Any] = []
    pulumi.runtime.test(lambda: program().apply(seen.append))()
    return seen[0]


async def soon(value):
    """Be a value that must be waited for."""
    return value


TAGS, IDS = [["production", "!slow"]], [SESSION["checkId"]]


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"match_tags": TAGS, "check_ids": IDS},
        lambda: {"matchTags": TAGS, "checkId": IDS},
        lambda: {"match_tags": tuple(map(tuple, TAGS)), "checkId": tuple(IDS)},
        lambda: TargetArgs(match_tags=TAGS, check_ids=IDS),
        lambda: pulumi.Output.from_input({"match_tags": TAGS, "check_ids": IDS}),
        lambda: pulumi.Output.from_input(TargetArgs(match_tags=TAGS, check_ids=IDS)),
        lambda: pulumi.Output.from_input(1).apply(lambda _: TargetArgs(match_tags=TAGS, check_ids=IDS)),
        lambda: soon({"match_tags": TAGS, "check_ids": IDS}),
        lambda: {"match_tags": pulumi.Output.from_input(TAGS), "check_ids": [pulumi.Output.from_input(IDS[0])]},
        lambda: TargetArgs(match_tags=[pulumi.Output.from_input(TAGS[0])], check_ids=soon(IDS)),
    ],
    ids=["dict", "wire", "tuples", "args", "output", "output args", "applied", "awaitable", "parts", "parts of args"],
)
def test_a_target_may_be_written_in_every_way(mocks, make):
    """Dictionary, class, Output or awaitable, whole or in parts: the same target arrives on the wire."""

    def program():
        return CheckSessionTrigger("smoke", target=make()).target

    assert run(program) == {"matchTags": TAGS, "checkId": IDS}
    [(token, inputs)] = mocks.made
    assert token == "pulumi-python:dynamic/checkly:CheckSessionTrigger"
    assert inputs == {"resourceName": "smoke", "target": {"matchTags": TAGS, "checkId": IDS}}


def test_what_is_no_target_is_left_for_check_to_refuse():
    """Only names are translated here; wrong types keep their place, so that the line for them names it."""
    for wrong in (None, "production", ["production"], {"matchTag": 1}, {"match_tags": 1, "matchTags": 2}):
        assert target_on_the_wire(wrong) == wrong
    assert target_on_the_wire(TargetArgs(match_tags=["production"])) == {"matchTags": ["production"]}  # type: ignore[list-item]
    assert target_on_the_wire(TargetArgs()) == {}


def test_every_input_travels_under_its_wire_name_and_comes_back(mocks):
    """Python's names in the program, the wire's names in the state, and each input readable from the resource."""

    def program():
        trigger = CheckSessionTrigger(
            "smoke",
            target={"match_tags": TAGS},
            deploy_version=pulumi.Output.from_input("1.2.3"),
            triggers=[1, {"a": pulumi.Output.from_input("b")}],
            refresh_cache=True,
            run_all_checks=False,
            on_no_match="pass",
        )
        return pulumi.Output.all(
            trigger.deploy_version, trigger.triggers, trigger.refresh_cache, trigger.run_all_checks, trigger.on_no_match
        )

    assert run(program) == ["1.2.3", [1, {"a": "b"}], True, False, "pass"]
    assert mocks.made[0][1] == {
        "resourceName": "smoke",
        "target": {"matchTags": TAGS},
        "deployVersion": "1.2.3",
        "triggers": [1, {"a": "b"}],
        "refreshCache": True,
        "runAllChecks": False,
        "onNoMatch": "pass",
    }


def test_outputs_of_a_trigger_are_typed(mocks):
    """``.apply`` hands out Session objects with Python's names; what the API did not say is None."""

    def program():
        trigger = CheckSessionTrigger("smoke", target={"match_tags": TAGS})
        lists = (trigger.session_ids, trigger.statuses, trigger.links, trigger.missing_check_ids, trigger.triggered_at)
        return pulumi.Output.all(trigger.sessions.apply(lambda sessions: [typed(one) for one in sessions]), *lists)

    def typed(session):
        assert isinstance(session, Session)
        assert (session.check_session_id, session.check_session_link) == (
            SESSION["checkSessionId"],
            SESSION["checkSessionLink"],
        )
        assert (session.check_id, session.check_type, session.name) == (SESSION["checkId"], "API", "Home page")
        assert (session.status, session.started_at, session.stopped_at) == ("STARTED", SESSION["startedAt"], None)
        assert (session.time_elapsed, session.run_locations, session.attempt) == (12.0, ["eu-central-1"], None)
        return session.check_session_id

    assert run(program) == [
        [SESSION["checkSessionId"]],
        [SESSION["checkSessionId"]],
        ["STARTED"],
        [SESSION["checkSessionLink"]],
        [],
        "2026-11-23T10:00:00.000Z",
    ]


def test_a_gate_and_its_children_can_be_constructed(mocks):
    """A gate over two triggers is a component with a recorder and a barrier, and its outputs are there and typed."""

    def program():
        smoke = CheckSessionTrigger("smoke", target={"match_tags": TAGS}, deploy_version="1")
        more = CheckSessionTrigger("more", target={"check_ids": IDS}, deploy_version="2")
        gate = CheckSessionGate(
            "gate", wait_for=[smoke, more], timeout_seconds=60, fail_on=["FAILED"], attempts=2, fail_fast=True
        )
        session = gate.sessions.apply(lambda sessions: (type(sessions[0]), sessions[0].status, sessions[0].attempt))
        return pulumi.Output.all(
            gate.passed, gate.conclusion, session, gate.summary, gate.deploy_versions, gate.failed_links
        )

    passed, conclusion, session, summary, versions, failed_links = run(program)
    assert (passed, conclusion, session) == (True, "PASSED", (Session, "PASSED", 2))
    assert (versions, failed_links) == (["1", "2"], [])
    assert set(summary) == {
        *("passed", "conclusion", "reason", "deployVersions", "counts"),
        *("sessionIds", "statuses", "links", "failedLinks", "finishedAt"),
    }
    assert [token.rpartition("/")[2] for token, _ in mocks.made] == [
        "checkly:CheckSessionTrigger",
        "checkly:CheckSessionTrigger",
        "checkly-dynamic:index:CheckSessionGate",
        "checkly:CheckSessionVerdict",
        "checkly:CheckSessionBarrier",
    ]
    verdict = mocks.made[3][1]
    assert verdict["waitFor"][0] == {
        "sessionIds": [SESSION["checkSessionId"]],
        "links": [SESSION["checkSessionLink"]],
        "checkIds": [SESSION["checkId"]],
        "checkTypes": ["API"],
        "names": ["Home page"],
        "deployVersion": "1",
        "missingCheckIds": [],
        "noMatchAllowed": False,
    }
    assert {key: verdict[key] for key in ("timeoutSeconds", "failOn", "attempts", "failFast")} == {
        "timeoutSeconds": 60,
        "failOn": ["FAILED"],
        "attempts": 2,
        "failFast": True,
    }


def test_a_gate_that_only_records_has_no_barrier(mocks):
    """With on_failure="record" nothing fails, so there is nothing that could."""

    def program():
        smoke = CheckSessionTrigger("smoke", target={"match_tags": TAGS})
        return CheckSessionGate("gate", wait_for=smoke, on_failure="record").passed

    assert run(program) is True
    assert not any("Barrier" in token for token, _ in mocks.made)


def test_a_gate_says_at_once_what_it_cannot_wait_for(mocks):
    """A wrong wait_for or on_failure is a mistake in the program, and is shown where it stands."""

    def program():
        smoke = CheckSessionTrigger("smoke", target={"match_tags": TAGS})
        with pytest.raises(TypeError, match="wait_for must be a CheckSessionTrigger or a sequence of them"):
            CheckSessionGate("gate", wait_for=[smoke, "more"])  # type: ignore[list-item]
        with pytest.raises(TypeError, match='on_failure must be the plain string "fail" or "record"'):
            CheckSessionGate("gate", wait_for=smoke, on_failure=pulumi.Output.from_input("fail"))  # type: ignore[arg-type]
        return smoke.urn

    assert run(program)
    assert len(mocks.made) == 1


def nested(levels):
    """Return a list inside a list, so many times."""
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            {"target": {"match_tags": [{"production"}]}},
            r"target\.matchTags\[0\]: must be a JSON value .*, got something of type set",
        ),
        (
            {"triggers": [dt.date(2026, 1, 1)]},
            r"triggers\[0\]: must be a JSON value .*, got something of type date",
        ),
        ({"triggers": [b"x"]}, r"triggers\[0\]: must be a JSON value .*, got something of type bytes"),
        ({"triggers": [float("nan")]}, r"triggers\[0\]: must be a finite number, got NaN or infinity"),
        (
            {"triggers": [2**53 + 1]},
            r"triggers\[0\]: must be a number from -2\*\*53 to 2\*\*53; write a longer one as a text",
        ),
        ({"deploy_version": "\ud800"}, r"deployVersion: has half of a character .*"),
        ({"triggers": nested(2000)}, r"triggers.*: nested deeper than 32 levels, which is the limit"),
        (
            {"triggers": ["x" * 5_000_000]},
            r"triggers\[0\]: more than 1000000 characters in all inputs together, which is the limit",
        ),
        ({"target": {1: 2}}, r"target: the keys of an object must be text"),
    ],
    ids=["set", "date", "bytes", "nan", "huge number", "surrogate", "deep", "long", "key"],
)
def test_what_pulumi_could_not_send_gets_one_line(mocks, arguments, line):
    """Pulumi's own answer is a traceback, or a number that silently became another; ours names the resource and the field."""
    with pytest.raises(PayloadError, match=rf"\Asmoke: {line}\Z") as refused:
        CheckSessionTrigger("smoke", **arguments)
    assert isinstance(refused.value, pulumi.RunError), "Pulumi shows other exceptions with their traceback"
    assert mocks.made == []


def test_what_pulumi_turns_into_something_else_is_left_to_it(mocks):
    """Outputs, resources, assets and typed arguments cannot be judged before Pulumi has turned them into values."""

    @pulumi.input_type
    class Args:
        size: int

    def program():
        other = CheckSessionTrigger("other", target={"match_tags": TAGS})
        later = [pulumi.Output.secret("x"), soon("y"), other, Args(size=1), pulumi.StringAsset("z")]  # type: ignore[call-arg]
        return CheckSessionTrigger("smoke", target={"match_tags": TAGS}, triggers=later).urn

    assert run(program)
    assert [name for name, _ in mocks.made] == ["pulumi-python:dynamic/checkly:CheckSessionTrigger"] * 2


def test_a_trigger_cannot_be_subclassed():
    """A subclass would be stored as another type of resource, and lose its history."""
    with pytest.raises(TypeError, match="cannot be subclassed"):

        class Mine(CheckSessionTrigger):  # type: ignore[misc]
            """Not allowed."""
