"""Our schemas of the trigger requests against Checkly's own API document."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from hypothesis import given, strategies as st

from checkly_dynamic.core import payload
from checkly_dynamic.core.validation import problems

SCHEMAS = resources.files("checkly_dynamic") / "schemas"
DOCUMENT = json.loads((SCHEMAS / "checkly-openapi.json").read_text(encoding="utf-8"), strict=False)
ANNOTATIONS = {"description", "example", "title", "x-constraint", "x-hint", "x-rule", "$schema", "$id", "$comment"}
GUID = {"type": ["string"], "format": "uuid"}


def normal(rules: Any, document: Any) -> Any:
    """
    Follow references and write what means the same in one form.

    Left out: annotations, and what we ask for beyond the document (closed objects). ``nullable`` becomes type null.
    """
    if "$ref" in rules:
        name, _, path = rules["$ref"].partition("#/")
        found: Any = json.loads((SCHEMAS / name).read_text(encoding="utf-8")) if name else document
        for part in path.split("/"):
            found = found[part]
        return normal(found, document)
    kept = {key: value for key, value in rules.items() if key not in (*ANNOTATIONS, "additionalProperties")}
    if kept.pop("x-format", {}) == {"guid": True} or "[0-9a-fA-F]{12}" in kept.get("pattern", ""):
        return GUID
    types = kept.pop("type", [])
    nullable = kept.pop("nullable", False)
    types = sorted({*([types] if isinstance(types, str) else types), *(["null"] if nullable else [])})
    if kept.get("enum"):
        types = []
    if "properties" in kept:
        kept["properties"] = {name: normal(value, document) for name, value in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = normal(kept["items"], document)
    if "anyOf" in kept:
        kept["anyOf"] = [normal(value, document) for value in kept["anyOf"]]
    return {**kept, **({"type": types} if types else {})}


def documented(path: str) -> Any:
    """Return the schema of a request, as the document has it."""
    content = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return normal(content["schema"], DOCUMENT)


def ours(name: str) -> Any:
    """Return one of our schemas."""
    return normal(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8")), None)


def test_the_request_schema_is_the_document_s() -> None:
    """But for being strict about unknown keys, the request schema says what the document says, no more and no less."""
    for version in ("v1", "v2"):
        assert ours("check-session-request") == documented(f"/{version}/check-sessions/trigger")


def test_the_request_schema_of_test_sessions_is_the_document_s() -> None:
    """Two things differ: a variable has a value, secret or not, and we send no metadata of GitHub's."""
    mine, theirs = ours("test-session-request"), documented("/v1/test-sessions/trigger")
    variable = mine["properties"].pop("environmentVariables")["items"]
    branches = theirs["properties"].pop("environmentVariables")["items"]["anyOf"]
    assert all(set(variable["properties"]) == set(branch["properties"]) for branch in branches)
    assert variable["required"] == ["key", "value"]
    assert variable["properties"]["value"] == {"type": ["string"], "minLength": 1}
    theirs["properties"]["metadata"]["properties"].pop("github", None)
    assert mine == theirs


targets = st.fixed_dictionaries(
    {},
    optional={
        "matchTags": st.lists(st.lists(st.from_regex(r"\A!?[^!\s]{1,20}\Z"), min_size=1)),
        "checkId": st.lists(st.uuids().map(str)),
    },
)
text = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=5)


@given(targets, st.booleans())
def test_whatever_check_accepts_makes_a_documented_check_session_request(target: Any, refresh_cache: bool) -> None:  # noqa: FBT001
    """No input that passes our check can make a body that the document does not allow; the user's order is kept."""
    inputs = {"target": target, "refreshCache": refresh_cache}
    assert problems("check-session-trigger", inputs) == []
    body = payload.check_body(inputs)
    assert problems("check-session-request", body) == []
    assert body == {
        **({"target": {key: value for key, value in target.items() if value}} if any(target.values()) else {}),
        "refreshCache": refresh_cache,
    }


@given(
    targets,
    st.dictionaries(text, text, max_size=50),
    st.none()
    | st.fixed_dictionaries(
        {"type": st.sampled_from(["FIXED", "LINEAR", "EXPONENTIAL"])},
        optional={
            "maxRetries": st.integers(1, 10).map(float),
            "baseBackoffSeconds": st.integers(0, 100).map(float),
            "maxDurationSeconds": st.integers(0, 600).map(float),
            "sameRegion": st.booleans(),
        },
    )
    | st.just({"type": "SINGLE_RETRY", "sameRegion": True}),
    st.fixed_dictionaries({}, optional={"environment": text, "commitId": text, "branchName": text}),
    st.booleans(),
)
def test_whatever_check_accepts_makes_a_documented_test_session_request(
    target: Any,
    variables: Any,
    strategy: Any,
    metadata: Any,
    allow_deactivated: bool,  # noqa: FBT001
) -> None:
    """The same for test sessions; whole numbers are sent as such, and a secret variable is marked."""
    secret = sorted(variables)[:1]
    inputs = {
        "resourceName": "smoke",
        "target": target,
        "environmentVariables": variables,
        "metadata": metadata,
        **({"retryStrategy": strategy} if strategy else {}),
        "allowDeactivated": allow_deactivated,
        "secretEnvironmentVariables": secret,
    }
    assert problems("test-session-trigger", inputs) == []
    body = payload.test_body(inputs)
    assert problems("test-session-request", body) == []
    assert (body["name"], body["runLocation"]) == ("smoke", "eu-central-1")
    sent = {variable["key"]: variable["value"] for variable in body.get("environmentVariables", [])}
    assert sent == variables
    assert [v["key"] for v in body.get("environmentVariables", []) if v.get("secret")] == secret
    assert body.get("target", {}).get("allowDeactivated", False) is allow_deactivated
    assert all(not isinstance(value, float) for value in body.get("retryStrategy", {}).values())
