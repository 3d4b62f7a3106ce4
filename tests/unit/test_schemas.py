"""The core's schemas against Checkly's API document, and the native provider's package schema against the core's."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import checkly_dynamic
from checkly_dynamic.core.payload import DEFAULT_LOCATION
from checkly_dynamic.core.values import field_name
from checkly_dynamic.core.verdict import Policy

SCHEMAS = Path(checkly_dynamic.__file__).parent / "schemas"
DOCUMENT = json.loads((SCHEMAS / "checkly-openapi.json").read_text(encoding="utf-8"), strict=False)
ANNOTATIONS = {"description", "example", "title", "x-constraint", "x-hint", "x-rule", "$schema", "$id", "$comment"}
GUID = {"type": ["string"], "format": "uuid"}


def read(name: str) -> Any:
    """Read one of the core's JSON Schemas."""
    return json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))


def follow(rules: Any, document: Any) -> Any:
    """Follow references, within a document or to another file."""
    while "$ref" in rules:
        name, _, path = rules["$ref"].partition("#/")
        rules = read(name.removesuffix(".json")) if name else document
        for part in path.split("/"):
            rules = rules[part]
    return rules


def normal(rules: Any, document: Any) -> Any:
    """
    Follow references and write equal rules in the same form.

    Annotations, and rules beyond the document (closed objects), are left out. ``nullable`` becomes type null.
    """
    rules = follow(rules, document)
    kept = {key: value for key, value in rules.items() if key not in (*ANNOTATIONS, "additionalProperties")}
    if kept.pop("x-format", {}) == {"guid": True} or "[0-9a-fA-F]{12}" in kept.get("pattern", ""):
        return GUID
    types = kept.pop("type", [])
    nullable = ["null"] if kept.pop("nullable", False) else []
    if not kept.get("enum"):
        kept["type"] = sorted({*([types] if isinstance(types, str) else types), *nullable})
    if "properties" in kept:
        kept["properties"] = {name: normal(value, document) for name, value in kept["properties"].items()}
    if "items" in kept:
        kept["items"] = normal(kept["items"], document)
    if "anyOf" in kept:
        kept["anyOf"] = [normal(value, document) for value in kept["anyOf"]]
    return kept


def documented(path: str) -> Any:
    """Return the document's schema of a request."""
    content = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    return normal(content["schema"], DOCUMENT)


def test_every_schema_is_a_valid_schema() -> None:
    """Each file under schemas/ is JSON Schema 2020-12, except the vendored API document."""
    for file in SCHEMAS.glob("*.json"):
        if file.stem != "checkly-openapi":
            jsonschema.Draft202012Validator.check_schema(read(file.stem))


def test_the_request_schema_is_the_document_s() -> None:
    """The request schema equals the document's, except that it is strict about unknown keys."""
    for version in ("v1", "v2"):
        assert normal(read("check-session-request"), None) == documented(f"/{version}/check-sessions/trigger")


def test_the_request_schema_of_test_sessions_is_the_document_s() -> None:
    """Two things differ: a variable has a value, secret or not, and no GitHub metadata is sent."""
    mine, theirs = normal(read("test-session-request"), None), documented("/v1/test-sessions/trigger")
    variable = mine["properties"].pop("environmentVariables")["items"]
    branches = theirs["properties"].pop("environmentVariables")["items"]["anyOf"]
    assert all(set(variable["properties"]) == set(branch["properties"]) for branch in branches)
    assert variable["required"] == ["key", "value"]
    assert variable["properties"]["value"] == {"type": ["string"], "minLength": 1}
    theirs["properties"]["metadata"]["properties"].pop("github", None)
    assert mine == theirs


PACKAGE = json.loads((SCHEMAS.parent / "plugin" / "schema.json").read_text())
TYPES = {token.rpartition(":")[2]: one for token, one in PACKAGE["types"].items()}
RESOURCES = {token.rpartition(":")[2]: one for token, one in PACKAGE["resources"].items()}
CORE = {
    "CheckSessionTrigger": "check-session-trigger",
    "TestSessionTrigger": "test-session-trigger",
    "CheckSessionVerdict": "check-session-verdict",
}
INSIDE = {"resourceName", "gateUrn", "triggerCount", "rerun", "secretEnvironmentVariables"}
"""Inputs that the core gets from the provider and not from the program."""


def own(schema):
    """Follow a reference of the package schema; an untyped object stays as it is."""
    token = schema.get("$ref", "").removeprefix("#/types/").rpartition(":")[2]
    return TYPES.get(token, schema)


def differences(package, core, path):
    """List where a property of the package differs from the core's."""
    package, core = own(package), follow(core, read("check-session-trigger"))
    if core.get("enum"):
        values = [one["value"] for one in package.get("enum", [])]
        return [] if values == core["enum"] else [f"{path}: {values}"]
    if package.get("$ref") == "pulumi.json#/Any" or package.get("additionalProperties") == {"$ref": "pulumi.json#/Any"}:
        return []  # a handle, or JSON values of the user's own
    found = [] if package.get("type") == core.get("type") else [f"{path}: {package.get('type')} {core.get('type')}"]
    if "items" in core:
        found += differences(package["items"], core["items"], f"{path}[]")
    if isinstance(core.get("additionalProperties"), dict):
        found += differences(package["additionalProperties"], core["additionalProperties"], f"{path}.*")
    if "properties" in core:
        found += [] if package.get("required", []) == core.get("required", []) else [f"{path}: required"]
        names = set(core["properties"]) - INSIDE
        found += [f"{path}.{name}" for name in names ^ set(package["properties"])]
        for name in names & set(package["properties"]):
            found += differences(package["properties"][name], core["properties"][name], f"{path}.{name}")
    return found


@pytest.mark.parametrize("resource", CORE)
def test_inputs_are_those_of_the_core(resource):
    """Names, types, allowed words and required inputs are the same at every depth."""
    inputs = RESOURCES[resource]
    package = {"type": "object", "properties": inputs["inputProperties"], "required": inputs["requiredInputs"]}
    assert differences(package, read(CORE[resource]), resource) == []


def defaults(resource):
    """Return the defaults of a resource's inputs, which the SDKs fill in."""
    return {name: one["default"] for name, one in RESOURCES[resource]["inputProperties"].items() if "default" in one}


def test_defaults_are_those_of_the_core():
    """A different default would change the behaviour."""
    policy = Policy()
    plain = ("timeoutSeconds", "attempts", "failFast", "failureDetails")
    assert defaults("CheckSessionVerdict") == {
        "onFailure": "fail",
        **{name: getattr(policy, field_name([name])) for name in plain},
    }
    trigger = {"refreshCache": False, "runAllChecks": False, "onNoMatch": "fail"}
    assert defaults("CheckSessionTrigger") == trigger
    test = {**trigger, "allowDeactivated": False, "runLocation": DEFAULT_LOCATION}
    assert defaults("TestSessionTrigger") == test


def test_everything_is_described():
    """Each resource, property, type and word has a sentence for registry pages and editors."""
    described = [PACKAGE["provider"], *TYPES.values(), *RESOURCES.values()]
    for one in (*described,):
        for part in ("properties", "inputProperties"):
            described += one.get(part, {}).values()
        described += one.get("enum", [])
    assert all(one["description"].endswith((".", "`.")) for one in described)


def test_inputs_are_outputs_too():
    """Each input is also an output, and the key is a secret."""
    for resource in RESOURCES.values():
        assert resource["inputProperties"].items() <= resource["properties"].items()
        assert set(resource["required"]) <= set(resource["properties"])
    settings = PACKAGE["provider"]["inputProperties"]
    assert [name for name, one in settings.items() if one.get("secret")] == ["apiKey"]
