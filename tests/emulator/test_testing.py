"""What users get for their own tests: LocalCheckly and the pytest fixture."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest
import requests

from checkly_dynamic.emulator.problems import ScenarioError
from checkly_dynamic.emulator.testing import LocalCheckly, local_checkly  # noqa: F401 - the fixture is used by its name

TEST_OF_A_USER = """
import requests

def deploy(env):
    headers = {"Authorization": "Bearer " + env["CHECKLY_API_KEY"], "X-Checkly-Account": env["CHECKLY_ACCOUNT_ID"]}
    body = {"target": {"matchTags": [["production"]]}}
    return requests.post(env["CHECKLY_API_URL"] + "/v1/check-sessions/trigger", json=body, headers=headers)

def test_deployment_triggers_once(local_checkly):
    deploy(env=local_checkly.env)
    assert len(local_checkly.triggers) == 1
"""


@pytest.mark.parametrize("import_it", [
    "from checkly_dynamic.emulator.testing import local_checkly",
    'pytest_plugins = ["checkly_dynamic.emulator.testing"]',
])  # fmt: skip
def test_the_documented_example_passes(tmp_path, import_it):
    """The example of the documentation passes, with the fixture imported or named as a plugin."""
    (tmp_path / "conftest.py").write_text(import_it)
    (tmp_path / "test_user.py").write_text(TEST_OF_A_USER)
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=env)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "1 passed" in run.stdout


def test_pytest_is_not_needed():
    """The module can be imported and used where pytest is not installed."""
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "from checkly_dynamic.emulator.testing import LocalCheckly\n"
        "with LocalCheckly() as server: print(server.requests)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_the_fixture_serves_the_demo(local_checkly):  # noqa: F811 - that is how fixtures are used
    """The fixture is a fresh server with the demo scenario."""
    assert local_checkly.url.startswith("http://127.0.0.1:")
    assert set(local_checkly.env) == {"CHECKLY_API_KEY", "CHECKLY_ACCOUNT_ID", "CHECKLY_API_URL"}
    assert (local_checkly.requests, local_checkly.triggers, local_checkly.sessions) == ([], [], {})


def test_triggers_are_those_that_started_sessions(server, client):
    """Refused and fruitless triggers do not count, one whose answer was lost does."""
    client.trigger({"matchTags": [["nothing"]]})
    client.trigger({"matchTags": [[1]]})
    server.add_fault(route="trigger", drop="after", nth=1)
    with pytest.raises(requests.ConnectionError):
        client.trigger({"matchTags": [["fast"]]})
    assert [entry["status"] for entry in server.triggers] == [None]
    assert len(server.requests) == 3


def test_a_bad_scenario_does_not_start():
    """A bad scenario is refused before anything listens; a bad replacement keeps the old one."""
    with pytest.raises(ScenarioError, match="scenario: unknown key 'check'"):
        LocalCheckly({"check": []})
    with LocalCheckly({"checks": [{"name": "a"}]}) as running:
        with pytest.raises(ScenarioError):
            running.scenario({"checks": 1})
        assert len(requests.get(running.url + "/_emulator/scenario", timeout=5).json()["checks"]) == 1


def test_stopping_lets_long_polls_go(make_client):
    """Leaving the block does not wait for open polls, and nothing listens afterwards."""
    with LocalCheckly({"checks": [{"name": "x", "tags": ["t"], "seconds": 600}]}) as running:
        client = make_client(running)
        session_id = client.session("t")["checkSessionId"]
        answers = []
        poll = threading.Thread(target=lambda: answers.append(client.completion(session_id, 30).status_code))
        poll.start()
        while client.get("/_emulator/counters").json()["openPolls"] == 0:
            pass
    poll.join(5)
    assert answers == [404]
    with pytest.raises(requests.ConnectionError):
        requests.get(running.url, timeout=5)
