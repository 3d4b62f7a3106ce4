"""Find problems in a scenario: one line for each, with its path and what is allowed."""

import json
from difflib import get_close_matches
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from checkly_dynamic.emulator import packaged_text
from checkly_dynamic.emulator.conformance import describe, formats, place


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
    """
    Refuse a scenario, or a part of it that the schema defines (``fault``, ``nextOutcome``), that cannot be used.

    Raises:
        ScenarioError: With one line per problem.
    """
    found = sorted(line for error in _validator(part).iter_errors(data) for line in _sentences(error, part))
    if not found and part == "scenario":
        found = _cross_problems(data)
    if found:
        raise ScenarioError(found)


def _sentences(error: Any, root: str) -> list[str]:
    """Explain one schema error; if alternatives failed, explain the one that was meant."""
    if "apiKey" in error.absolute_path:  # never repeat what may be a key
        return [f"{place(error, root)}: must be a string of 1 to 200 characters"]
    if error.validator == "anyOf":
        if all(inner.validator == "required" for inner in error.context):
            wanted = ", ".join(str(inner.validator_value[0]) for inner in error.context)
            return [f"{place(error, root)}: says nothing that should happen; add one of {wanted}"]
        error = _nearest(error)
    where = place(error, root)
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return [f"{where}.{key}: missing" for key in missing]
    if error.validator == "additionalProperties":
        allowed = sorted(error.schema["properties"])
        extra = sorted(set(error.instance) - set(allowed))
        return [f"{where}: unknown key {key[:60]!r}; {_hint(key, allowed)}" for key in extra]
    if error.validator == "enum":
        return [f"{where}: {repr(error.instance)[:60]} is not allowed; {_hint(error.instance, error.validator_value)}"]
    return [describe(error, root)]


def _nearest(error: Any) -> Any:
    """Choose the failed alternative that has the type of the value."""
    meant = [inner for inner in error.context if inner.validator not in ("type", "enum") or inner.relative_path]
    return best_match(iter(meant or error.context))


def _hint(given: object, allowed: list[str]) -> str:
    """Name the word that was probably meant, or else all allowed words."""
    text = str(given)
    close = get_close_matches(text, allowed, n=1) or get_close_matches(text.upper(), allowed, n=1)
    return f"did you mean {close[0]}?" if close else f"allowed: {', '.join(allowed)}"


def _cross_problems(data: dict[str, Any]) -> list[str]:
    """Find what a schema cannot: ids used twice, groups that do not exist."""
    found = []
    seen: dict[str, int] = {}
    groups = [group["id"] for group in data.get("groups", [])]
    for number, group in enumerate(groups):
        if group in groups[:number]:
            found.append(f"scenario.groups[{number}].id: {group} is used twice")
    for number, check in enumerate(data.get("checks", [])):
        where = f"scenario.checks[{number}]"
        key = check.get("id", check["name"]).lower()
        if key in seen:
            word = "id" if "id" in check else "name"
            found.append(f"{where}.{word}: the same as checks[{seen[key]}]; give each check an id of its own")
        seen.setdefault(key, number)
        if "groupId" in check and check["groupId"] not in groups:
            found.append(f"{where}.groupId: no group has the id {check['groupId']}")
        if "groupId" in check and "groupTags" in check:
            found.append(f"{where}.groupTags: give groupId or groupTags, not both")
    return found
