"""What the host answers to create, update, read and delete, and how errors look to the engine."""

from __future__ import annotations

import base64
import json
import pickletools
import re
from pathlib import Path

import pytest
from engine import Engine
from plugin import BARRIER, TEST_TRIGGER, TRIGGER, VERDICT, Refused

GOLDEN = Path(__file__).parents[1] / "golden"
SMOKE = {"resourceName": "smoke", "target": {"matchTags": [["smoke"]]}}


def test_the_pickled_providers_are_what_is_stored_in_every_state():
    """The bytes in ``__provider`` name a class and hold nothing else; changing them would break refresh and destroy."""
    golden = json.loads((GOLDEN / "providers.json").read_text())
    assert golden == {"trigger": TRIGGER, "testTrigger": TEST_TRIGGER, "verdict": VERDICT, "barrier": BARRIER}
    for pickled in golden.values():
        words = [
            argument for _, argument, _ in pickletools.genops(base64.b64decode(pickled)) if isinstance(argument, str)
        ]
        assert words[0] == "checkly_dynamic.provider"
        assert re.fullmatch(r"(CheckSession(Trigger|Verdict|Barrier)|TestSessionTrigger)Provider", words[1])
        assert len(words) == 2


def test_one_life_of_a_trigger(start, checkly):
    """Create and update post once each and return all inputs; read looks again; delete asks for nothing."""
    host = start(env=checkly.env)
    inputs = {
        **SMOKE,
        "deployVersion": "1",
        "triggers": [1],
        "refreshCache": False,
        "runAllChecks": False,
        "onNoMatch": "fail",
    }
    assert host.check(inputs) == []
    id_, created = host.create(inputs)
    assert id_ == "check-session-trigger"
    assert {key: created[key] for key in inputs} == inputs
    assert [len(created[key]) for key in ("sessions", "sessionIds", "statuses", "links")] == [3] * 4
    assert host.diff(created, inputs) is False

    updated = host.update(created, {**inputs, "deployVersion": "2"})
    assert set(updated) == set(created)
    assert not set(updated["sessionIds"]) & set(created["sessionIds"])
    assert [request["method"] for request in checkly.requests] == ["POST", "POST"]

    assert host.read(updated)["sessionIds"] == updated["sessionIds"]
    asked = len(checkly.requests)
    assert asked == 2 + 3
    host.delete(updated)
    assert len(checkly.requests) == asked
    assert host.stderr == ""


def test_one_life_of_a_verdict_and_a_barrier(start, checkly):
    """The verdict waits and judges, reads nothing again once it is good, and is what the barrier lets through."""
    checkly.scenario({"checks": [{"name": "home", "tags": ["smoke"], "outcomes": ["PASSED"], "seconds": 0.2}]})
    host = start(env=checkly.env)
    _, trigger = host.create({**SMOKE, "deployVersion": "1"})
    element = {key: trigger[key] for key in ("sessionIds", "links", "deployVersion")}
    gate = {"resourceName": "gate", "waitFor": [element], "timeoutSeconds": 10.0}
    id_, verdict = host.create(gate, VERDICT)
    assert (id_, verdict["conclusion"], verdict["counts"]) == ("check-session-verdict", "PASSED", {"PASSED": 1})
    assert (verdict["waitFor"], verdict["timeoutSeconds"]) == (gate["waitFor"], 10.0)
    assert host.diff(verdict, {**gate, "timeoutSeconds": 20.0}, VERDICT) is False
    assert host.diff(verdict, {**gate, "waitFor": [{**element, "deployVersion": "2"}]}, VERDICT) is True
    asked = len(checkly.requests)
    again = host.update(verdict, {**gate, "failOn": ["FAILED"]}, VERDICT)
    assert (again["finishedAt"], len(checkly.requests)) == (verdict["finishedAt"], asked)
    assert host.read(again, VERDICT) == again

    barrier = {
        "resourceName": "gate",
        "passed": True,
        "expected": ["1"],
        "judged": {"deployVersions": ["1"], "sessionIds": trigger["sessionIds"]},
    }
    id_, through = host.create(barrier, BARRIER)
    assert (id_, through) == ("check-session-barrier", barrier)
    assert host.diff(through, barrier, BARRIER) is False
    assert host.diff(through, {**barrier, "passed": False}, BARRIER) is True
    with pytest.raises(Refused, match="GateFailed: gate: the deploy version in the program was not checked"):
        host.update(through, {**barrier, "expected": ["2"]}, BARRIER)
    assert len(checkly.requests) == asked


def test_no_match_is_an_error_unless_it_is_allowed(start, checkly):
    """The documented 404 says what to do, and no checks ran."""
    host = start(env=checkly.env)
    nobody = {"target": {"matchTags": [["no-such-tag"]]}}
    with pytest.raises(Refused, match=r"\ANoMatchingChecks: 404: no active check matches the target; .*on_no_match"):
        host.create(nobody)
    _, allowed = host.create({**nobody, "onNoMatch": "pass"})
    assert allowed["sessions"] == allowed["sessionIds"] == []
    _, allowed = host.create({**nobody, "resourceName": "tests", "onNoMatch": "pass"}, TEST_TRIGGER)
    assert allowed["sessionId"] == ""
    assert checkly.triggers == []


def test_inputs_that_a_policy_has_spoilt_are_refused_before_the_request(start, checkly):
    """A policy may rewrite inputs after check, so create validates again."""
    host = start(env=checkly.env)
    with pytest.raises(Refused, match=r"\APayloadError: target: is empty, which would run every check"):
        host.create({"target": {"matchTags": []}})
    with pytest.raises(Refused, match=r"\APayloadError: target\.match_tags\[0\]: must be a list"):
        host.update({}, {"target": {"matchTags": ["production"]}})
    assert checkly.requests == []


def test_an_unexpected_error_keeps_its_traceback(start, checkly):
    """A mistake, here a state that somebody edited, must be reportable: the traceback is whole."""
    host = start(env=checkly.env)
    with pytest.raises(Refused) as refused:
        host.update({"sessions": ["edited"]}, {"waitFor": [{"sessionIds": []}]}, VERDICT)
    assert str(refused.value).startswith("Traceback")
    assert "AttributeError" in str(refused.value)


def test_a_refresh_never_fails_and_never_loses_anything(start, checkly):
    """Without key, account or sessions what is stored stays, and one line says why; what has ended is not asked for."""
    _, stored = start(env=checkly.env).create(SMOKE)
    checkly.reset()
    for env, reason in (
        ({}, "CHECKLY_API_KEY"),
        ({**checkly.env, "CHECKLY_ACCOUNT_ID": "swapped"}, "3 of 3 statuses were not refreshed: 40"),
        (checkly.env, "3 of 3 statuses were not refreshed: 404: Checkly does not know this session"),
    ):
        with Engine() as engine:
            assert start(env=env, engine=engine.address).read(stored) == stored
        [line] = engine.lines
        assert (line.severity, line.stays) == ("INFO", True)
        assert line.message.startswith("smoke: ")
        assert reason in line.message
    asked = len(checkly.requests)
    final = {**stored, "sessions": [{**session, "status": "PASSED"} for session in stored["sessions"]]}
    host = start(env=checkly.env)
    assert host.read(final) == final
    assert host.read({**SMOKE}) == SMOKE
    assert len(checkly.requests) == asked


def test_delete_needs_no_key_and_no_network(start):
    """A destroy works when everything else is gone, also with settings that are nonsense."""
    host = start(config={"checkly:apiUrl": "nonsense"})
    for provider in (TRIGGER, TEST_TRIGGER, VERDICT, BARRIER):
        host.delete({"sessions": "nonsense"}, provider)
    assert host.stderr == ""


def test_a_session_is_readable_after_a_switch_of_the_version(start, checkly):
    """What one version of the API started, the other can read."""
    host = start(env={**checkly.env, "CHECKLY_API_VERSION": "v2"})
    _, stored = host.create(SMOKE)
    assert len(start(env=checkly.env).read(stored)["sessions"]) == 3
    assert [request["path"].split("/")[1] for request in checkly.requests] == ["v2", "v1", "v1", "v1"]
