"""A local Checkly for each test, and a small client that does not use the library's own."""

import pytest
import requests
from browser import browser, chromium  # noqa: F401 - fixtures are used by their names

from checkly_dynamic.emulator.testing import LocalCheckly

UNKNOWN = "99999999-0000-4000-8000-000000000000"
SCENARIO = {
    "rateLimit": None,
    "groups": [{"id": 7, "name": "Backend", "tags": ["backend"]}],
    "checks": [
        {"name": "Fast", "tags": ["production", "fast"], "seconds": 0},
        {"name": "Slow", "tags": ["production", "slow"], "seconds": 60, "outcomes": ["FAILED"]},
        {"name": "Suite", "checkType": "PLAYWRIGHT", "tags": ["suite"], "seconds": 60},
        {"name": "Off", "tags": ["production"], "activated": False},
        {"name": "Grouped", "tags": ["own"], "groupId": 7, "seconds": 0},
    ],
}


class Client:
    """Plain HTTP with the headers that Checkly requires, without redirects and retries."""

    def __init__(self, server: LocalCheckly) -> None:
        self.url = server.url
        self.headers = {"Authorization": "Bearer made-up", "X-Checkly-Account": server.env["CHECKLY_ACCOUNT_ID"]}

    def ask(self, method, path, headers=None, **options):
        """Send one request."""
        with requests.Session() as http:
            http.trust_env = False
            headers = self.headers | (headers or {})
            return http.request(method, self.url + path, timeout=40, allow_redirects=False, headers=headers, **options)

    def get(self, path, **options):
        """Send a GET."""
        return self.ask("GET", path, **options)

    def trigger(self, target=None, version="v1", **options):
        """Send a trigger; without a target, the whole account."""
        body = {"target": target} if target else {}
        return self.ask("POST", f"/{version}/check-sessions/trigger", json=body, **options)

    def session(self, *tags, version="v1"):
        """Trigger checks by one tag group and return the first session."""
        return self.trigger({"matchTags": [tags]}, version).json()["sessions"][0]

    def completion(self, session_id, seconds=1, kind="v2/check"):
        """Request the completion of a session of this kind."""
        return self.get(f"/{kind}-sessions/{session_id}/completion", params={"maxWaitSeconds": seconds})

    def trigger_tests(self, target=None, **body):
        """Trigger a test session; without a target, with all checks that are activated."""
        body = {"name": "test", "runLocation": "eu-west-1", **({"target": target} if target else {}), **body}
        return self.ask("POST", "/v1/test-sessions/trigger", json=body)


@pytest.fixture(scope="session")
def one_server():
    """Run one server for all tests, as starting and stopping takes longer than most of them."""
    with LocalCheckly(SCENARIO) as running:
        yield running


@pytest.fixture
def server(one_server):
    """Yield a local Checkly with the tests' scenario; no answer in a test may break the document."""
    one_server.scenario(SCENARIO)
    yield one_server
    assert one_server.violations == []


@pytest.fixture
def one_check(server):
    """Return a function that loads a scenario with one check, which by default ends at once."""
    return lambda **check: server.scenario({"checks": [{"name": "One", "tags": ["t"], "seconds": 0, **check}]})


@pytest.fixture(scope="session")
def make_client():
    """Return a function that makes a client of any server."""
    return Client


@pytest.fixture
def client(server):
    """Return a client of the server."""
    return Client(server)


@pytest.fixture
def ids(client):
    """Return the ids of the scenario's checks by name, and an unknown one."""
    checks = client.get("/_emulator/state").json()["checks"]
    return {"unknown": UNKNOWN, **{check["name"].lower(): check["id"] for check in checks}}
