"""Our schemas of the trigger request against Checkly's own API document."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given, strategies as st

from checkly_dynamic.core import target, validation as schema

SCHEMAS = resources.files("checkly_dynamic") / "schemas"
DOCUMENT = json.loads((SCHEMAS / "checkly-openapi.json").read_text(encoding="utf-8"), strict=False)
ANNOTATIONS = {"description", "example", "title", "x-constraint", "default", "$schema", "$comment", "x-hint"}
STRICTER = {"additionalProperties", "pattern", "maxLength", "minItems"}


def documented(version: str) -> Any:
    """Return the schema of a version's trigger request, as the document has it."""
    operation = DOCUMENT["paths"][f"/{version}/check-sessions/trigger"]["post"]
    return operation["requestBody"]["content"]["application/json"]["schema"]


def plain(rules: Any) -> Any:
    """Follow references and leave only what decides: types, properties, items and formats."""
    if "$ref" in rules:
        found: Any = DOCUMENT
        for part in rules["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return plain(found)
    kept = {key: value for key, value in rules.items() if key not in ANNOTATIONS}
    if kept.pop("x-format", {}) == {"guid": True}:
        kept["format"] = "uuid"
    if "properties" in kept:
        kept["properties"] = {name: plain(value) for name, value in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = plain(kept["items"])
    return kept


def ours(name: str) -> Any:
    """Return one of our schemas without what we ask for beyond the document."""

    def loosened(rules: Any) -> Any:
        if not isinstance(rules, dict):
            return rules
        return {key: loosened(value) for key, value in rules.items() if key not in STRICTER}

    return plain(loosened(json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))))


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_request_schema_is_the_documents(version):
    """But for being strict about unknown keys, each request schema says what the document says, no more and no less."""
    assert ours(f"trigger-request-{version}") == plain(documented(version))


def test_the_inputs_schema_agrees_where_they_overlap():
    """Target and refreshCache mean in a program what they mean in the document."""
    inputs, request = ours("check-session-trigger")["properties"], plain(documented("v1"))["properties"]
    assert {name: inputs[name] for name in request} == request


@pytest.mark.parametrize("version", ["v1", "v2"])
@given(
    match_tags=st.none() | st.lists(st.lists(st.from_regex(r"\A!?[^!\s]{1,20}\Z"), min_size=1)),
    check_ids=st.none() | st.lists(st.uuids().map(str)),
    refresh_cache=st.booleans(),
)
def test_whatever_check_accepts_makes_a_documented_request(version, match_tags, check_ids, refresh_cache):
    """No input that passes our check can make a body that the document does not allow."""
    wanted = {key: value for key, value in (("matchTags", match_tags), ("checkId", check_ids)) if value is not None}
    assert schema.problems("check-session-trigger", {"target": wanted, "refreshCache": refresh_cache}) == []
    body = target.request_body(wanted, refresh_cache=refresh_cache)
    assert schema.problems(f"trigger-request-{version}", body) == []


def test_the_date_of_the_document_is_noted():
    """A reader can tell from which document a schema was made."""
    for name in ("check-session-trigger", "trigger-request-v1", "trigger-request-v2"):
        assert "2026-11-23" in json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))["$comment"]
    assert "2026-11-23" in DOCUMENT["info"]["x-source"]
