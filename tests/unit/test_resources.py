"""What a user's unit test can do with ``pulumi.runtime.set_mocks``: construct every class and read typed outputs."""

import datetime as dt
import re
from typing import Any

import pulumi
import pytest

from checkly_dynamic import CheckSessionGate, CheckSessionTrigger, Session, TargetArgs, TestSessionTrigger
from checkly_dynamic.errors import PayloadError

SESSION = {
    "checkSessionId": "s1",
    "checkSessionLink": "https://checkly.example/s1",
    "checkId": "a4cd4ad9-4815-4a9e-92d2-0a7c562ee69a",
    "name": "Home page",
    "status": "STARTED",
    "runLocations": ["eu-central-1"],
}
FAILED = {"name": "Home page", "status": "FAILED", "sessionId": "s1", "link": "l", "errors": ["why"]}
VERDICT = {
    "passed": True,
    "conclusion": "PASSED",
    "reason": "1 check passed",
    "counts": {"PASSED": 1.0},
    "sessions": [{**SESSION, "status": "PASSED", "attempt": 2.0}],
    "failed": [{**FAILED, "attempt": 2.0}] * 60,
    "failedLinks": ["l"],
    "finishedAt": "2026-11-23T10:00:00.000Z",
}
OUTPUTS = {
    "CheckSessionTrigger": {
        "sessions": [SESSION],
        "sessionIds": ["s1"],
        "statuses": ["STARTED"],
        "missingCheckIds": [],
    },
    "TestSessionTrigger": {
        "sessionId": "t1",
        "link": "https://checkly.example/t1",
        "status": "RUNNING",
        "results": [{"checkId": "c9"}],
    },
    "CheckSessionVerdict": VERDICT,
}
SECRET = "4dabf18193072939515e22adb298388d"  # how Pulumi marks a secret on the wire
TAGS, IDS = [["production", "!slow"]], [SESSION["checkId"]]
TARGET = {"match_tags": TAGS}


class Checkly(pulumi.runtime.Mocks):
    """Answers what Checkly might, and remembers what was registered."""

    def __init__(self, outputs: dict[str, Any]) -> None:
        self.outputs = outputs
        self.made: list[pulumi.runtime.MockResourceArgs] = []

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Store the inputs and return them with the outputs."""
        self.made.append(args)
        return args.name, {**args.inputs, **self.outputs.get(args.typ.rpartition(":")[2], {})}

    def call(self, _args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        """Answer nothing: no function is called."""
        return {}

    def inputs(self, kind: str, name: str) -> dict[str, Any]:
        """Return the inputs of a resource, without its name, provider and secret marks."""
        [args] = [args for args in self.made if args.typ.endswith(f":{kind}") and args.name == name]
        assert args.inputs["resourceName"] == name
        return plain({key: value for key, value in args.inputs.items() if key not in ("__provider", "resourceName")})

    def kinds(self) -> list[str]:
        """Return the kinds of all resources, in order."""
        return [args.typ.rpartition(":")[2] for args in self.made]


def plain(value: Any) -> Any:
    """Take the values out of the dictionaries in which mocks see secrets."""
    if isinstance(value, dict):
        return plain(value["value"]) if SECRET in value else {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.fixture
def mocks() -> Checkly:
    """Install the mocks, as a user's test does."""
    mocks = Checkly(OUTPUTS)
    pulumi.runtime.set_mocks(mocks)
    return mocks


def run(program: Any) -> Any:
    """Run a program to its end and return the values of the outputs that it returns."""
    seen: list[Any] = []
    pulumi.runtime.test(lambda: pulumi.Output.all(program()).apply(seen.extend))()
    return seen[0]


async def soon(value: Any) -> Any:
    """Be a value that must be waited for."""
    return value


out = pulumi.Output.from_input


@pytest.mark.parametrize(
    "make",
    [
        lambda: {"matchTags": tuple(map(tuple, TAGS)), "checkId": tuple(IDS)},
        lambda: out(1).apply(lambda _: TargetArgs(match_tags=TAGS, check_ids=IDS)),
        lambda: soon({"match_tags": out(TAGS), "check_ids": [out(IDS[0])]}),
        lambda: TargetArgs(match_tags=[out(TAGS[0])], check_ids=soon(IDS)),
    ],
    ids=["API spelling", "applied", "awaitable", "parts of args"],
)
def test_a_target_may_be_written_in_every_usual_form(mocks, make):
    """Dictionary, class, Output or awaitable, whole or in parts: the same target arrives."""
    assert run(lambda: CheckSessionTrigger("smoke", target=make()).target) == {"matchTags": TAGS, "checkId": IDS}
    assert mocks.inputs("CheckSessionTrigger", "smoke") == {"target": {"matchTags": TAGS, "checkId": IDS}}


@pytest.mark.parametrize("kind", [CheckSessionTrigger, TestSessionTrigger])
def test_every_input_of_both_triggers_has_its_wire_name_and_can_be_read(mocks, kind):
    """Python's names in the program, the API's names in the state, and each input readable from the resource."""
    names = {
        "deploy_version": ("deployVersion", "1.2.3"),
        "triggers": ("triggers", [1, {"a": "b"}]),
        "refresh_cache": ("refreshCache", True),
        "run_all_checks": ("runAllChecks", False),
        "on_no_match": ("onNoMatch", "pass"),
    }

    def program():
        trigger = kind("smoke", target=TARGET, **{name: out(value) for name, (_, value) in names.items()})
        return [getattr(trigger, name) for name in names]

    assert run(program) == [value for _, value in names.values()]
    given = {"target": {"matchTags": TAGS}, **dict(names.values())}
    assert mocks.inputs(kind.__name__, "smoke").items() >= given.items()


def test_every_input_of_a_test_session_trigger(mocks):
    """Both spellings of the API's nested keys; the names of secret variables beside the values, which stay secret."""
    TestSessionTrigger(
        "smoke",
        target=TARGET,
        deploy_version="7 ",
        run_location="us-east-1",
        environment_variables={"URL": out("https://new"), "TOKEN": pulumi.Output.secret("s3cret"), "PLAIN": "x"},
        retry_strategy={"type": "FIXED", "max_retries": 2, "sameRegion": True},
        metadata={"commit_id": "abc", "repoUrl": "https://repo"},
        allow_deactivated=True,
    )
    secret = pulumi.Output.secret
    variables, version = secret({"A": "b"}), secret("hidden")
    other = {"target": TARGET, "environment_variables": variables, "deploy_version": version}
    run(lambda: TestSessionTrigger("other", **other).urn)
    assert SECRET in mocks.made[0].inputs["environmentVariables"]
    assert mocks.inputs("TestSessionTrigger", "smoke") == {
        "target": {"matchTags": TAGS},
        "deployVersion": "7 ",
        "runLocation": "us-east-1",
        "environmentVariables": {"URL": "https://new", "TOKEN": "s3cret", "PLAIN": "x"},
        "sessionName": "smoke 7",
        "secretEnvironmentVariables": ["TOKEN"],
        "allowDeactivated": True,
        "retryStrategy": {"type": "FIXED", "maxRetries": 2, "sameRegion": True},
        "metadata": {"commitId": "abc", "repoUrl": "https://repo"},
    }
    inputs = mocks.inputs("TestSessionTrigger", "other")
    assert inputs["secretEnvironmentVariables"] == ["A"]
    assert inputs["sessionName"] == "other", "Checkly shows the name to all"


def test_a_gate_over_both_kinds_and_its_children(mocks):
    """A component with verdict and barrier; what is waited for is readable, and what re-runs need is beside it."""

    def program():
        smoke = CheckSessionTrigger("smoke", target=TARGET, deploy_version="1")
        variables = {"T": pulumi.Output.secret("x")}
        more = TestSessionTrigger("more", target=TARGET, environment_variables=variables)
        gate = CheckSessionGate(
            "gate",
            wait_for=[smoke, more],
            timeout_seconds=dt.timedelta(minutes=1),
            fail_on={"TIMED_OUT", "FAILED"},
            attempts=2,
            fail_fast=True,
            non_blocking={"Home page", "Cart"},
            failure_details=False,
        )
        session = gate.sessions.apply(lambda sessions: (type(sessions[0]), sessions[0].status, sessions[0].attempt))
        return [gate.passed, session, gate.failed_links, gate.deploy_versions, gate.summary]

    passed, session, failed_links, versions, summary = run(program)
    assert (passed, session, failed_links, versions) == (True, (Session, "PASSED", 2), ["l"], ["1", None])
    assert summary == {
        **{key: VERDICT[key] for key in ("passed", "conclusion", "reason", "counts", "finishedAt")},
        "deployVersions": ["1"],
        "withoutDeployVersion": 1,
        "checks": {"Home page": "PASSED"},
        "failed": [FAILED] * 50,
    }
    assert mocks.kinds()[-2:] == ["CheckSessionVerdict", "CheckSessionBarrier"]
    verdict = mocks.inputs("CheckSessionVerdict", "gate")
    first, second = verdict.pop("waitFor")
    assert (first["sessionIds"], first["names"], first["deployVersion"]) == (["s1"], ["Home page"], "1")
    assert (second["kind"], second["sessionIds"], second["namedChecks"]) == ("test", ["t1"], [{"checkId": "c9"}])
    [rerun] = verdict.pop("rerun")
    assert (rerun["sessionId"], rerun["environmentVariables"]) == ("t1", {"T": "x"})
    assert rerun["secretEnvironmentVariables"] == ["T"]
    assert verdict.pop("gateUrn").endswith("::gate")
    assert verdict == {
        "timeoutSeconds": 60,
        "failOn": ["FAILED", "TIMED_OUT"],
        "attempts": 2,
        "failFast": True,
        "nonBlocking": ["Cart", "Home page"],
        "failureDetails": False,
        "triggerCount": 2,
        "expectedDeployVersions": ["1", None],
    }
    barrier = mocks.inputs("CheckSessionBarrier", "gate")
    assert (barrier["expected"], barrier["expectedSessionIds"]) == (["1", None], ["s1", "t1"])
    assert barrier["judged"] == {"deployVersions": ["1", None], "sessionIds": ["s1", "t1"]}
    assert (barrier["passed"], barrier["conclusion"], barrier["failed"]) == (True, "PASSED", VERDICT["failed"])


def test_mocks_that_only_echo_break_nothing():
    """With the simplest mocks every output of a gate resolves, to None where nothing was answered."""
    pulumi.runtime.set_mocks(Checkly({}))

    def program():
        triggers = [CheckSessionTrigger("a", target=TARGET), TestSessionTrigger("b", target=TARGET)]
        gate = CheckSessionGate("gate", wait_for=triggers)
        outputs = (gate.passed, gate.failed_links, gate.sessions, gate.counts, gate.finished_at)
        return [*outputs, gate.deploy_versions, gate.summary.apply(lambda summary: summary["passed"])]

    assert run(program) == [None, None, None, None, None, [None, None], None]


@pytest.mark.parametrize(
    ("arguments", "error", "line"),
    [
        (
            {"wait_for": "x", "target": TARGET, "deploy_version": "7"},
            TypeError,
            "give either wait_for or target, deploy_version; with wait_for, give them to the trigger",
        ),
        (
            {"target": TARGET, "on_failure": out("fail")},
            TypeError,
            'on_failure must be the plain string "fail" or "record", because it decides which resources exist',
        ),
        ({"target": {"match_tags": [{"production"}]}}, PayloadError, "target.match_tags[0]: must be a JSON value"),
        (
            {"target": TARGET, "opts": pulumi.ResourceOptions(import_="id")},
            PayloadError,
            "opts: import_ and id are not",
        ),
    ],
)
def test_a_wrong_argument_of_a_gate_is_one_line_at_the_user_s_line(mocks, arguments, error, line):
    """The line starts with file and line of the program; no check can start."""
    with pytest.raises(error) as caught:
        CheckSessionGate("gate", **arguments)
    [shown] = str(caught.value).splitlines()
    place, _, rest = shown.partition(": ")
    assert re.fullmatch(r"test_resources\.py:\d+", place)
    assert rest.startswith(f"gate: {line}")
    assert isinstance(caught.value, pulumi.RunError), "Pulumi shows other exceptions with their traceback"
    assert "CheckSessionTrigger" not in mocks.kinds()


def test_what_pulumi_turns_into_something_else_is_left_to_it(mocks):
    """Outputs, resources, assets and typed arguments cannot be judged before Pulumi has turned them into values."""

    @pulumi.input_type
    class Args:
        size: int

    def program():
        other = CheckSessionTrigger("other", target=TARGET)
        later = [pulumi.Output.secret("x"), soon("y"), other, Args(size=1), pulumi.StringAsset("z")]
        return CheckSessionTrigger("smoke", target=TARGET, triggers=later).urn

    assert run(program)
    assert mocks.kinds() == ["CheckSessionTrigger"] * 2


@pytest.mark.parametrize("kind", [CheckSessionTrigger, TestSessionTrigger])
def test_a_trigger_cannot_be_subclassed(kind):
    """A subclass would be stored as another type of resource, which policies and reports do not know."""
    with pytest.raises(TypeError, match="cannot be subclassed"):
        type("Mine", (kind,), {})


def test_a_value_that_contains_itself_is_one_line():
    """Also one that contains itself several times, so that a walk to the deepest level would take for ever."""
    parent = {}
    parent["children"] = [{"parent": parent} for _ in range(5)]
    with pytest.raises(PayloadError, match=r"smoke: triggers.*: is nested deeper than 32 levels$"):
        CheckSessionTrigger("smoke", target=TARGET, triggers=[parent])
