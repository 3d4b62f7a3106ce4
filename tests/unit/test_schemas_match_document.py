"""Our schemas of the trigger requests against Checkly's own API document."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import jsonschema

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


def test_every_schema_is_a_valid_schema() -> None:
    """Each file under schemas/ is JSON Schema 2020-12, but for the vendored API document."""
    for file in SCHEMAS.iterdir():
        if file.name.endswith(".json") and file.name != "checkly-openapi.json":
            jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text(encoding="utf-8")))


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
