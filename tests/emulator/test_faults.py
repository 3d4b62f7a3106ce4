"""Faults on demand, seen from the client's side."""

import json

import pytest
import requests

TAGS = {"matchTags": [["fast"]]}


def test_status_with_headers_has_no_effect(server, client):
    """A status fault answers in the document's shape, with its headers, and starts nothing."""
    server.add_fault(route="trigger", status=429, headers={"Retry-After": "7"}, nth=1)
    refused = client.trigger(TAGS)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert refused.json() == {"statusCode": 429, "error": "Too Many Requests", "message": "Too Many Requests"}
    assert (server.triggers, server.sessions) == ([], {})
    assert client.trigger(TAGS).status_code == 201


def test_a_text_body_is_sent_as_it_is(server, client):
    """A status fault with a text looks like a proxy's page."""
    html = {"Content-Type": "text/html"}
    server.add_fault(route="trigger", status=502, body="<html>Bad Gateway</html>", headers=html)
    answer = client.trigger(TAGS)
    assert (answer.status_code, answer.text) == (502, "<html>Bad Gateway</html>")
    assert answer.headers["Content-Type"] == "text/html"


def test_version_and_check_narrow_a_fault(server, client, ids):
    """A fault can be about one version, or about the sessions of one check."""
    server.add_fault(route="session", version="v1", checkId=ids["fast"], status=500)
    fast, grouped = (client.session(tag)["checkSessionId"] for tag in ("fast", "own"))
    statuses = [client.get(f"/{v}/check-sessions/{s}").status_code for v in ("v1", "v2") for s in (fast, grouped)]
    assert statuses == [500, 200, 200, 200]


@pytest.mark.parametrize(("fault", "error", "sessions"), [
    ({"drop": "before"}, requests.ConnectionError, 0),
    ({"drop": "after"}, requests.ConnectionError, 1),
    ({"truncate": 10}, requests.exceptions.ChunkedEncodingError, 1),
])  # fmt: skip
def test_the_connection_can_break(server, client, fault, error, sessions):
    """The client sees no answer, or a part of one; sessions were started unless it broke before the effect."""
    server.add_fault(route="trigger", **fault)
    with pytest.raises(error):
        client.trigger(TAGS)
    assert len(server.sessions) == len(server.triggers) == sessions
    assert server.requests[-1]["status"] == (201 if "truncate" in fault else None)


def test_garbage_is_not_json(server, client):
    """A garbage answer is 200 and not JSON, and the effect took place."""
    server.add_fault(route="trigger", garbage=True)
    answer = client.trigger(TAGS)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting value|codec"):
        json.loads(answer.content)
    assert len(server.triggers) == 1
