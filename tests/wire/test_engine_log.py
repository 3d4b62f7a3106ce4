"""What the engine shows: progress that is not kept, one closing line, warnings; and an engine that is gone."""

import pytest
from plugin import BARRIER, TRIGGER, VERDICT, Refused

GATE_URN = "urn:pulumi:dev::shop::checkly-dynamic:index:CheckSessionGate::smoke-passed"
VERDICT_URN = (
    "urn:pulumi:dev::shop::checkly-dynamic:index:CheckSessionGate$pulumi-python:dynamic/checkly:CheckSessionVerdict"
    "::smoke-passed"
)
SMOKE = {"target": {"matchTags": [["smoke"]]}}


@pytest.fixture
def judged(start, make_checkly, engine):
    """Return a function that judges one check and returns the host, the verdict's inputs and outputs, and the server."""

    def judge(status, **inputs):
        checkly = make_checkly({"name": "home", "tags": ["smoke"], "outcomes": [status], "seconds": 1.0})
        host = start(env=checkly.env, engine=engine.address)
        trigger = host.create(TRIGGER, SMOKE)
        element = {key: trigger[key] for key in ("sessionIds", "links")} | {"names": ["home"]}
        inputs = {"resourceName": "smoke-passed", "gateUrn": GATE_URN, "waitFor": [element], **inputs}
        return host, inputs, host.create(VERDICT, inputs), checkly

    return judge


def test_a_green_gate_leaves_one_line(judged, engine):
    """Progress is shown on the verdict's row and not kept; one closing line stays, and says that the server was local."""
    host, inputs, verdict, checkly = judged("PASSED")
    assert {line.urn for line in engine.lines} == {VERDICT_URN}
    assert [line.message for line in engine.lines if line.stays] == [
        f"1 check passed. They ran at {checkly.env['CHECKLY_API_URL']}, not at Checkly."
    ]
    progress = [line.message for line in engine.lines if not line.stays]
    assert progress[0].startswith('0 of 1 checks finished; waiting for "home", ')
    shown = len(engine.lines)
    assert host.diff(VERDICT, verdict, inputs) is False
    host.create(BARRIER, {"passed": True, "conclusion": "PASSED", "expected": [], "judged": {"deployVersions": []}})
    assert len(engine.lines) == shown


def test_a_red_gate_leaves_no_line_of_its_own(judged, engine):
    """Its last line of progress is the reason; what stays is the barrier's error."""
    host, _, verdict, _ = judged("FAILED")
    with pytest.raises(Refused) as refused:
        host.create(
            BARRIER, {key: verdict[key] for key in ("resourceName", "passed", "conclusion", "reason", "failed")}
        )
    lines = str(refused.value).splitlines()
    assert lines[0] == "GateFailed: smoke-passed: 1 of 1 check did not pass (1 FAILED)"
    assert lines[1].startswith("  home: FAILED")
    assert verdict["links"][0] in lines[1]
    assert [line for line in engine.lines if line.stays] == []
    assert engine.lines[-1].message == verdict["reason"]


def test_a_recorded_verdict_warns_in_every_update(judged, engine):
    """In record mode a bad verdict is a warning when it is recorded, and again in each diff while it stands."""
    host, inputs, verdict, _ = judged("FAILED", onFailure="record")
    assert host.diff(VERDICT, verdict, inputs) is False
    warnings = [line for line in engine.lines if line.stays]
    assert [(line.severity, line.urn) for line in warnings] == [("WARNING", VERDICT_URN)] * 2
    assert warnings[0].message == warnings[1].message
    assert warnings[0].message.startswith("FAILED: 1 of 1 check did not pass (1 FAILED)\n  home: FAILED")


def test_nothing_is_started_for_an_engine_that_is_gone(start, checkly, engine):
    """The host keeps running when the engine is killed; sessions that it starts then would be lost."""
    host = start(env=checkly.env, engine=engine.address)
    stored = host.create(TRIGGER, SMOKE)
    engine.__exit__()
    ended = r"\AOperationCancelled: the Pulumi engine has ended; nothing more is started\s*\Z"
    with pytest.raises(Refused, match=ended):
        host.create(TRIGGER, SMOKE)
    with pytest.raises(Refused, match=ended):
        host.update(TRIGGER, stored, SMOKE)
    assert len(checkly.triggers) == 1


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense", "127.0.0.1:99999"])
def test_an_engine_that_does_not_listen_breaks_nothing(start, checkly, address):
    """The engine's address serves the log and to notice its death; where it cannot be reached from the start, it is not used."""
    assert start(env=checkly.env, engine=address).create(TRIGGER, SMOKE)["sessionIds"]
