"""Why a check failed: short lines for every type of check, and never what could hold a secret."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest

from checkly_dynamic.api.answers import Answer
from checkly_dynamic.api.client import Client
from checkly_dynamic.api.failure_details import failure_lines
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.sessions import Run

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


PARTS = ["apiCheckResult", "browserCheckResult", "multiStepCheckResult", "playwrightCheckResult", "sslCheckResult"]
PARTS += ["grpcCheckResult", "tracerouteCheckResult", "agenticCheckResult"]
# What is shown on purpose: reasons, in Checkly's own words.
SHOWN = {"requestError", "errors", "scheduleError", "failureCategory", "healthStatusLabel"}
DOCUMENT = json.loads(
    (resources.files("checkly_dynamic") / "schemas" / "checkly-openapi.json").read_text(encoding="utf-8"), strict=False
)


def canaries(rules: Any, depth: int = 0) -> Any:
    """Make a value for a schema of the document in which each string and each free-form object is the canary."""
    if "$ref" in rules:
        return canaries(DOCUMENT["components"]["schemas"][rules["$ref"].rpartition("/")[2]], depth)
    if "anyOf" in rules:
        return canaries(rules["anyOf"][0], depth)
    if rules.get("properties") and depth < 8:
        return {name: canaries(part, depth + 1) for name, part in rules["properties"].items() if name not in SHOWN}
    if rules.get("type") == "array":
        return [canaries(rules.get("items") or {}, depth + 1)]
    simple = {"number": 7, "integer": 7, "boolean": False, "string": CANARY}
    return simple.get(rules.get("type"), {CANARY: CANARY, "value": CANARY, "headers": {"x": CANARY}})


def in_every_field() -> dict[str, Any]:
    """Make a result with a canary in every field of the document, where it has these, and in those that it names in words."""
    schemas = DOCUMENT["components"]["schemas"]
    made: dict[str, Any] = canaries(schemas["CheckResult"]) if "CheckResult" in schemas else {}
    secret = {"headers": {"authorization": CANARY}, "body": CANARY, "data": CANARY, "url": f"https://{CANARY}"}
    for part in PARTS:
        more = {
            "request": secret, "response": {**secret, "status": 500, "statusText": CANARY}, "jobLog": CANARY,
            "jobAssets": [f"https://assets/{CANARY}"], "pcapDataUrl": CANARY, "traceSummary": {"x": CANARY},
            "environmentVariables": [{"key": "A", "value": CANARY}], "prompt": CANARY, "summary": CANARY,
            "assertions": [{**CODE, "source": source, "property": None, "target": CANARY, "regex": CANARY, "actual": CANARY}
                           for source in ("JSON_BODY", "HEADERS", "TEXT_BODY", "NEW")],
        }  # fmt: skip
        made[part] = {**(made.get(part) if isinstance(made.get(part), dict) else {}), **more}
    return made


def test_headers_bodies_variables_and_urls_are_never_read():
    """A canary in every field of the API document, but for those that hold Checkly's own reasons."""
    result = in_every_field()
    assert json.dumps(result).count(CANARY) > 100
    assert CANARY not in "".join(failure_lines(result))
    for part in PARTS:
        assert CANARY not in "".join(failure_lines({part: result[part]})), part


def test_another_shape_says_nothing():
    """An answer that does not match the API document breaks nothing."""
    for odd in (None, 7, {"assertions": 7, "errors": "x", "response": []}, {"assertions": [7, None]}):
        assert failure_lines(dict.fromkeys(PARTS, odd)) == ()


class Answered:
    """HTTP that gives one answer and remembers the path."""

    def __init__(self, body):
        self.answer = Answer(status=200, body=body, retry_after=None, message="")
        self.paths = []

    def get(self, path, **_):
        """Answer."""
        self.paths.append(path)
        return self.answer


def client(http, secrets=()):
    """Make a client of version 2."""
    environ = {"CHECKLY_API_KEY": "cu_x", "CHECKLY_ACCOUNT_ID": "a", "CHECKLY_API_VERSION": "v2"}
    return Client(Settings.load(lambda _: None, environ), http, secrets=secrets)


def test_where_the_details_are_read():
    """Version 1 for both kinds, whatever the version of check sessions; secrets that we know are masked."""
    http = Answered({"scheduleError": f"sent {CANARY}"})
    check = Run(id="s1", check_id="c1", status="FAILED", failed_results=("r1", "r2"))
    test = Run(id="t1", kind="test", check_id="c1", status="FAILED", failed_results=("r1",))
    assert client(http, [CANARY]).failure_details(check) == ("sent ***",)
    client(http).failure_details(test)
    assert http.paths == ["/v1/check-results/c1/r1", "/v1/test-sessions/t1/results/r1"]
