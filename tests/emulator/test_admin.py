"""The admin routes under /_emulator/, and what the page is allowed to do."""


def test_journal_and_counters(client, server):
    """The journal holds each API request with its answer, the counters sum them up, admin requests stay out."""
    client.trigger({"matchTags": [["production"]]}, headers={"X-Note": "a"})
    client.get("/v1/checks", params={"limit": 1})
    client.get("/v1/nope")
    first = client.get("/_emulator/journal").json()[0]
    expected = {"number": 1, "method": "POST", "path": "/v1/check-sessions/trigger", "query": {}, "status": 201,
                "body": {"target": {"matchTags": [["production"]]}}, "route": "trigger", "fault": None}  # fmt: skip
    assert {key: first[key] for key in expected} == expected
    assert first["headers"]["x-note"] == "a"
    assert len(first["sessionIds"]) == 2
    assert [entry["path"] for entry in client.get("/_emulator/journal?route=checks").json()] == ["/v1/checks"]
    assert client.get("/_emulator/counters").json() == {
        "requests": {"trigger": 1, "checks": 1, "not emulated": 1},
        "answers": {"201": 1, "200": 1, "501": 1},
        "triggers": 1,
        "sessionsStarted": 2,
        "sessions": 2,
        "testSessions": 0,
        "inFlight": 1,
        "openPolls": 0,
    }
    assert len(server.requests) == 3
    assert client.ask("DELETE", "/_emulator/journal").status_code == 204
    assert (server.requests, len(server.sessions)) == ([], 2)


def test_reset_starts_from_nothing(client, server, ids):
    """A reset forgets sessions, requests, added faults and asked-for outcomes; ids start again."""
    before = client.session("fast")["checkSessionId"]
    assert client.ask("POST", "/_emulator/faults", json={"route": "checks", "status": 500}).status_code == 204
    assert client.get("/v1/checks").status_code == 500
    server.next_outcome(ids["fast"], "FAILED")
    assert client.ask("POST", "/_emulator/reset").status_code == 204
    assert (server.requests, server.sessions) == ([], {})
    assert client.get("/v1/checks").status_code == 200
    again = client.session("fast")
    assert (again["checkSessionId"], again["status"]) == (before, "PASSED")


def test_next_outcome(client, ids):
    """The next session of a check has the set outcome, later ones the scenario's; the check is given by id or name."""
    for check in (ids["fast"], "Fast"):
        path = f"/_emulator/checks/{check}/next-outcome"
        assert client.ask("POST", path, json={"status": "DEGRADED", "seconds": 0}).status_code == 204
        assert [client.session("fast")["status"] for _ in range(2)] == ["DEGRADED", "PASSED"]


def test_bad_next_outcomes_are_refused(client):
    """An impossible outcome, or a check that is not in the scenario, is answered with 400 and the reason."""
    refusals = {"Fast": "nextOutcome.status: 'BROKEN' is not one of ['PASSED', 'FAILED'", "Nope": "no check"}
    for name, words in refusals.items():
        answer = client.ask("POST", f"/_emulator/checks/{name}/next-outcome", json={"status": "BROKEN"})
        assert answer.status_code == 400
        assert words in answer.json()["message"]


def test_other_web_pages_may_not_steer(client):
    """A request that a browser marks as coming from another site is refused."""
    answer = client.ask("POST", "/_emulator/reset", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403


def test_pages_forbid_everything_but_their_own_script(client):
    """The page's headers allow its own script and this server, nothing else, and it names no outside address."""
    page = client.get("/")
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert "http://" not in page.text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in page.text
    assert "innerHTML =" not in page.text
