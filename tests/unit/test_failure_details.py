"""Why a check failed: short lines for every type of check, and never what could hold a secret."""

import pytest

from checkly_dynamic.api.failure_details import failure_lines

CANARY = "c4n4ry-s3cr3t"
CODE = {"source": "STATUS_CODE", "comparison": "EQUALS", "target": 200, "passed": False}


def api(**part):
    """Make the result of an API check."""
    return {"apiCheckResult": part}


@pytest.mark.parametrize(
    ("result", "lines"),
    [
        (api(requestError="getaddrinfo ENOTFOUND shop.example"), ["getaddrinfo ENOTFOUND shop.example"]),
        (
            api(requestError=None, response={"status": 503}, assertions=[CODE]),
            ["assertion failed: status code = 200 (status code 503)"],
        ),
        (
            api(assertions=[{"source": "JSON_BODY", "property": "$.ok", "comparison": "EQUALS", "target": CANARY, "error": "x"}]),
            ["assertion failed: json body $.ok ="],
        ),
        (api(assertions=[{**CODE, "passed": True}, {**CODE, "success": True, "passed": None}, {"source": "X"}]), []),
        (
            {"browserCheckResult": {"errors": [{"message": "\n\x1b[31mTimeout 30000ms\x1b[39m exceeded\n at line 3"}]}},
            ["Timeout 30000ms exceeded"],
        ),
        (
            {"multiStepCheckResult": {"errors": ["Error: expected 200", {"error": {"value": "second"}}]}},
            ["Error: expected 200", "second"],
        ),
        (
            {"sslCheckResult": {"failureCategory": "CERTIFICATE_EXPIRED", "daysUntilExpiry": -3}},
            ["certificate expired, certificate expires in -3 days"],
        ),
        (
            {"grpcCheckResult": {"response": {"grpcStatusCode": 0, "healthStatusLabel": "NOT_SERVING"}, "assertions": [
                {"source": "GRPC_HEALTHCHECK_STATUS", "comparison": "EQUALS", "target": "SERVING", "passed": False}]}},
            ["assertion failed: grpc healthcheck status = (gRPC status 0, health NOT_SERVING)"],
        ),
        (
            {"tracerouteCheckResult": {"destinationReached": False, "totalHops": 12}},
            ["the destination was not reached after 12 hops"],
        ),
        (
            {"agenticCheckResult": {"assertions": [{"condition": "the cart has 2 items", "passed": False}], "errors": []}},
            ["not fulfilled: the cart has 2 items"],
        ),
        ({"scheduleError": "no capacity"}, ["no capacity"]),
        ({"tcpCheckResult": {"error": "x"}, "dnsCheckResult": {"error": "x"}, "icmpCheckResult": {}}, []),
    ],
)  # fmt: skip
def test_the_lines_of_every_type_of_check(result, lines):
    """The request error, otherwise failed assertions in words, or the first line of errors; nothing for TCP, DNS and ICMP."""
    assert list(failure_lines(result)) == lines


def test_at_most_three_lines_of_300_characters():
    """What is long is cut, what is the same is said once."""
    errors = ["x" * 1000, "two", "two", "three", "four"]
    first, *rest = failure_lines({"browserCheckResult": {"errors": errors}})
    assert (len(first), first[-1], rest) == (300, "…", ["two", "three"])


PARTS = ("api", "browser", "multiStep", "playwright", "ssl", "grpc", "traceroute", "agentic", "tcp", "dns", "icmp")


def test_headers_bodies_variables_and_urls_are_never_read():
    """For each type of check, every field of the API document that can hold a secret holds a canary."""
    request = {"headers": {"authorization": CANARY}, "body": CANARY, "data": CANARY, "url": f"https://{CANARY}"}
    assertions = [
        {**CODE, "source": source, "target": CANARY, "regex": CANARY, "actual": CANARY}
        for source in ("JSON_BODY", "HEADERS", "TEXT_BODY", "NEW")
    ]
    part = {
        "request": request,
        "response": {**request, "status": 500, "statusText": CANARY},
        "jobLog": CANARY,
        "jobAssets": [f"https://assets/{CANARY}"],
        "pcapDataUrl": CANARY,
        "traceSummary": {"x": CANARY},
        "environmentVariables": [{"key": "A", "value": CANARY}],
        "prompt": CANARY,
        "summary": CANARY,
        "assertions": assertions,
    }
    for name in PARTS:
        assert CANARY not in "".join(failure_lines({f"{name}CheckResult": part})), name
