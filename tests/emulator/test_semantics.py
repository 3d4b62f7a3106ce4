"""What the API document promises, asked over HTTP."""

from __future__ import annotations

import time

import pytest

from checkly_dynamic.emulator.testing import LocalCheckly

FAST, SUITE, OFF = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "134")
UNKNOWN = "99999999-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ({"matchTags": [["production", "!slow"], ["suite"]]}, {"Fast", "Suite"}),
        ({"matchTags": [["backend"]]}, {"Grouped"}),
        ({"matchTags": [["own", "!backend"]]}, set()),
        ({"matchTags": [["production"]], "checkId": [FAST, SUITE]}, {"Fast"}),
        ({"checkId": [OFF]}, set()),
        ({}, {"Fast", "Slow", "Suite", "Grouped"}),
    ],
)
def test_tags_follow_the_documented_rules(client, target, names):
    """Groups are OR, tags in one are AND, ``!`` excludes, group tags count, and deactivated checks never run."""
    for version in ("v1", "v2"):
        answer = client.trigger(target, version)
        assert {session["name"] for session in answer.json().get("sessions", [])} == names
        assert answer.status_code == (201 if names else 404)
        assert names or answer.json()["message"] == "No matching checks were found."


def test_statuses_over_time_end_with_results(server, client, ids):
    """A session is STARTED, then in PROGRESS, then final with a FINAL result for each location."""
    server.scenario({"checks": [{"id": ids["fast"], "name": "One", "tags": ["t"], "seconds": 0.5,
                                 "locations": ["eu-west-1", "us-east-1"]}]})  # fmt: skip
    session = client.session(["t"])
    assert (session["status"], session["stoppedAt"]) == ("STARTED", None)
    seen = set()
    while "PASSED" not in seen:
        seen.add(client.get(f"/v1/check-sessions/{session['checkSessionId']}").json()["status"])
    assert seen - {"STARTED"} == {"PROGRESS", "PASSED"}
    final = client.completion(session["checkSessionId"]).json()
    assert final["stoppedAt"] > final["startedAt"]
    assert [(r["runLocation"], r["resultType"]) for r in final["results"]] == [
        ("eu-west-1", "FINAL"),
        ("us-east-1", "FINAL"),
    ]


def test_failed_attempts_show_before_a_pass(server, client, ids):
    """An outcome with failed attempts is PROGRESS_FAILED on the way and keeps its ATTEMPT results."""
    outcome = {"status": "PASSED", "failedAttempts": 2}
    server.scenario(
        {"checks": [{"id": ids["fast"], "name": "One", "tags": ["t"], "seconds": 0.6, "outcomes": [outcome]}]}
    )
    session_id = client.session(["t"])["checkSessionId"]
    seen = []
    while "PASSED" not in seen:
        seen.append(client.get(f"/v2/check-sessions/{session_id}").json()["status"])
    assert "PROGRESS_FAILED" in seen
    results = client.get(f"/v2/check-sessions/{session_id}").json()["results"]
    assert [(r["resultType"], r["hasFailures"]) for r in results] == [
        ("ATTEMPT", True),
        ("ATTEMPT", True),
        ("FINAL", False),
    ]


def test_completion_answers_408_when_the_time_is_up(client):
    """A session that still runs gives 408 after maxWaitSeconds, and v1 adds Retry-After."""
    session_id = client.session(["slow"])["checkSessionId"]
    started = time.monotonic()
    old, new = client.completion(session_id, version="v1"), client.completion(session_id)
    assert time.monotonic() - started >= 1.9
    assert (old.status_code, new.status_code) == (408, 408)
    assert old.json()["error"] == "Request Time-out"
    assert (old.headers.get("Retry-After"), new.headers.get("Retry-After")) == ("1", None)


def test_unknown_sessions_are_404(client):
    """An id that no session has answers 404 with the document's sentence."""
    for path in ("v1/check-sessions/{}", "v2/check-sessions/{}", "v2/check-sessions/{}/completion"):
        answer = client.get("/" + path.format(UNKNOWN))
        assert (answer.status_code, answer.json()["message"]) == (404, "No such check session.")


def test_cancel_stops_playwright_suites_only(client):
    """Cancel ends a Playwright Check Suite as CANCELLED (v1 calls it TIMED_OUT) and leaves other checks running."""
    suite, other = (client.session([tag])["checkSessionId"] for tag in ("suite", "slow"))
    for session_id in (suite, other):
        assert client.ask("POST", f"/v1/check-sessions/{session_id}/cancel", json={}).status_code == 204
    new = client.completion(suite, seconds=10).json()
    old = client.completion(suite, seconds=10, version="v1").json()
    assert (new["status"], old["status"]) == ("CANCELLED", "TIMED_OUT")
    assert old["results"][0]["isCancelled"] is True
    assert client.completion(other).status_code == 408


def test_checks_are_filtered_and_paged(client, ids):
    """The list of checks takes limit, page, tag (any of), search, checkType and status, and tells the total."""
    page = client.get("/v1/checks", params={"limit": 2, "page": 2})
    assert [check["name"] for check in page.json()] == ["Suite", "Off"]
    assert page.headers["Content-Range"] == "2-3/5"

    def names(**query):
        return [check["name"] for check in client.get("/v1/checks", params=query).json()]

    assert names(tag=["slow", "suite"]) == ["Slow", "Suite"]
    assert names(search="FAS") == ["Fast"]
    assert names(checkType="PLAYWRIGHT") == ["Suite"]
    assert names(limit=100) == ["Fast", "Slow", "Suite", "Off", "Grouped"]
    assert client.get("/v1/checks", params={"limit": 101}).status_code == 400
    assert client.get("/v1/checks", params={"page": 9}).json() == []
    assert ids["fast"] == client.get("/v1/checks", params={"limit": 1}).json()[0]["id"]


def test_the_same_seed_gives_the_same_ids(make_client):
    """Two servers with one scenario and seed give the same session ids, another seed gives others."""
    found = []
    for seed in (3, 3, 4):
        with LocalCheckly({"checks": [{"name": "x", "tags": ["t"]}]}, seed=seed) as one:
            client = make_client(one)
            found.append([client.session(["t"])["checkSessionId"] for _ in range(3)])
    assert found[0] == found[1] != found[2]
    assert len(set(found[0])) == 3
