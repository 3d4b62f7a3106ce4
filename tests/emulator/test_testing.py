"""
LocalCheckly, which users use in their own tests.

The pytest fixture and the examples in the documentation run in ``tests/docs``.
"""

import subprocess
import sys
import threading

import pytest
import requests

from checkly_dynamic.emulator.problems import ScenarioError
from checkly_dynamic.emulator.testing import LocalCheckly


def test_pytest_is_not_needed():
    """The module can be imported and used where pytest is not installed."""
    code = (
        "import sys; sys.modules['pytest'] = None\n"
        "from checkly_dynamic.emulator.testing import LocalCheckly\n"
        "with LocalCheckly() as server: print(server.requests)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert (found.stdout, found.stderr) == ("[]\n", "")


def test_triggers_are_those_that_started_sessions(server, client):
    """Triggers that are refused or match nothing do not count; one whose answer was lost does."""
    client.trigger({"matchTags": [["nothing"]]})
    client.trigger({"matchTags": [[1]]})
    server.add_fault(route="trigger", drop="after", nth=1)
    with pytest.raises(requests.ConnectionError):
        client.trigger({"matchTags": [["fast"]]})
    assert [entry["status"] for entry in server.triggers] == [None]
    assert len(server.requests) == 3


def test_a_bad_scenario_does_not_start(server, client):
    """A bad scenario is refused before anything listens; a bad replacement keeps the old one."""
    with pytest.raises(ScenarioError, match="'check' was unexpected"):
        LocalCheckly({"check": []})
    with pytest.raises(ScenarioError):
        server.scenario({"checks": 1})
    assert client.ask("PUT", "/_emulator/scenario", json={"checks": 1}).status_code == 400
    assert len(client.get("/_emulator/state").json()["checks"]) == 5
    assert client.ask("PUT", "/_emulator/scenario", json={"checks": []}).status_code == 204
    assert client.get("/_emulator/state").json()["checks"] == []


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
