"""What the engine shows: progress that is not kept, one closing line, warnings; and an engine that is gone."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from engine import Engine
from plugin import BARRIER, TRIGGER, VERDICT, Refused

GATE_URN = "urn:pulumi:dev::shop::checkly-dynamic:index:CheckSessionGate::smoke-passed"
VERDICT_URN = (
    "urn:pulumi:dev::shop::checkly-dynamic:index:CheckSessionGate$pulumi-python:dynamic/checkly:CheckSessionVerdict"
    "::smoke-passed"
)


@pytest.fixture
def engine():
    """Run an engine that keeps what is logged."""
    with Engine() as listening:
        yield listening


def verdict_of(outputs, **inputs):
    """Make the inputs of a verdict behind a trigger."""
    names = {"sessionIds": "checkSessionId", "links": "checkSessionLink", "checkIds": "checkId", "names": "name"}
    element = {column: [one[field] for one in outputs["sessions"]] for column, field in names.items()}
    return {"resourceName": "smoke-passed", "gateUrn": GATE_URN, "waitFor": [element], "timeoutSeconds": 20.0, **inputs}


def scenario(checkly, status, seconds=1.0):
    """Let the one check end like this."""
    check = {"name": "home", "tags": ["smoke"], "outcomes": [status], "seconds": seconds}
    checkly.scenario({"checks": [check]})


def test_a_green_gate_leaves_one_line(start, checkly, engine):
    """Progress is shown on the verdict's row and not kept; one closing line stays, and says that the server was local."""
    scenario(checkly, "PASSED")
    host = start(env=checkly.env, engine=engine.address)
    _, trigger = host.create({"target": {"matchTags": [["smoke"]]}}, TRIGGER)
    inputs = verdict_of(trigger)
    _, verdict = host.create(inputs, VERDICT)
    assert verdict["passed"] is True
    assert {line.urn for line in engine.lines} == {VERDICT_URN}
    assert [line.message for line in engine.lines if line.stays] == [
        f"1 check passed. They ran at {checkly.env['CHECKLY_API_URL']}, not at Checkly."
    ]
    progress = [line.message for line in engine.lines if not line.stays]
    assert progress[0].startswith('0 of 1 checks finished; waiting for "home", ')
    shown = len(engine.lines)
    assert host.diff(verdict, inputs, VERDICT) is False
    host.create({"passed": True, "conclusion": "PASSED", "expected": [], "judged": {"deployVersions": []}}, BARRIER)
    assert len(engine.lines) == shown


def test_a_red_gate_leaves_no_line_of_its_own(start, checkly, engine):
    """Its last line of progress is the reason; what stays is the barrier's error."""
    scenario(checkly, "FAILED", seconds=0.1)
    host = start(env=checkly.env, engine=engine.address)
    _, trigger = host.create({"target": {"matchTags": [["smoke"]]}}, TRIGGER)
    _, verdict = host.create(verdict_of(trigger), VERDICT)
    keys = ("passed", "conclusion", "reason", "failed")
    with pytest.raises(Refused) as refused:
        host.create({"resourceName": "smoke-passed", **{key: verdict[key] for key in keys}}, BARRIER)
    lines = str(refused.value).splitlines()
    assert lines[0] == "GateFailed: smoke-passed: 1 of 1 check did not pass (1 FAILED)"
    assert lines[1].startswith("  home: FAILED")
    assert verdict["links"][0] in lines[1]
    assert [line for line in engine.lines if line.stays] == []
    assert engine.lines[-1].message == verdict["reason"]


def test_a_recorded_verdict_warns_in_every_update(start, checkly, engine):
    """In record mode a bad verdict is a warning when it is recorded, and again in each diff while it stands."""
    scenario(checkly, "FAILED", seconds=0.1)
    host = start(env=checkly.env, engine=engine.address)
    _, trigger = host.create({"target": {"matchTags": [["smoke"]]}}, TRIGGER)
    inputs = verdict_of(trigger, onFailure="record")
    _, verdict = host.create(inputs, VERDICT)
    asked = len(checkly.requests)
    assert host.diff(verdict, inputs, VERDICT) is False
    warnings = [line for line in engine.lines if line.stays]
    assert [(line.severity, line.urn) for line in warnings] == [("WARNING", VERDICT_URN)] * 2
    assert warnings[0].message == warnings[1].message
    assert warnings[0].message.startswith("FAILED: 1 of 1 check did not pass (1 FAILED)\n  home: FAILED")
    assert len(checkly.requests) == asked


def test_a_closed_barrier_waits_for_running_verdicts(start, checkly):
    """The engine stops listening at the first failure, so a red gate lets a slow one beside it finish first."""
    scenario(checkly, "PASSED", seconds=2.0)
    host = start(env=checkly.env)
    _, trigger = host.create({"target": {"matchTags": [["smoke"]]}}, TRIGGER)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(host.create, verdict_of(trigger), VERDICT)
        while not any(request["path"].endswith("/completion") for request in checkly.requests):
            time.sleep(0.02)
        with pytest.raises(Refused):
            host.create({"passed": False, "conclusion": "FAILED"}, BARRIER)
        assert running.done()
        assert running.result()[1]["passed"] is True


def test_nothing_is_started_for_an_engine_that_is_gone(start, checkly, engine):
    """The host lives on when the engine is killed; nobody would learn of sessions that it starts then."""
    host = start(env=checkly.env, engine=engine.address)
    _, stored = host.create({"target": {"matchTags": [["smoke"]]}})
    engine.stop()
    for call in (host.create, lambda news: host.update(stored, news)):
        with pytest.raises(
            Refused, match=r"\AOperationCancelled: the Pulumi engine has ended; nothing more is started\s*\Z"
        ):
            call({"target": {"matchTags": [["smoke"]]}})
    assert len(checkly.triggers) == 1


def test_an_engine_that_does_not_listen_breaks_nothing(start, checkly):
    """The engine's address serves the log and to notice its death; where it cannot be reached from the start, it is not used."""
    for engine in ("127.0.0.1:1", "nonsense", "127.0.0.1:99999", "[::1]:1"):
        host = start(env=checkly.env, engine=engine)
        assert host.create({"target": {"matchTags": [["smoke"]]}})[0] == "check-session-trigger"
    assert len(checkly.triggers) == 4
