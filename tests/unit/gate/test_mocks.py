"""A gate in unit tests of a user's program, with Pulumi's mocks and no engine."""

import pulumi
import pytest

from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

SESSION = {"checkSessionId": "s1", "checkSessionLink": "https://checkly.example/s1", "checkId": "c1", "name": "Home"}
TRIGGER = {"sessions": [SESSION], "sessionIds": ["s1"], "statuses": ["STARTED"], "links": [SESSION["checkSessionLink"]]}
GOOD = {
    "passed": True,
    "conclusion": "PASSED",
    "reason": "1 check passed",
    "counts": {"PASSED": 1},
    "sessionIds": ["s1"],
}


class Mocks(pulumi.runtime.Mocks):
    """Answer for each kind of resource, or echo its inputs."""

    def __init__(self, answers):
        self.answers = answers
        self.seen = {}

    def new_resource(self, args):
        """Answer a registration."""
        kind = args.typ.rpartition(":")[2]
        self.seen[kind] = args.inputs
        return f"{args.name}-id", {**args.inputs, **self.answers.get(kind, {})}

    def call(self, args):
        """Answer a function; none is called here."""
        return {}


@pytest.fixture
def mocked():
    """Return a function that sets mocks with these answers."""

    def install(**answers):
        mocks = Mocks(answers)
        pulumi.runtime.set_mocks(mocks)
        return mocks

    return install


def resolved(output):
    """Return the value of an output, once everything that was registered is there."""
    found = []

    @pulumi.runtime.test
    def wait():
        return output.apply(found.append)

    wait()
    return found[0]


def test_a_program_with_a_gate_can_be_tested_with_mocks(mocked):
    """The mocks see what is waited for, and what they answer comes out of the gate, ``passed`` through the barrier."""
    mocks = mocked(CheckSessionTrigger=TRIGGER, CheckSessionVerdict=GOOD)
    trigger = CheckSessionTrigger("smoke", target={"match_tags": [["smoke"]]}, deploy_version="7", on_no_match="pass")
    gate = CheckSessionGate("gate", wait_for=trigger, timeout_seconds=5)
    assert resolved(gate.passed) is True
    assert resolved(gate.summary)["deployVersions"] == ["7"]
    assert resolved(gate.summary)["conclusion"] == "PASSED"
    assert mocks.seen["CheckSessionVerdict"]["timeoutSeconds"] == 5
    [awaited] = mocks.seen["CheckSessionVerdict"]["waitFor"]
    assert (awaited["sessionIds"], awaited["checkIds"], awaited["names"]) == (["s1"], ["c1"], ["Home"])
    assert (awaited["deployVersion"], awaited["noMatchAllowed"]) == ("7", True)
    assert mocks.seen["CheckSessionBarrier"]["passed"] is True


def test_mocks_that_only_echo_break_nothing(mocked):
    """With the simplest mocks every output of a gate resolves, to None where nothing was answered."""
    mocked()
    trigger = CheckSessionTrigger("smoke", target={"match_tags": [["smoke"]]})
    gate = CheckSessionGate("gate", wait_for=[trigger], on_failure="record")
    assert resolved(gate.passed) is None
    assert resolved(gate.failed_links) is None
    assert resolved(gate.summary)["passed"] is None
    assert resolved(gate.deploy_versions) == [None]


@pytest.mark.parametrize("wait_for", ["smoke", ["smoke"], [None]])
def test_something_else_than_triggers_is_refused_at_once(mocked, wait_for):
    """A mistake in wait_for is an ordinary Python error at the line that made it."""
    mocked()
    with pytest.raises(TypeError, match="wait_for must be a CheckSessionTrigger or a sequence of them"):
        CheckSessionGate("gate", wait_for=wait_for)


def test_on_failure_must_be_plain(mocked):
    """Whether there is a barrier cannot depend on something that is known only later."""
    mocked()
    trigger = CheckSessionTrigger("smoke", target={"match_tags": [["smoke"]]})
    with pytest.raises(TypeError, match="on_failure must be the plain string"):
        CheckSessionGate("gate", wait_for=trigger, on_failure=pulumi.Output.from_input("fail"))
    resolved(trigger.urn)  # what was registered must not be left behind unawaited
