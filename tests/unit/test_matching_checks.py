"""get_matching_checks names the checks that a trigger would run, and runs none."""

import asyncio

import pulumi
import pytest
import requests
from hypothesis import HealthCheck, example, given, settings, strategies as st

from checkly_dynamic import ChecklyError, get_matching_checks, get_matching_checks_output
from checkly_dynamic.emulator.testing import LocalCheckly

SHOP = {
    "groups": [
        {"id": 1, "name": "Old", "tags": ["old"], "activated": False},
        {"id": 2, "name": "Shop", "tags": ["shop"]},
    ],
    "checks": [
        {"name": "Elsewhere", "tags": ["staging"]},
        {"name": "Home", "tags": ["production"], "groupId": 2},
        {"name": "Search", "tags": ["production", "slow"]},
        {"name": "Fax", "tags": ["production"], "groupId": 1},
        {"name": "Cron", "tags": ["production"], "checkType": "HEARTBEAT"},
        {"name": "Off", "tags": ["production"], "activated": False},
    ],
}
for number, check in enumerate(SHOP["checks"]):
    check["id"] = f"0000000a-0000-4000-8000-00000000000{number}"
FORMATTED = f"{pulumi.Output.from_input('a')}"


@pytest.fixture
def checkly(monkeypatch):
    """Run a local Checkly that the environment points to."""
    with LocalCheckly(SHOP) as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        yield server


def test_all_pages_are_read_and_nothing_is_started(checkly):
    """Checks on three pages and groups on one are read, without a session; each excluded check has a reason."""
    filler = [{"name": f"filler {number}", "tags": ["filler"]} for number in range(230)]
    checkly.scenario({**SHOP, "checks": [*filler, *SHOP["checks"]]})
    selection = get_matching_checks(match_tags=[["production", "!slow"]])
    assert selection.names == ("Home",)
    assert {no.check.name: no.reason for no in selection.excluded[len(filler) :]} == {
        "Elsewhere": "lacks 'production'",
        "Search": "has 'slow'",
        "Fax": "its group 'Old' is deactivated",
        "Cron": "a HEARTBEAT check waits for pings and cannot be run",
        "Off": "it is deactivated",
    }
    paths = sorted(f"{request['method']} {request['path'].partition('?')[0]}" for request in checkly.requests)
    assert paths == ["GET /v1/check-groups"] + ["GET /v1/checks"] * 3


words = st.sampled_from(["production", "slow", "shop", "staging", "old"])
tags = st.builds(lambda mark, word: mark + word, st.sampled_from(["", "", "!"]), words)
ids = st.sampled_from([check["id"] for check in SHOP["checks"]])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(tags, min_size=1, max_size=3), max_size=3), st.lists(ids, max_size=4))
@example([["production", "!slow"], ["old"]], [])
@example([], [])
def test_a_trigger_runs_exactly_what_was_named(checkly, match_tags, check_ids):
    """The local Checkly, with its own code for the document, starts the same checks; all others have a reason."""
    selection = get_matching_checks(match_tags=match_tags, check_ids=[check_id.upper() for check_id in check_ids])
    url, key, account = (checkly.env[f"CHECKLY_{name}"] for name in ("API_URL", "API_KEY", "ACCOUNT_ID"))
    headers = {"Authorization": f"Bearer {key}", "X-Checkly-Account": account}
    body = {"target": {"matchTags": match_tags, "checkId": check_ids}}
    answer = requests.post(f"{url}/v1/check-sessions/trigger", json=body, headers=headers, timeout=30)
    started = [session["checkId"] for session in answer.json().get("sessions", [])]
    assert sorted(started) == sorted(selection.ids)
    everyone = {check["id"] for check in SHOP["checks"]}
    assert {no.check.id for no in selection.excluded if no.reason} == everyone - set(started)


def test_deactivated_checks_may_be_allowed(checkly):
    """They are selected with ``allow_deactivated``, as in test sessions."""
    names = get_matching_checks(match_tags=[["production"]], allow_deactivated=True).names
    assert set(names) == {"Home", "Search", "Fax", "Off"}


NOT_LISTED, NO_UUID = "target.match_tags[0]: must be a list", "target.check_ids[0]: must be a UUID"
NEVER_CHANGES = "target.match_tags[0][0]: an Output was formatted"


@pytest.mark.parametrize(
    ("find", "arguments", "line"),
    [
        (get_matching_checks, {"match_tags": ["production"]}, NOT_LISTED),
        (get_matching_checks, {"check_ids": ["mine"]}, NO_UUID),
        (get_matching_checks, {"match_tags": [[FORMATTED]]}, NEVER_CHANGES),
        (get_matching_checks_output, {"match_tags": [[FORMATTED]]}, NEVER_CHANGES),
    ],
)
def test_a_target_that_a_trigger_would_refuse_is_refused_without_a_request(checkly, find, arguments, line):
    """The same rules as for a trigger, and the same words."""
    with pytest.raises(ChecklyError) as caught:
        find(**arguments)
    place, _, rest = str(caught.value).partition(": ")
    assert place.startswith("test_matching_checks.py:")
    assert rest.startswith(f"get_matching_checks: {line}")
    assert checkly.requests == []


def resolved(*tags):
    """Return the value of the output for a target with these tags, and whether it is known."""

    async def run():
        output = get_matching_checks_output(match_tags=[[tag() for tag in tags]])
        return await output.future(), await output.is_known()

    return asyncio.run(run())


def test_outputs_may_stand_in_a_target(checkly):
    """A tag that another resource made is waited for, also deep in the list."""
    selection, known = resolved(lambda: pulumi.Output.from_input("shop"))
    assert known
    assert selection.names == ("Home",)


def test_what_is_not_known_yet_is_not_asked_for(checkly):
    """In the preview of a new stack a tag may not be known: the result is unknown, and no request is made."""

    async def soon(value):
        return value

    _, known = resolved(lambda: "shop", lambda: pulumi.Output(set(), soon(None), soon(False), soon(False)))
    assert not known
    assert checkly.requests == []
