"""
Checkly's own command-line tool against the local Checkly.

It is installed, unchanged, with its own Node, into a folder of the user's cache that all checkouts share.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

CLI, NODE = "checkly@9.5.0", "node@22.23.3"  # the tool needs Node 22.13 or newer
INSTALL_SECONDS = 240
SECONDS = 60


@pytest.fixture(scope="session")
def checkly():
    """Install the tool once and give its folder of programs; what cannot be installed fails the test."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "checkly-dynamic"
    folder = cache / f"official-cli-{CLI}-{NODE}".replace("@", "-")
    if not (folder / "node_modules" / ".bin" / "checkly").exists():
        npm = shutil.which("npm")
        assert npm, "Checkly's own tool comes from npm: install Node.js with npm"
        cache.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=cache))
        command = [npm, "install", "--prefix", str(fresh), "--no-audit", "--no-fund", "--loglevel=error", CLI, NODE]
        run = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False, cwd=fresh)
        assert run.returncode == 0, f"npm could not install {CLI} and {NODE}:\n{run.stderr}"
        # Renamed when it is whole, so that a broken installation is never found by the next run. Where another worker
        # was faster, its folder is as good.
        with contextlib.suppress(OSError):
            fresh.rename(folder)
        shutil.rmtree(fresh, ignore_errors=True)
    return folder / "node_modules"


@pytest.fixture
def run(checkly, server, tmp_path):
    """Give a function that runs the tool in an empty folder, pointed at the local Checkly by its own variables."""
    env = {
        **server.env,
        "CHECKLY_ENV": "local",
        "PATH": f"{checkly / 'node' / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
        "NO_COLOR": "1",
        "CI": "1",
    }

    def call(*arguments):
        command = [str(checkly / ".bin" / "checkly"), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=SECONDS, check=False, env=env, cwd=tmp_path
        )

    return call


SCENARIO = {
    "checks": [
        {"name": "Home", "tags": ["production", "web"], "seconds": 1, "locations": ["eu-west-1", "us-east-1"]},
        {"name": "Search", "tags": ["production", "api"], "seconds": 0.5},
        {"name": "Broken", "tags": ["broken"], "seconds": 0.2, "outcomes": ["FAILED"]},
        {"name": "Endless", "tags": ["endless"], "seconds": 600},
        {"name": "Off", "tags": ["production"], "activated": False},
    ],
}


@pytest.mark.timeout(INSTALL_SECONDS + SECONDS)
def test_checks_run_with_tags_and_json(run, server):
    """``checks run --tags … --output json`` triggers once, waits for all sessions, and ends with 0."""
    server.scenario(SCENARIO)
    found = run("checks", "run", "--tags", "production", "--timeout", "30", "--output", "json")
    assert found.returncode == 0, found.stdout + found.stderr
    sessions = json.loads(found.stdout)["sessions"]
    assert {(session["name"], session["status"]) for session in sessions} == {("Home", "PASSED"), ("Search", "PASSED")}
    assert sorted(len(session["results"]) for session in sessions) == [1, 2]
    assert len(server.triggers) == 1
    assert {entry["status"] for entry in server.requests} == {200, 201}


@pytest.mark.timeout(INSTALL_SECONDS + SECONDS)
def test_checks_run_combines_tags(run, server):
    """Commas mean AND, a repeated flag means OR."""
    server.scenario(SCENARIO)
    found = run("checks", "run", "--tags", "production,api", "--tags", "broken", "--detach", "--output", "json")
    assert {session["name"] for session in json.loads(found.stdout)["sessions"]} == {"Search", "Broken"}
    assert server.triggers[0]["body"]["target"]["matchTags"] == [["production", "api"], ["broken"]]


@pytest.mark.timeout(INSTALL_SECONDS + SECONDS)
def test_checks_run_by_id_fails_with_a_failed_check(run, server):
    """``checks run --check-id`` runs that check, shows its failure and link, and ends with 1."""
    server.scenario(SCENARIO)
    check_id = server._server.call(lambda: next(c.id for c in server._app.store.checks.values() if c.name == "Broken"))
    found = run("checks", "run", "--check-id", check_id)
    assert found.returncode == 1
    assert "Broken" in found.stdout
    assert f"{server.url}/accounts/" in found.stdout


@pytest.mark.timeout(INSTALL_SECONDS + SECONDS)
def test_checks_run_times_out(run, server):
    """``checks run --timeout 1`` meets a 408 and ends with 1 in its own words."""
    server.scenario(SCENARIO)
    found = run("checks", "run", "--tags", "endless", "--timeout", "1")
    assert found.returncode == 1
    assert "Timed out waiting for check sessions" in found.stdout + found.stderr
    assert server.requests[-1]["status"] == 408


@pytest.mark.timeout(INSTALL_SECONDS + SECONDS)
def test_checks_run_without_a_match(run, server):
    """A target that matches nothing is told as the tool tells it, with status 1, or 0 when it is asked to."""
    server.scenario(SCENARIO)
    assert run("checks", "run", "--tags", "nothing").returncode == 1
    assert run("checks", "run", "--tags", "nothing", "--no-fail-on-no-matching").returncode == 0


@pytest.mark.timeout(INSTALL_SECONDS + SECONDS)
def test_a_refused_key_is_told(run, server):
    """A key that the scenario does not know is refused by the tool before anything is triggered."""
    key = server.env["CHECKLY_API_KEY"]
    server.scenario({**SCENARIO, "apiKey": "another-" + key})
    found = run("checks", "run", "--tags", "production")
    assert found.returncode != 0
    assert "Authentication failed" in found.stdout + found.stderr
    assert server.triggers == []


@pytest.mark.timeout(INSTALL_SECONDS + SECONDS)
def test_checks_list(run, server):
    """``checks list`` shows the checks of the scenario with their state."""
    server.scenario(SCENARIO)
    found = run("checks", "list")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "5 total checks" in found.stdout


@pytest.mark.timeout(INSTALL_SECONDS + 4 * SECONDS)
def test_test_sessions_are_listed_watched_and_explained(run, server, client):
    """
    ``test-sessions list`` and ``get``, also with ``--watch`` and ``--result``, show what the local Checkly has run.

    The tool starts test sessions through endpoints that are not in the API document, so that part is not served here.
    """
    server.scenario(SCENARIO)
    target = {"matchTags": [["production", "web"], ["broken"]]}
    session = client.trigger_tests(target, name="preview 1").json()["testSessionId"]
    watched = run("test-sessions", "get", session, "--watch", "--output", "json")
    assert watched.returncode == 0, watched.stdout + watched.stderr
    ended = json.loads(watched.stdout)
    assert (ended["testSessionId"], ended["status"]) == (session, "FAILED")
    by_name = {result["name"]: result for result in ended["results"]}
    assert (by_name["Home"]["status"], by_name["Broken"]["status"]) == ("PASSED", "FAILED")
    listed = json.loads(run("test-sessions", "list", "--output", "json").stdout)
    assert session in json.dumps(listed)
    shown = run("test-sessions", "get", session)
    assert (shown.returncode, "preview 1" in shown.stdout, "Broken" in shown.stdout) == (0, True, True)
    result = run("test-sessions", "get", session, "--result", by_name["Broken"]["testSessionResultId"])
    assert (result.returncode, "Broken" in result.stdout) == (0, True), result.stdout + result.stderr
