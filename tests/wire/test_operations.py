"""What the host answers to create, update, read and delete, and how errors look to the engine."""

from __future__ import annotations

import base64
import json
import pickletools
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from plugin import BARRIER, TRIGGER, VERDICT, Refused

GOLDEN = Path(__file__).parents[1] / "golden"
SMOKE = {"resourceName": "smoke", "target": {"matchTags": [["smoke"]]}}


def test_the_pickled_providers_are_what_is_stored_in_every_state():
    """The bytes in ``__provider`` name a class and hold nothing else; changing them would break refresh and destroy."""
    golden = json.loads((GOLDEN / "providers.json").read_text())
    assert golden == {"trigger": TRIGGER, "verdict": VERDICT, "barrier": BARRIER}
    for pickled in golden.values():
        words = [
            argument for _, argument, _ in pickletools.genops(base64.b64decode(pickled)) if isinstance(argument, str)
        ]
        assert words[0] == "checkly_dynamic.provider"
        assert re.fullmatch(r"CheckSession(Trigger|Verdict|Barrier)Provider", words[1])
        assert len(words) == 2


def test_one_life_of_a_trigger(start, checkly):
    """Create and update post once each and return the whole bag; read looks again; delete asks for nothing."""
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
    assert (
        len(created["sessions"]) == len(created["sessionIds"]) == len(created["statuses"]) == len(created["links"]) == 3
    )
    assert set(created["statuses"]) <= {"STARTED", "PROGRESS"}
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


def test_eight_creates_at_once_get_each_their_own(start, checkly):
    """The host's four threads share one provider; no answer, deadline or connection is mixed up."""
    checks = ["canary", "api", "e2e", "slow", "flaky", "images", "broken", "payments"]
    checkly.add_fault(route="trigger", delay=0.2)
    host = start(env=checkly.env)
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda tag: host.create({"target": {"matchTags": [[tag]]}, "triggers": [tag]})[1], checks))
    assert [one["triggers"] for one in made] == [[tag] for tag in checks]
    bodies = {tuple(entry["sessionIds"]): entry["body"]["target"]["matchTags"][0][0] for entry in checkly.triggers}
    assert [bodies[tuple(one["sessionIds"])] for one in made] == checks
    assert len(checkly.requests) == 8


ERRORS = [
    (400, "BadRequest", "malformed"),
    (401, "Unauthorized", r"check environment variable CHECKLY_API_KEY, and that the account id belongs to it"),
    (402, "PaymentRequired", "see the plan and usage in Checkly"),
    (403, "Forbidden", "Read & Run"),
    (404, "UnexpectedStatus", r"is checkly:apiUrl right, and does a proxy answer in its place\?"),
    (409, "UnexpectedStatus", "unexpected answer"),
    (500, "ServerError", r"Checks may have started, so the request was not sent again\. Look at"),
]


@pytest.mark.parametrize(("status", "name", "advice"), ERRORS, ids=[str(status) for status, _, _ in ERRORS])
def test_an_expected_error_is_one_clean_line(start, checkly, status, name, advice):
    """Name, status and what to do next; no traceback, no module path, one request."""
    checkly.add_fault(route="trigger", status=status, body="<html>nginx</html>")
    host = start(env=checkly.env)
    with pytest.raises(Refused) as refused:
        host.create(SMOKE)
    line = str(refused.value).strip()
    assert line.startswith(f"{name}: {status}: ")
    assert re.search(advice, line)
    assert "\n" not in line
    assert len(checkly.requests) == 1


def test_no_match_and_a_limit_that_asks_for_too_long_are_clean_too(start, checkly):
    """The documented 404 and a 429 that asks to wait longer than we do say what to do, and no checks ran."""
    host = start(env=checkly.env)
    with pytest.raises(
        Refused, match=r"\ANoMatchingChecks: 404: no active check matches the target; [^\n]*on_no_match[^\n]*\s*\Z"
    ):
        host.create({"target": {"matchTags": [["no-such-tag"]]}})
    _, forgiven = host.create({"target": {"matchTags": [["no-such-tag"]]}, "onNoMatch": "pass"})
    assert forgiven["sessions"] == forgiven["sessionIds"] == []
    checkly.add_fault(route="trigger", status=429, headers={"Retry-After": "3600"})
    with pytest.raises(Refused, match=r"\ARateLimited: 429: [^\n]*\s*\Z"):
        host.create(SMOKE)
    assert checkly.triggers == []


def test_inputs_that_a_policy_has_spoilt_are_refused_before_the_request(start, checkly):
    """A policy may rewrite inputs after check, so create validates again."""
    host = start(env=checkly.env)
    with pytest.raises(Refused, match=r"\APayloadError: target: is empty, which would run every check"):
        host.create({"target": {"matchTags": []}})
    with pytest.raises(Refused, match=r"\APayloadError: target\.matchTags\[0\]: must be a list"):
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
    """Without server, key or sessions what is stored stays, and one line says why; what has ended is not asked for."""
    _, stored = start(env=checkly.env).create(SMOKE)
    dead = {**checkly.env, "CHECKLY_API_URL": "http://127.0.0.1:1"}
    for env, reason in (({}, "CHECKLY_API_KEY"), (dead, "could not connect to http://127.0.0.1:1")):
        host = start(env=env)
        assert host.read(stored) == stored
        [line] = host.stderr.splitlines()
        assert line.startswith("smoke: ")
        assert reason in line
    checkly.reset()
    host = start(env=checkly.env)
    assert host.read(stored) == stored
    assert re.fullmatch(
        r"smoke: 3 of 3 statuses were not refreshed: 404: Checkly does not know this check session.*\n", host.stderr
    )
    asked = len(checkly.requests)
    final = {**stored, "sessions": [{**session, "status": "PASSED"} for session in stored["sessions"]]}
    assert host.read(final) == final
    assert host.read({**SMOKE}) == SMOKE
    assert len(checkly.requests) == asked


def test_delete_needs_no_key_and_no_network(start):
    """A destroy works when everything else is gone, also with settings that are nonsense."""
    host = start(config={"checkly:apiUrl": "nonsense"})
    for provider in (TRIGGER, VERDICT, BARRIER):
        host.delete({"sessions": "nonsense"}, provider)
    assert host.stderr == ""


@pytest.mark.parametrize("first", ["v1", "v2"])
def test_a_session_is_readable_after_a_switch_of_the_version(start, checkly, first):
    """What one version of the API started, the other can read, and the way back works as well."""
    second = {"v1": "v2", "v2": "v1"}[first]
    _, stored = start(env={**checkly.env, "CHECKLY_API_VERSION": first}).create(SMOKE)
    for version in (second, first):
        stored = start(env={**checkly.env, "CHECKLY_API_VERSION": version}).read(stored)
        assert len(stored["sessions"]) == 3
    paths = [request["path"].split("/")[1] for request in checkly.requests]
    assert paths[0] == first
    assert set(paths[1:]) == {first, second}
