"""Find problems in a scenario: one line for each, with its path and what is allowed."""

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from checkly_dynamic.emulator import packaged_text
from checkly_dynamic.emulator.conformance import describe, formats


class ScenarioError(ValueError):
    """A scenario that cannot be used; ``problems`` has one line for each, with its path."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@cache
def schema() -> dict[str, Any]:
    """Load the published JSON Schema of scenarios."""
    loaded: dict[str, Any] = json.loads(packaged_text("schemas/scenario.json"))
    return loaded


@cache
def _validator(part: str) -> Draft202012Validator:
    wanted = schema() if part == "scenario" else {"$ref": f"#/$defs/{part}", "$defs": schema()["$defs"]}
    return Draft202012Validator(wanted, format_checker=formats)


def validate(data: Any, part: str = "scenario") -> None:
    """Raise ScenarioError unless a scenario, or a part that the schema defines (``fault``, ``nextOutcome``), is valid."""
    found = sorted(_sentence(error, part) for error in _validator(part).iter_errors(data))
    if not found and part == "scenario":
        found = _repeated_and_unknown_ids(data)
    if found:
        raise ScenarioError(found)


def _sentence(error: Any, part: str) -> str:
    if "apiKey" in error.absolute_path:  # never repeat what may be a key
        return f"{part}.apiKey: must be a string of 1 to 200 characters"
    if error.validator == "anyOf":  # only faults have it: they must do something
        actions = ", ".join(alternative["required"][0] for alternative in error.validator_value)
        return f"{part}{error.json_path[1:]}: says nothing that should happen; add one of {actions}"
    return describe(error, part)


def _repeated_and_unknown_ids(data: dict[str, Any]) -> list[str]:
    """Find what a schema cannot: ids used twice, groups that do not exist."""
    checks, groups = data.get("checks", []), [group["id"] for group in data.get("groups", [])]
    ids = [check.get("id", check["name"]).lower() for check in checks]
    found = [
        f"scenario.groups[{number}].id: {group} is used twice"
        for number, group in enumerate(groups)
        if group in groups[:number]
    ]
    for number, check in enumerate(checks):
        where = f"scenario.checks[{number}]"
        if ids[number] in ids[:number]:
            word = "id" if "id" in check else "name"
            found.append(
                f"{where}.{word}: the same as checks[{ids.index(ids[number])}]; give each check an id of its own"
            )
        if "groupId" in check and check["groupId"] not in groups:
            found.append(f"{where}.groupId: no group has the id {check['groupId']}")
        if "groupId" in check and "groupTags" in check:
            found.append(f"{where}.groupTags: give groupId or groupTags, not both")
    return found
