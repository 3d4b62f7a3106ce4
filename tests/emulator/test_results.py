"""Why a check failed: the details of check results and of test-session results."""

import pytest

from checkly_dynamic.emulator.testing import CANARY

STATUS, NO_HOST = "status code equals 200, received 502", "getaddrinfo ENOTFOUND shop.example.com"


@pytest.fixture
def detail(client, one_check):
    """Return a function that runs a failing check in a session of a kind, and returns its last result's details."""

    def get(kind="check", **check):
        one_check(outcomes=["FAILED"], **check)
        if kind == "check":
            row = client.completion(client.session("t")["checkSessionId"]).json()["results"][-1]
            path = f"/v1/check-results/{row['checkId']}/{row['checkResultId']}"
        else:
            session = client.trigger_tests().json()
            row = session["results"][-1]["testSessionResultId"]
            path = f"/v1/test-sessions/{session['testSessionId']}/results/{row}"
        answer = client.get(path)
        assert answer.status_code == 200
        return answer.json()

    return get


@pytest.mark.parametrize("check_type", ["API", "URL"])
def test_api_checks_tell_assertions_and_request_errors(detail, check_type):
    """An error in the words of an assertion becomes one, with what was received; any other is the request error."""
    part = detail(checkType=check_type, errors=[STATUS, "JSON body $.total greater than 0, received 0"])[
        "apiCheckResult"
    ]
    keys = ("source", "property", "comparison", "target", "actual")
    assert [[found[key] for key in keys] for found in part["assertions"][:2]] == [
        ["STATUS_CODE", "", "EQUALS", "200", "502"],
        ["JSON_BODY", "$.total", "GREATER_THAN", "0", "0"],
    ]
    assert part["assertions"][0]["error"]
    assert (part["requestError"], part["response"]["status"]) == (None, 502)
    assert CANARY in str(part["request"]["headers"])
    assert CANARY in part["response"]["body"]
    part = detail(checkType=check_type, errors=[NO_HOST])["apiCheckResult"]
    assert part["requestError"] == NO_HOST
    assert "response" not in part


@pytest.mark.parametrize(("check_type", "part", "reason"), [
    ("BROWSER", "browserCheckResult", lambda part: part["errors"][0]["message"]),
    ("MULTI_STEP", "multiStepCheckResult", lambda part: part["errors"][0]),
    ("PLAYWRIGHT", "playwrightCheckResult", lambda part: part["errors"][0]["error"]["message"]),
    ("AGENTIC", "agenticCheckResult", lambda part: part["assertions"][-1]["condition"]),
    ("SSL", "sslCheckResult", lambda part: part["requestError"]),
    ("GRPC", "grpcCheckResult", lambda part: part["requestError"]),
    ("TRACEROUTE", "tracerouteCheckResult", lambda part: part["requestError"]),
])  # fmt: skip
def test_each_type_tells_in_its_own_part(server, detail, check_type, part, reason):
    """The error is where the document has it for the type, beside private parts that hold the canary."""
    for kind in ("check", "test"):
        found = detail(kind, checkType=check_type, errors=["It broke"])
        if kind == "test" and check_type in ("SSL", "GRPC", "TRACEROUTE"):  # the document has no part for these
            assert not any(key.endswith("CheckResult") for key in found)
            continue
        assert reason(found[part]).splitlines()[0] == "It broke"
        assert CANARY in str(found[part])
    assert CANARY not in str(server.sessions) + str(server.test_sessions)
