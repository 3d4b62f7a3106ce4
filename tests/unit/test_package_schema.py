"""The package schema: complete, and never another contract than the core's JSON Schemas."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import checkly_dynamic
from checkly_dynamic.core.payload import DEFAULT_LOCATION
from checkly_dynamic.core.policy import Policy
from checkly_dynamic.core.values import field_name

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


def defaults(resource):
    """Return the defaults of a resource's inputs, which the SDKs fill in."""
    return {name: one["default"] for name, one in RESOURCES[resource]["inputProperties"].items() if "default" in one}


def test_defaults_are_those_of_the_core():
    """Another default than the core's would change what happens."""
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


def test_inputs_are_outputs_too_and_references_lead_somewhere():
    """Each input can be read back, no reference is broken, and the key is a secret."""
    for resource in RESOURCES.values():
        assert resource["inputProperties"].items() <= resource["properties"].items()
        assert set(resource["required"]) <= set(resource["properties"])
    for part in json.dumps(PACKAGE).split('"$ref": "')[1:]:
        reference = part.partition('"')[0]
        assert reference == "pulumi.json#/Any" or reference.removeprefix("#/types/") in PACKAGE["types"]
    settings = PACKAGE["provider"]["inputProperties"]
    assert [name for name, one in settings.items() if one.get("secret")] == ["apiKey"]
