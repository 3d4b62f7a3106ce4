"""The package schema: complete, and never another contract than the core's JSON Schemas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import checkly_dynamic
from checkly_dynamic.core.payload import DEFAULT_LOCATION
from checkly_dynamic.core.values import field_name
from checkly_dynamic.core.verdict import Policy

FOLDER = Path(checkly_dynamic.__file__).parent
PACKAGE = json.loads((FOLDER / "plugin" / "schema.json").read_text())
TYPES = {token.rpartition(":")[2]: one for token, one in PACKAGE["types"].items()}
RESOURCES = {token.rpartition(":")[2]: one for token, one in PACKAGE["resources"].items()}
CORE = {
    "CheckSessionTrigger": "check-session-trigger",
    "TestSessionTrigger": "test-session-trigger",
    "CheckSessionVerdict": "check-session-verdict",
}
INSIDE = {"resourceName", "gateUrn", "rerun", "secretEnvironmentVariables"}
"""What the core takes from the provider and not from the program."""


def core_schema(name):
    """Read one of the core's JSON Schemas."""
    return json.loads((FOLDER / "schemas" / f"{name}.json").read_text())


def resolved(schema, name="check-session-trigger"):
    """Follow a reference of a core schema."""
    while "$ref" in schema:
        file, _, path = schema["$ref"].partition("#/$defs/")
        schema = core_schema(file.removesuffix(".json") or name)["$defs"][path]
    return schema


def own(schema):
    """Follow a reference of the package schema; an untyped object stays as it is."""
    token = schema.get("$ref", "").removeprefix("#/types/").rpartition(":")[2]
    return TYPES.get(token, schema)


def differences(package, core, path):
    """List where a property of the package is another one than the core's."""
    package, core = own(package), resolved(core)
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
    """Names, types, words that are allowed, and what is required are the same at every depth."""
    inputs = RESOURCES[resource]
    package = {"type": "object", "properties": inputs["inputProperties"], "required": inputs["requiredInputs"]}
    assert differences(package, core_schema(CORE[resource]), resource) == []


def test_defaults_are_those_of_the_core():
    """A default in the schema is filled in by the SDKs, so another one than the core's would change what happens."""
    policy = Policy()
    verdict = RESOURCES["CheckSessionVerdict"]["inputProperties"]
    fields = {name: field_name([name]) for name in verdict if name not in ("waitFor", "onFailure")}
    defaults = {name: one["default"] for name, one in verdict.items() if "default" in one}
    assert defaults.pop("onFailure") == "fail"
    assert defaults == {
        name: getattr(policy, field) for name, field in fields.items() if not isinstance(getattr(policy, field), tuple)
    }
    assert all(word in verdict["failOn"]["description"] for word in policy.fail_on)
    test = {
        name: one["default"]
        for name, one in RESOURCES["TestSessionTrigger"]["inputProperties"].items()
        if "default" in one
    }
    assert test == {
        "refreshCache": False,
        "runAllChecks": False,
        "allowDeactivated": False,
        "onNoMatch": "fail",
        "runLocation": DEFAULT_LOCATION,
    }


def test_everything_is_described_and_the_key_is_secret():
    """A registry page and an editor show a sentence for each resource, property, type and word."""
    described = [*PACKAGE["config"]["variables"].values(), PACKAGE["provider"], *TYPES.values(), *RESOURCES.values()]
    for one in (PACKAGE["provider"], *TYPES.values(), *RESOURCES.values()):
        for part in ("properties", "inputProperties"):
            described += one.get(part, {}).values()
        described += one.get("enum", [])
    assert all(one["description"].endswith((".", "`.")) for one in described)
    assert PACKAGE["config"]["variables"] == PACKAGE["provider"]["inputProperties"]
    assert [name for name, one in PACKAGE["config"]["variables"].items() if one.get("secret")] == ["apiKey"]


def test_inputs_are_outputs_too_and_references_lead_somewhere():
    """Each input can be read back, and no reference is broken."""
    for resource in RESOURCES.values():
        assert resource["inputProperties"].items() <= resource["properties"].items()
        assert set(resource["required"]) <= set(resource["properties"])
    for part in json.dumps(PACKAGE).split('"$ref": "')[1:]:
        reference = part.partition('"')[0]
        assert reference == "pulumi.json#/Any" or reference.removeprefix("#/types/") in PACKAGE["types"]
