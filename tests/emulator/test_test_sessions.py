"""Test sessions over HTTP: the promises of the API document."""

import time

import pytest

SECRET = "made-up-secret-value"


def rows(session):
    """Return name, type and status of each row."""
    return [(row["name"], row["resultType"], row["status"]) for row in session["results"]]


def test_a_trigger_starts_one_session_for_all_checks(client, ids):
    """One test session runs the checks of the target in one location, and its rows are PENDING until they have ended."""
    session = client.trigger_tests({"matchTags": [["production"]]}, runLocation="ap-south-1").json()
    assert (session["name"], session["status"]) == ("test", "RUNNING")
    assert rows(session) == [("Fast", "FINAL", "PASSED"), ("Slow", "PENDING", "RUNNING")]
    assert [row["checkId"] for row in session["results"]] == [ids["fast"], ids["slow"]]
    assert {row["runLocation"] for row in session["results"]} == {"ap-south-1"}
    assert client.get(f"/v1/test-sessions/{session['testSessionId']}").json()["results"] == session["results"]


def test_deactivated_checks_may_be_allowed(client):
    """With allowDeactivated, deactivated checks match; without it they do not."""
    assert "Off" not in str(client.trigger_tests().json())
    assert "Off" in str(client.trigger_tests({"matchTags": [["production"]], "allowDeactivated": True}).json())


@pytest.mark.parametrize(("outcome", "flags", "status"), [
    ("DEGRADED", {"isDegraded"}, "PASSED"),
    ("TIMED_OUT", {"hasErrors", "aborted"}, "FAILED"),
    ("CANCELLED", {"aborted"}, "CANCELLED"),
])  # fmt: skip
def test_each_ending_has_its_flags(client, one_check, outcome, flags, status):
    """Row and session say how a run ended, in the words of test sessions."""
    one_check(outcomes=[outcome])
    session = client.trigger_tests().json()
    row = session["results"][0]
    assert (session["status"], row["status"]) == (status, status)
    assert {key for key in ("hasErrors", "hasFailures", "isDegraded", "aborted") if row[key]} == flags


@pytest.mark.parametrize(("strategy", "outcome", "attempts", "status"), [
    (None, "FAILED", 0, "FAILED"),
    ({"type": "FIXED", "maxRetries": 3}, {"status": "PASSED", "failedAttempts": 2}, 2, "PASSED"),
    ({"type": "LINEAR", "maxRetries": 1}, {"status": "PASSED", "failedAttempts": 2}, 1, "FAILED"),
])  # fmt: skip
def test_retries_are_attempt_rows(client, one_check, *, strategy, outcome, attempts, status):
    """A bad run is tried again as often as the retry strategy allows; each failed attempt has its own row."""
    one_check(outcomes=[outcome])
    session = client.trigger_tests(**({"retryStrategy": strategy} if strategy else {})).json()
    assert [row["resultType"] for row in session["results"]] == ["ATTEMPT"] * attempts + ["FINAL"]
    assert session["status"] == status


def test_completion_waits_for_the_longest_run(server, client):
    """The completion answers 408 while a run goes on, and the whole session when the last one has ended."""
    server.scenario({"checks": [{"name": "A", "seconds": 0}, {"name": "B", "seconds": 1.4}]})
    session_id = client.trigger_tests().json()["testSessionId"]
    assert client.completion(session_id, kind="v1/test").status_code == 408
    started = time.monotonic()
    done = client.completion(session_id, 30, "v1/test")
    assert time.monotonic() - started < 5
    assert rows(done.json()) == [("A", "FINAL", "PASSED"), ("B", "FINAL", "PASSED")]
    assert done.json() == client.get(f"/v1/test-sessions/{session_id}").json()


def test_cancel_stops_playwright_runs(client, ids):
    """Cancel ends the Playwright runs of a session, all or those with a sequence id."""
    session = client.trigger_tests({"matchTags": [["suite"]]}).json()
    path = f"/v1/test-sessions/{session['testSessionId']}"
    sequence = client.get(f"{path}/results/{session['results'][0]['testSessionResultId']}").json()["sequenceId"]
    for sequence_id, status in ((ids["unknown"], "RUNNING"), (sequence, "CANCELLED")):
        assert client.ask("POST", path + "/cancel", json={"sequenceId": [sequence_id]}).status_code == 204
        client.completion(session["testSessionId"], kind="v1/test")
        assert client.get(path).json()["status"] == status
    assert client.ask("POST", path + "/cancel", json={"all": True}).status_code == 400


def test_secret_variables_are_masked_but_journalled(server, client):
    """The page and the records mask a secret variable; the journal holds the body exactly as it was received."""
    variables = [{"key": "TOKEN", "value": SECRET, "secret": True}, {"key": "URL", "value": "https://v2.test"}]
    session = client.trigger_tests(environmentVariables=variables).json()
    record = server.test_sessions[session["testSessionId"]]
    assert [item["value"] for item in record["environmentVariables"]] == ["***", "https://v2.test"]
    assert SECRET not in client.get("/_emulator/state").text + str(server.test_sessions) + str(session)
    assert server.triggers[-1]["body"]["environmentVariables"] == variables


def test_a_variable_can_make_a_version_bad(client, one_check):
    """With outcomesByVariable, a version whose URL is in the variable fails and another passes, run by run."""
    one_check(outcomesByVariable={"ENVIRONMENT_URL": {"v2": ["FAILED", "PASSED"]}})

    def status(version):
        variables = [{"key": "ENVIRONMENT_URL", "value": f"https://{version}.test"}]
        return client.trigger_tests(environmentVariables=variables).json()["status"]

    assert [status(version) for version in ("v1", "v2", "v1", "v2")] == ["PASSED", "FAILED", "PASSED", "PASSED"]
    assert client.session("t")["status"] == "PASSED"


def test_a_test_session_does_not_change_a_check(client, one_check):
    """Test sessions raise no alerts: the status of the check stays as it was."""
    one_check(outcomes=["FAILED"])
    client.trigger_tests()
    assert client.get("/v1/check-statuses").json()[0]["hasFailures"] is False
