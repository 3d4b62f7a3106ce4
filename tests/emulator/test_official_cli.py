"""Checkly's own command-line tool against the local Checkly."""

import json

import checkly_cli
import pytest

BROKEN = "66666666-0000-4000-8000-000000000000"
SCENARIO = {
    "checks": [
        {"name": "Home", "tags": ["production", "web"], "seconds": 1, "locations": ["eu-west-1", "us-east-1"]},
        {"name": "Search", "tags": ["production", "api"], "seconds": 0.5},
        {"id": BROKEN, "name": "Broken", "tags": ["broken"], "seconds": 0.2, "outcomes": ["FAILED"]},
    ]
}
pytestmark = pytest.mark.timeout(checkly_cli.INSTALL_SECONDS + 60)


@pytest.fixture
def run(server, tmp_path):
    """Return a function that runs the tool in an empty folder; its own variables point to the local Checkly."""
    server.scenario(SCENARIO)
    return lambda *arguments: checkly_cli.run(*arguments, folder=tmp_path, env=server.env)


def test_checks_run_with_tags_and_json(run, server):
    """``checks run --tags … --output json`` triggers once, waits for all sessions, and ends with 0; commas mean AND."""
    found = run("--tags", "production,web", "--tags", "api", "--timeout", "30", "--output", "json")
    assert found.returncode == 0, found.stdout + found.stderr
    sessions = json.loads(found.stdout)["sessions"]
    assert {(session["name"], session["status"]) for session in sessions} == {("Home", "PASSED"), ("Search", "PASSED")}
    assert sorted(len(session["results"]) for session in sessions) == [1, 2]
    assert [entry["body"]["target"]["matchTags"] for entry in server.triggers] == [[["production", "web"], ["api"]]]
    assert {entry["status"] for entry in server.requests} == {200, 201}


def test_checks_run_by_id_fails_with_a_failed_check(run, server):
    """``checks run --check-id`` runs that check, shows its failure and link, and ends with 1."""
    found = run("--check-id", BROKEN)
    assert found.returncode == 1
    assert "Broken" in found.stdout
    assert f"{server.url}/accounts/" in found.stdout
