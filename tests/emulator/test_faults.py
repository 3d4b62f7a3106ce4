"""Faults on demand, seen from the client's side."""

import pytest
import requests

TAGS = {"matchTags": [["fast"]]}


def test_status_with_headers_has_no_effect(server, client):
    """A status fault answers in the document's shape, or like a proxy with a text; with its headers; and starts nothing."""
    server.add_fault(route="trigger", status=429, headers={"Retry-After": "7"}, nth=1)
    server.add_fault(route="trigger", status=502, body="<html>", headers={"Content-Type": "text/html"}, nth=2)
    refused, page = client.trigger(TAGS), client.trigger(TAGS)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert refused.json() == {"statusCode": 429, "error": "Too Many Requests", "message": "Too Many Requests"}
    assert (page.status_code, page.text, page.headers["Content-Type"]) == (502, "<html>", "text/html")
    assert (server.triggers, server.sessions) == ([], {})
    assert client.trigger(TAGS).status_code == 201


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
    ({"garbage": True}, requests.exceptions.JSONDecodeError, 1),
])  # fmt: skip
def test_an_answer_can_be_useless(server, client, fault, error, sessions):
    """The client sees no answer, a part of one, or no JSON; sessions were started unless it broke before the effect."""
    server.add_fault(route="trigger", **fault)
    with pytest.raises(error):
        client.trigger(TAGS).json()
    assert len(server.sessions) == len(server.triggers) == sessions
    assert server.requests[-1]["status"] == (None if "drop" in fault else 201 if "truncate" in fault else 200)
