"""What each request needs: a key, an account, a valid body; and the rate limit."""

import json

import pytest

from checkly_dynamic.emulator.document import operations

ACCOUNT = "22222222-0000-4000-8000-000000000000"
KEY = "cu_made_up_0123456789"


@pytest.mark.parametrize(("key", "account", "status", "words"), [
    (None, None, 401, "Authorization: Bearer"),
    ("Bearer ", ACCOUNT, 401, "Authorization: Bearer"),
    ("Bearer x", None, 401, "X-Checkly-Account"),
    ("Bearer x", "nonsense", 400, "not a uuid"),
    ("Bearer x", ACCOUNT, 200, ""),
])  # fmt: skip
def test_key_and_account_are_required(client, *, key, account, status, words):
    """Without a key or an account the answer says which header to send; any made-up ones are accepted."""
    answer = client.get("/v1/checks", headers={"Authorization": key, "X-Checkly-Account": account})
    assert answer.status_code == status
    assert words in answer.text


def test_a_scenario_can_name_key_and_account(server, client):
    """With apiKey and accountId in the scenario, other keys get 401 and other accounts 403."""
    server.scenario({"apiKey": KEY, "accountId": ACCOUNT, "checks": []})
    assert (server.env["CHECKLY_API_KEY"], server.env["CHECKLY_ACCOUNT_ID"]) == (KEY, ACCOUNT)
    for key, account, status in (("x", ACCOUNT, 401), (KEY, ACCOUNT.replace("2", "3"), 403), (KEY, ACCOUNT, 200)):
        headers = {"Authorization": f"Bearer {key}", "X-Checkly-Account": account}
        assert client.get("/v1/checks", headers=headers).status_code == status


def test_no_key_is_kept(server, client):
    """The journal and the page's state never hold a key."""
    server.scenario({"apiKey": KEY, "checks": []})
    client.get("/v1/checks", headers={"Authorization": f"Bearer {KEY}", "Cookie": f"session={KEY}"})
    shown = [client.get(f"/_emulator/{path}").text for path in ("journal", "state", "counters")]
    assert KEY not in "".join(shown) + json.dumps(server.requests)
    assert server.requests[0]["headers"]["authorization"] == f"Bearer ***({len(KEY)} characters)"


@pytest.mark.parametrize(("body", "status", "words"), [
    (b'{"target": {"matchTags": [[1]]}}', 400, "body.target.matchTags[0]"),
    (b"\xff\xfe", 400, "body: not JSON"),
    (b"[" * 3000, 400, "body: not JSON: nested too deeply"),
    (b'{"refreshCache": 1e999}', 400, "body: not JSON"),
    (b" " * (1024 * 1024 + 1), 413, "the body is larger than 1048576 bytes"),
])  # fmt: skip
def test_bad_bodies_start_nothing(server, client, body, status, words):
    """A body that breaks the document or is above 1 MiB is refused with a sentence, and no session starts."""
    for path in ("/v1/check-sessions/trigger", "/v2/check-sessions/trigger"):
        answer = client.ask("POST", path, data=body)
        assert answer.status_code == status
        assert answer.json()["message"].startswith(words)
    assert client.ask("POST", "/v1/test-sessions/trigger", data=body).status_code == status
    assert (server.sessions, server.test_sessions) == ({}, {})


@pytest.mark.parametrize("odd", ["", "..", "%00", "%ED%A0%80", "a" * 3000, "1e400"])
def test_odd_requests_cause_no_500(client, odd):
    """Whatever a path, a query, a header or a body contains, no answer is a 500."""
    paths = [operation.path.split("{")[0] + odd for operation in operations()]
    paths += [f"/_emulator/checks/{odd}/next-outcome", f"/_emulator/state?session={odd}", f"/{odd}"]
    paths += [f"/v1/checks?limit={odd}&tag[]={odd}&page={odd}", f"/v1/test-sessions?nextId={odd}&limit={odd}"]
    for path in paths:
        for method in ("GET", "POST", "TRACE"):
            answer = client.ask(method, path, data=odd, headers={"X-Odd": "\xff" + odd})
            assert answer.status_code < 500 or answer.status_code == 501, (method, path)


def test_the_rate_limit_answers_429(server, client):
    """Above the limit the answer is 429 with Retry-After, for every route, and no effect."""
    server.scenario({"rateLimit": 3, "checks": [{"name": "x", "tags": ["t"]}]})
    statuses = [client.get("/v1/locations").status_code for _ in range(3)]
    refused = client.trigger({"matchTags": [["t"]]})
    assert (statuses, refused.status_code) == ([200] * 3, 429)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert server.sessions == {}
