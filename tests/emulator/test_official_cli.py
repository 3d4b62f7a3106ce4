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
BROKEN = "66666666-0000-4000-8000-000000000000"
SCENARIO = {
    "checks": [
        {"name": "Home", "tags": ["production", "web"], "seconds": 1, "locations": ["eu-west-1", "us-east-1"]},
        {"name": "Search", "tags": ["production", "api"], "seconds": 0.5},
        {"id": BROKEN, "name": "Broken", "tags": ["broken"], "seconds": 0.2, "outcomes": ["FAILED"]},
    ]
}
pytestmark = pytest.mark.timeout(INSTALL_SECONDS + SECONDS)


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
    server.scenario(SCENARIO)
    path = f"{checkly / 'node' / 'bin'}:{os.environ['PATH']}"
    own = {"CHECKLY_ENV": "local", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "CI": "1"}
    options = {"env": {**server.env, **own, "PATH": path}, "cwd": tmp_path, "timeout": SECONDS}
    program = str(checkly / ".bin" / "checkly")
    return lambda *arguments: subprocess.run(
        [program, "checks", "run", *arguments], capture_output=True, text=True, check=False, **options
    )


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
