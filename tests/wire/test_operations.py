"""What the host of the dynamic providers answers to each operation, and how errors look to the engine."""

import base64
import json
import pickletools
import re
from pathlib import Path

import pytest
from plugin import BARRIER, DYNAMIC_HOST, TEST_TRIGGER, TRIGGER, UNKNOWN, VERDICT, Engine, Refused

GOLDEN = Path(__file__).parents[1] / "golden"
KEYS = {"CHECKLY_API_KEY": "cu_key_of_the_environment", "CHECKLY_ACCOUNT_ID": "e0000000-0000-4000-8000-000000000000"}
SMOKE = {"resourceName": "smoke", "target": {"matchTags": [["smoke"]]}}


def test_the_pickled_providers_are_what_is_stored_in_every_state():
    """The bytes in ``__provider`` name a class and hold nothing else; changing them would break refresh and destroy."""
    golden = json.loads((GOLDEN / "providers.json").read_text())
    kinds = {"trigger": TRIGGER, "testTrigger": TEST_TRIGGER, "verdict": VERDICT, "barrier": BARRIER}
    assert golden == {name: kind.provider for name, kind in kinds.items()}
    for name, kind in kinds.items():
        parts = pickletools.genops(base64.b64decode(golden[name]))
        words = [argument for _, argument, _ in parts if isinstance(argument, str)]
        assert words == ["checkly_dynamic.provider", kind.name]


def test_one_life_of_a_trigger(start, checkly):
    """Create and update post once each and return all inputs; read looks again; delete asks for nothing."""
    host = start(env=checkly.env)
    more = {"triggers": [1], "refreshCache": False, "runAllChecks": False, "onNoMatch": "fail"}
    inputs = {**SMOKE, "deployVersion": "1", **more}
    assert host.checked(TRIGGER, inputs) == inputs
    created = host.create(TRIGGER, inputs)
    assert {key: created[key] for key in inputs} == inputs
    assert [len(created[key]) for key in ("sessions", "sessionIds", "statuses", "links")] == [3] * 4
    assert host.diff(TRIGGER, created, inputs) is False

    updated = host.update(TRIGGER, created, {**inputs, "deployVersion": "2"})
    assert set(updated) == set(created)
    assert not set(updated["sessionIds"]) & set(created["sessionIds"])
    assert [request["method"] for request in checkly.requests] == ["POST", "POST"]

    assert host.read(TRIGGER, updated)["sessionIds"] == updated["sessionIds"]
    host.delete(TRIGGER, updated)
    assert len(checkly.requests) == 2 + 3
    assert host.stderr == ""


def test_one_life_of_a_verdict_and_a_barrier(start, make_checkly):
    """The verdict waits and judges, another policy is judged without a request, and the barrier accepts what was judged."""
    checkly = make_checkly({"name": "home", "tags": ["smoke"], "outcomes": ["DEGRADED"], "seconds": 0.2})
    host = start(env=checkly.env)
    trigger = host.create(TRIGGER, {**SMOKE, "deployVersion": "1"})
    element = {key: trigger[key] for key in ("sessionIds", "links", "deployVersion")}
    gate = {"resourceName": "gate", "waitFor": [element], "timeoutSeconds": 10.0}
    verdict = host.create(VERDICT, gate)
    assert (verdict["conclusion"], verdict["counts"], verdict["waitFor"]) == ("PASSED", {"DEGRADED": 1}, [element])
    assert host.diff(VERDICT, verdict, {**gate, "waitFor": [{**element, "deployVersion": "2"}]}) is True
    asked = len(checkly.requests)
    strict = host.update(VERDICT, verdict, {**gate, "failOn": ["FAILED", "DEGRADED"]})
    assert (strict["conclusion"], strict["reason"]) == ("FAILED", "1 of 1 check did not pass (1 DEGRADED)")
    again = host.update(VERDICT, verdict, {**gate, "failOn": ["FAILED"]})
    assert (again["conclusion"], again["finishedAt"]) == ("PASSED", verdict["finishedAt"])
    assert host.read(VERDICT, again) == again

    ids = trigger["sessionIds"]
    judged = {"deployVersions": ["1"], "sessionIds": ids}
    barrier = {"resourceName": "gate", "passed": True, "expected": ["1"], "expectedSessionIds": ids, "judged": judged}
    assert host.create(BARRIER, barrier) == barrier
    assert host.diff(BARRIER, barrier, barrier) is False
    assert host.diff(BARRIER, barrier, {**barrier, "passed": UNKNOWN}) is True
    with pytest.raises(Refused, match="GateFailed: gate: the deploy version in the program was not checked"):
        host.update(BARRIER, barrier, {**barrier, "expected": ["2"]})
    with pytest.raises(Refused, match="GateFailed: gate: the latest sessions of its triggers were not judged"):
        host.update(BARRIER, barrier, {**barrier, "expectedSessionIds": ["newer"]})
    assert len(checkly.requests) == asked


def test_a_check_without_a_session_is_missing_unless_no_match_is_allowed(start, make_checkly):
    """The error for the documented 404 says what to do; a check that was requested by id and did not run is named."""
    check = {"id": "11111111-0000-4000-8000-000000000000", "name": "home", "tags": ["smoke"], "seconds": 0.1}
    checkly = make_checkly(check)
    host = start(env=checkly.env)
    nobody = {"target": {"matchTags": [["no-such-tag"]]}}
    with pytest.raises(Refused, match=r"\ANoMatchingChecks: 404: no active check matches the target; .*on_no_match"):
        host.create(TRIGGER, nobody)
    allowed = {**nobody, "onNoMatch": "pass"}
    empty = host.create(TRIGGER, allowed)
    assert empty["sessions"] == []
    assert (host.diff(TRIGGER, empty, allowed), host.diff(TRIGGER, empty, nobody)) == (False, True)
    assert host.create(TEST_TRIGGER, {**nobody, "resourceName": "tests", "onNoMatch": "pass"})["sessionId"] == ""
    assert checkly.triggers == []
    gone = "22222222-0000-4000-8000-000000000000"
    for kind in (TRIGGER, TEST_TRIGGER):
        outputs = host.create(kind, {"resourceName": "ids", "target": {"checkId": [check["id"], gone]}})
        assert outputs["missingCheckIds"] == [gone]


def test_inputs_that_a_policy_has_spoilt_are_refused_before_the_request(start, checkly):
    """A policy may rewrite inputs after check, so create validates again."""
    host = start(env=checkly.env)
    for kind, inputs, line in (
        (TRIGGER, {"target": {"matchTags": []}}, "target: is empty, which would run every check"),
        (TRIGGER, {"target": {"matchTags": ["production"]}}, "target.match_tags[0]: must be a list"),
        (VERDICT, {"waitFor": [{"deployVersion": "1"}]}, "a trigger of this gate has never run; run pulumi up without"),
    ):
        with pytest.raises(Refused, match=rf"\APayloadError: .*{re.escape(line)}"):
            host.create(kind, {"resourceName": "smoke", **inputs})
    assert checkly.requests == []


def test_deeply_nested_inputs_are_refused(start):
    """Two hundred levels are answered with one short line, and the host keeps running."""
    host = start(env=KEYS)
    [line] = host.check(TRIGGER, {**SMOKE, "triggers": [json.loads("[" * 200 + "]" * 200)]})
    assert "nested deeper than 32 levels" in line
    assert len(line) < 200
    assert host.check(TRIGGER, SMOKE) == []


def test_an_unexpected_error_keeps_its_traceback(start, checkly):
    """A mistake, here a state that somebody edited, must be reportable: the traceback is whole."""
    with pytest.raises(Refused, match=r"\ATraceback(.|\n)*AttributeError"):
        start(env=checkly.env).update(VERDICT, {"sessions": ["edited"]}, {"waitFor": [{"sessionIds": []}]})


def test_a_refresh_never_fails_and_never_loses_anything(start, checkly):
    """Without key, account or sessions what is stored stays, and one line says why; what has ended is not asked for."""
    stored = start(env=checkly.env).create(TRIGGER, SMOKE)
    checkly.reset()
    for env, reason in (
        ({}, "CHECKLY_API_KEY"),
        ({**checkly.env, "CHECKLY_ACCOUNT_ID": "swapped"}, "3 of 3 statuses were not refreshed: 40"),
        (checkly.env, "3 of 3 statuses were not refreshed: 404: Checkly does not know this session"),
    ):
        with Engine() as engine:
            assert start(env=env, engine=engine.address).read(TRIGGER, stored) == stored
        [line] = engine.lines
        assert (line.severity, line.stays) == ("INFO", True)
        assert line.message.startswith("smoke: ")
        assert reason in line.message
    asked = len(checkly.requests)
    host = start(env=checkly.env)
    ended = {**stored, "sessions": [{**session, "status": "PASSED"} for session in stored["sessions"]]}
    for kind, outputs in ((TRIGGER, ended), (TRIGGER, SMOKE), (TEST_TRIGGER, {"sessionId": "", "status": ""})):
        assert host.read(kind, outputs) == outputs
    assert len(checkly.requests) == asked


def test_a_refresh_of_a_test_session_learns_its_results(start, make_checkly):
    """Until it has ended, its results and the missing checks are not known."""
    checkly = make_checkly({"name": "home", "tags": ["smoke"], "seconds": 0.1})
    host = start(env=checkly.env)
    stored = host.create(TEST_TRIGGER, SMOKE)
    while (outputs := host.read(TEST_TRIGGER, stored))["status"] == "RUNNING":
        pass
    assert (outputs["status"], [row["status"] for row in outputs["results"]]) == ("PASSED", ["PASSED"])


def test_delete_needs_no_key_and_no_network(start):
    """A destroy works when everything else is gone, also with settings that are nonsense."""
    host = start(config={"checkly:apiUrl": "nonsense"})
    for kind in (TRIGGER, TEST_TRIGGER, VERDICT, BARRIER):
        host.delete(kind, {"sessions": "nonsense"})
    assert host.stderr == ""


COUNTING_HOST = """
import os, runpy, sys
import jsonschema, requests

def counted(owner, name):
    real = getattr(owner, name)
    def call(*args, **kwargs):
        os.write(2, f"{owner.__module__}.{name}\\n".encode())
        return real(*args, **kwargs)
    setattr(owner, name, call)

counted(requests.Session, "send")
counted(jsonschema.Draft202012Validator, "iter_errors")
runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
"""


def test_requests_and_jsonschema_do_the_work(start, make_checkly):
    """On a green run every request is sent by requests, and every input and payload is validated by jsonschema."""
    checkly = make_checkly({"name": "home", "tags": ["smoke"], "outcomes": ["PASSED"], "seconds": 0.1})
    host = start((*DYNAMIC_HOST[:2], "-c", COUNTING_HOST), env=checkly.env)
    assert host.check(TRIGGER, SMOKE) == []
    trigger = host.create(TRIGGER, SMOKE)
    gate = {"waitFor": [{"sessionIds": trigger["sessionIds"], "links": trigger["links"]}], "timeoutSeconds": 10.0}
    assert host.check(VERDICT, gate) == []
    assert host.create(VERDICT, gate)["passed"] is True
    used = host.stderr.splitlines()
    assert used.count("requests.sessions.send") == len(checkly.requests) == 2
    assert used.count("jsonschema.validators.iter_errors") >= 5, "check and create of both, and the request's body"
