"""
Requests made from the document, and answers compared with it, by schemathesis.

The local Checkly's validator (``violations``) checks the same answers in all other tests; this one is independent.
"""

import copy

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import unsupported_method
from schemathesis.core.parameters import ParameterLocation

from checkly_dynamic.emulator import views
from checkly_dynamic.emulator.document import document
from checkly_dynamic.emulator.testing import LocalCheckly

ENDINGS = {"API": "PASSED", "BROWSER": "FAILED", "PLAYWRIGHT": "CANCELLED", "MULTI_STEP": "TIMED_OUT",
           "URL": "DEGRADED", "HEARTBEAT": "PASSED", "SSL": "FAILED", "GRPC": "FAILED", "TRACEROUTE": "FAILED",
           "AGENTIC": "FAILED", "DNS": "FAILED"}  # fmt: skip
SCENARIO = {
    "rateLimit": None,
    "checks": [
        {"name": kind, "checkType": kind, "tags": ["t"], "groupTags": ["g"], "seconds": 0, "outcomes": [outcome]}
        for kind, outcome in ENDINGS.items()
    ],
}


def extended():
    """Return the document without Checkly's own keywords."""
    found = with_plain_words(copy.deepcopy(document()))
    error = {"$ref": "#/components/schemas/ApiError"}
    refusal = {"description": "Bad Request", "content": {"application/json": {"schema": error}}}
    for item in found["paths"].values():
        for spec in item.values():
            spec["responses"].setdefault("400", refusal)  # the one answer that the local Checkly adds
            if "401" not in spec["responses"]:
                spec["security"] = []  # the document asks for a key, but has no answer for who sends none
    return found


def with_plain_words(node):
    """Translate Checkly's keywords to OpenAPI: formats, lone values for lists, positive numbers, a branch that is null."""
    if isinstance(node, list):
        return [with_plain_words(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: with_plain_words(value) for key, value in node.items()}
    if "anyOf" in node:
        null = {"type": "string", "enum": [None], "nullable": True}
        node["anyOf"] = [null if branch == {"nullable": True} else branch for branch in node["anyOf"]]
    if isinstance(node.get("x-format"), dict):
        node["format"] = "uuid" if "guid" in node["x-format"] else "uri"
    constraint = node.get("x-constraint") or {}
    if constraint.get("sign") == "positive":
        node |= {"minimum": 0, "exclusiveMinimum": True}
    if constraint.get("single") and node.get("type") == "array":
        return {"anyOf": [node, node["items"]]}
    return node


schema = schemathesis.openapi.from_dict(extended())


@pytest.fixture(scope="module")
def conforming(make_client):
    """Run a server whose sessions end at once, and start some sessions; yield a client and the existing ids."""
    with LocalCheckly(SCENARIO) as running:
        client = make_client(running)
        session = client.trigger().json()["sessions"][1]
        test = client.trigger_tests(retryStrategy={"type": "FIXED", "maxRetries": 1}).json()
        row = client.completion(session["checkSessionId"]).json()["results"][0]
        result = test["results"][1]
        yield client, {**session, **row, **test, **result, "checkId": session["checkId"]}
        assert running.violations == []


@schema.parametrize()
# The same requests in every run, so that a red run is about a change; more of them found nothing else.
@settings(max_examples=8, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_every_operation_conforms(case, conforming):
    """Whatever the document allows or forbids, each answer has a documented status, media type and shape."""
    client, ids = conforming
    if case.meta.generation.mode.is_positive:  # a random id would only ever find the 404
        case.path_parameters = {name: ids.get(name, value) for name, value in (case.path_parameters or {}).items()}
    part = case.meta.components.get(ParameterLocation.HEADER)
    wrong = case.meta.phase.data.parameter_location == ParameterLocation.HEADER or (part and part.mode.is_negative)
    # A header that is wrong or missing on purpose is not replaced.
    answer = case.call(base_url=client.url, headers={} if wrong else client.headers, timeout=10)
    if answer.status_code == 501:
        assert case.meta.generation.mode.is_negative  # a path that became another one, such as an empty id
        return
    # Other methods get 501 instead of 405.
    case.validate_response(answer, excluded_checks=[unsupported_method])


def test_a_broken_answer_is_noticed(make_client, monkeypatch):
    """The check of the answers works: an answer that does not conform becomes a 500 and a violation."""
    monkeypatch.setitem(views.CONSTANTS, "locations", [{"region": "nowhere", "name": None}])
    with LocalCheckly() as server:
        assert make_client(server).get("/v1/locations").status_code == 500
        assert server.violations == ["GET /v1/locations: answer[0].name: None for not nullable"]
