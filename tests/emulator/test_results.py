"""Why a check failed: the details of check results and of test-session results."""

from __future__ import annotations

import pytest

from checkly_dynamic.emulator.testing import CANARY

REASONS = ["status code equals 200, received 502", "getaddrinfo ENOTFOUND shop.example.com"]


def detail(server, client, check, kind="check", version="v1"):
    """Run one check in a session of a kind, and return the details of its last result."""
    server.scenario({"checks": [{"name": "One", "tags": ["t"], "seconds": 0, "outcomes": ["FAILED"], **check}]})
    if kind == "check":
        session = client.completion(client.session(["t"])["checkSessionId"], version=version).json()
        result = session["results"][-1]
        path = f"/v1/check-results/{result['checkId']}/{result['checkResultId']}"
    else:
        session = client.trigger_tests().json()
        path = f"/v1/test-sessions/{session['testSessionId']}/results/{session['results'][-1]['testSessionResultId']}"
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.json()


@pytest.mark.parametrize(("check_type", "version"), [("API", "v1"), ("URL", "v2")])
def test_api_checks_tell_assertions_and_request_errors(server, client, check_type, version):
    """An error in the words of an assertion becomes one, with what was received; any other is the request error."""
    part = detail(server, client, {"checkType": check_type, "errors": REASONS[:1]}, version=version)["apiCheckResult"]
    first = part["assertions"][0]
    assert (first["source"], first["comparison"], first["target"], first["actual"]) == (
        "STATUS_CODE", "EQUALS", "200", "502",
    )  # fmt: skip
    assert first["error"]
    assert (part["requestError"], part["response"]["status"]) == (None, 502)
    assert CANARY in str(part["request"]["headers"])
    assert CANARY in part["response"]["body"]
    part = detail(server, client, {"checkType": check_type, "errors": REASONS[1:]}, version=version)["apiCheckResult"]
    assert part["requestError"] == REASONS[1]
    assert "response" not in part


def test_assertions_are_written_in_words(server, client):
    """Source, property, comparison, target and received value are read from the words."""
    words = "JSON body $.total greater than 0, received 0"
    found = detail(server, client, {"errors": [words]})["apiCheckResult"]["assertions"][0]
    read = tuple(found[key] for key in ("source", "property", "comparison", "target", "actual"))
    assert read == ("JSON_BODY", "$.total", "GREATER_THAN", "0", "0")


@pytest.mark.parametrize(("check_type", "part", "reason"), [
    ("BROWSER", "browserCheckResult", lambda part: part["errors"][0]["message"]),
    ("MULTI_STEP", "multiStepCheckResult", lambda part: part["errors"][0]),
    ("PLAYWRIGHT", "playwrightCheckResult", lambda part: part["errors"][0]["error"]["message"]),
    ("AGENTIC", "agenticCheckResult", lambda part: part["assertions"][-1]["condition"]),
    ("SSL", "sslCheckResult", lambda part: part["requestError"]),
    ("GRPC", "grpcCheckResult", lambda part: part["requestError"]),
    ("TRACEROUTE", "tracerouteCheckResult", lambda part: part["requestError"]),
])  # fmt: skip
def test_each_type_tells_in_its_own_part(server, client, check_type, part, reason):
    """The error is where the document has it for the type, beside private parts that hold the canary."""
    for kind in ("check", "test"):
        found = detail(server, client, {"checkType": check_type, "errors": ["It broke"]}, kind)
        if kind == "test" and check_type in ("SSL", "GRPC", "TRACEROUTE"):  # the document has no part for these
            assert not any(key.endswith("CheckResult") for key in found)
            continue
        assert reason(found[part]).splitlines()[0] == "It broke"
        assert CANARY in str(found[part])
    assert CANARY not in str(server.sessions) + str(server.test_sessions)
