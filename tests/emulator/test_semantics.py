"""Check sessions and checks over HTTP: the promises of the API document."""

import time

import pytest

from checkly_dynamic.emulator.testing import LocalCheckly


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize(("tags", "checks", "names"), [
    ([["production", "!slow"], ["suite"]], [], {"Fast", "Suite"}),
    ([["backend"]], [], {"Grouped"}),
    ([["own", "!backend"]], [], set()),
    ([["production"]], ["fast", "suite"], {"Fast"}),
    ([], ["off"], set()),
    ([], [], {"Fast", "Slow", "Suite", "Grouped"}),
])  # fmt: skip
def test_tags_follow_the_documented_rules(client, ids, *, version, tags, checks, names):
    """Groups are OR, tags in one are AND, ``!`` excludes, group tags count, and deactivated checks never run."""
    answer = client.trigger({"matchTags": tags, "checkId": [ids[name] for name in checks]}, version)
    assert {session["name"] for session in answer.json().get("sessions", [])} == names
    assert answer.status_code == (201 if names else 404)
    assert names or answer.json()["message"] == "No matching checks were found."


@pytest.mark.parametrize(("outcome", "progress", "types"), [
    ("PASSED", "PROGRESS", ["FINAL", "FINAL"]),
    ({"status": "PASSED", "failedAttempts": 2}, "PROGRESS_FAILED", ["ATTEMPT", "ATTEMPT", "FINAL", "FINAL"]),
])  # fmt: skip
def test_statuses_over_time_end_with_results(client, one_check, outcome, progress, types):
    """A session is STARTED, in PROGRESS, then final with a FINAL result for each location and each failed ATTEMPT."""
    locations = ["eu-west-1", "us-east-1"]
    one_check(seconds=0.6, locations=locations, outcomes=[outcome])
    session = client.session("t")
    assert (session["status"], session["stoppedAt"]) == ("STARTED", None)
    seen = {"STARTED"}
    while "PASSED" not in seen:
        final = client.get(f"/v2/check-sessions/{session['checkSessionId']}").json()
        seen.add(final["status"])
    assert progress in seen
    assert seen <= {"STARTED", "PROGRESS", progress, "PASSED"}
    assert final["stoppedAt"] > final["startedAt"]
    assert [row["resultType"] for row in final["results"]] == types
    assert all(row["hasFailures"] is (row["resultType"] == "ATTEMPT") for row in final["results"])
    assert [row["runLocation"] for row in final["results"][-2:]] == locations


def test_completion_answers_408_when_the_time_is_up(client):
    """A session that still runs gives 408 after maxWaitSeconds, and v1 adds Retry-After."""
    session_id = client.session("slow")["checkSessionId"]
    started = time.monotonic()
    old, new = (client.completion(session_id, kind=f"{version}/check") for version in ("v1", "v2"))
    assert time.monotonic() - started >= 1.9
    assert (old.status_code, new.status_code) == (408, 408)
    assert old.json()["error"] == "Request Time-out"
    assert (old.headers.get("Retry-After"), new.headers.get("Retry-After")) == ("1", None)


def test_unknown_sessions_are_404(client, ids):
    """An unknown id is answered with 404, for check sessions with the document's message."""
    unknown, known = ids["unknown"], client.trigger_tests().json()["testSessionId"]
    for path in ("v1/check-sessions/{}", "v2/check-sessions/{}", "v2/check-sessions/{}/completion"):
        answer = client.get("/" + path.format(unknown))
        assert (answer.status_code, answer.json()["message"]) == (404, "No such check session.")
    for path in (unknown, f"{unknown}/completion", f"{unknown}/results/{unknown}", f"{known}/results/{unknown}"):
        assert client.get(f"/v1/test-sessions/{path}").status_code == 404
    for kind in ("check", "test"):
        assert client.ask("POST", f"/v1/{kind}-sessions/{unknown}/cancel", json={}).status_code == 404


def test_cancel_stops_playwright_suites_only(client):
    """Cancel ends a Playwright Check Suite as CANCELLED (v1 calls it TIMED_OUT) and leaves other checks running."""
    suite, other = (client.session(tag)["checkSessionId"] for tag in ("suite", "slow"))
    for session_id in (suite, other):
        assert client.ask("POST", f"/v1/check-sessions/{session_id}/cancel", json={}).status_code == 204
    old, new = (client.completion(suite, 10, f"{version}/check").json() for version in ("v1", "v2"))
    assert (new["status"], old["status"]) == ("CANCELLED", "TIMED_OUT")
    assert old["results"][0]["isCancelled"] is True
    assert client.completion(other).status_code == 408


def test_checks_are_filtered_and_paged(client):
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
    assert names(page=9) == names(status="failing") == []
    assert client.get("/v1/checks", params={"limit": 101}).status_code == 400


def test_the_same_seed_gives_the_same_ids(make_client):
    """Two servers with one scenario and seed give the same session ids, another seed gives others."""
    found = []
    for seed in (3, 3, 4):
        with LocalCheckly({"checks": [{"name": "x", "tags": ["t"]}]}, seed=seed) as one:
            found.append([make_client(one).session("t")["checkSessionId"] for _ in range(3)])
    assert found[0] == found[1] != found[2]
    assert len(set(found[0])) == 3
