"""A local Checkly for each test, and a small client that knows nothing of the library's own."""

from __future__ import annotations

import pytest
import requests

from checkly_dynamic.emulator.testing import LocalCheckly

# Ids that the tests name; any uuid would do.
FAST, SLOW, SUITE, OFF, GROUPED = (f"{digit * 8}-0000-4000-8000-000000000000" for digit in "12345")

SCENARIO = {
    "rateLimit": None,
    "groups": [{"id": 7, "name": "Backend", "tags": ["backend"]}],
    "checks": [
        {"id": FAST, "name": "Fast", "tags": ["production", "fast"], "seconds": 0, "outcomes": ["PASSED"]},
        {"id": SLOW, "name": "Slow", "tags": ["production", "slow"], "seconds": 60, "outcomes": ["FAILED"]},
        {"id": SUITE, "name": "Suite", "checkType": "PLAYWRIGHT", "tags": ["suite"], "seconds": 60},
        {"id": OFF, "name": "Off", "tags": ["production"], "activated": False},
        {"id": GROUPED, "name": "Grouped", "tags": ["own"], "groupId": 7, "seconds": 0},
    ],
}


class Client:
    """Plain HTTP with the headers that Checkly asks for."""

    def __init__(self, server: LocalCheckly) -> None:
        self.url = server.url
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update(
            {"Authorization": "Bearer made-up", "X-Checkly-Account": server.env["CHECKLY_ACCOUNT_ID"]}
        )

    def ask(self, method, path, **options):
        """Send one request; the answer is never followed or retried."""
        return self.http.request(method, self.url + path, timeout=40, allow_redirects=False, **options)

    def get(self, path, **options):
        """Send a GET."""
        return self.ask("GET", path, **options)

    def trigger(self, target=None, version="v1", **options):
        """Send a trigger; without a target, the whole account."""
        body = {} if target is None else {"target": target}
        return self.ask("POST", f"/{version}/check-sessions/trigger", json=body, **options)

    def trigger_tests(self, target=None, **body):
        """Trigger a test session; without a target, with all checks that are activated."""
        body = {"name": "test", "runLocation": "eu-west-1", **({"target": target} if target else {}), **body}
        return self.ask("POST", "/v1/test-sessions/trigger", json=body)

    def complete_tests(self, session_id, seconds=1):
        """Ask for the completion of a test session."""
        return self.get(f"/v1/test-sessions/{session_id}/completion", params={"maxWaitSeconds": seconds})

    def session(self, tags, version="v1"):
        """Trigger checks by one tag group and return the first session."""
        return self.trigger({"matchTags": [tags]}, version).json()["sessions"][0]

    def completion(self, session_id, seconds=1, version="v2"):
        """Ask for the completion of a session."""
        return self.get(f"/{version}/check-sessions/{session_id}/completion", params={"maxWaitSeconds": seconds})


@pytest.fixture(scope="session")
def one_server():
    """Run one server for all tests, as starting and stopping takes longer than most of them."""
    with LocalCheckly(SCENARIO) as running:
        yield running


@pytest.fixture
def server(one_server):
    """Give a local Checkly that starts from the tests' scenario; no answer of the test may break the document."""
    one_server.scenario(SCENARIO)
    yield one_server
    assert one_server.violations == []


@pytest.fixture
def client(server):
    """Give a client of that server."""
    found = Client(server)
    yield found
    found.http.close()


@pytest.fixture
def make_client():
    """Give a function that makes a client of any server."""
    made = []

    def make(server):
        made.append(Client(server))
        return made[-1]

    yield make
    for one in made:
        one.http.close()


@pytest.fixture
def ids():
    """Give the ids of the scenario's checks by name."""
    return {"fast": FAST, "slow": SLOW, "suite": SUITE, "off": OFF, "grouped": GROUPED}
