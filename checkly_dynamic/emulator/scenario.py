"""Scenarios: what the local Checkly simulates. A scenario is JSON or YAML, validated before it becomes these classes."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from checkly_dynamic.emulator.json_input import parse_json
from checkly_dynamic.emulator.problems import ScenarioError, validate


@dataclass(frozen=True)
class Outcome:
    """How one run of a check goes: its final status, failed tries before it, and how long it runs."""

    status: str
    failed_attempts: int
    seconds: float


@dataclass(frozen=True)
class Group:
    """A check group; its tags count for its checks too."""

    id: int
    name: str
    tags: tuple[str, ...]
    activated: bool


@dataclass(frozen=True)
class Check:
    """One check of the simulated account."""

    id: str
    name: str
    check_type: str
    tags: tuple[str, ...]
    locations: tuple[str, ...]
    activated: bool
    muted: bool
    url: str
    group: Group | None
    outcomes: tuple[tuple[str, int], ...]
    outcomes_by_variable: dict[tuple[str, str], tuple[tuple[str, int], ...]]
    errors: tuple[str, ...]
    seconds: tuple[float, ...]

    def condition(self, variables: dict[str, str]) -> tuple[str, str] | None:
        """Return the first pair of ``outcomesByVariable`` whose variable contains its string."""
        return next((pair for pair in self.outcomes_by_variable if pair[1] in variables.get(pair[0], "")), None)

    def outcome(self, number: int, condition: tuple[str, str] | None = None) -> Outcome:
        """Return how the *number*-th run (from 0) goes; the last outcome and duration stay for all later ones."""
        outcomes = self.outcomes if condition is None else self.outcomes_by_variable[condition]
        status, failed = outcomes[min(number, len(outcomes) - 1)]
        return Outcome(status, failed, self.seconds[min(number, len(self.seconds) - 1)])

    def is_activated(self) -> bool:
        """Tell whether the check is activated, and its group too."""
        return self.activated and (self.group is None or self.group.activated)

    def all_tags(self) -> frozenset[str]:
        """Return the check's own tags and those of its group."""
        return frozenset(self.tags) | frozenset(self.group.tags if self.group else ())


@dataclass(frozen=True)
class Scenario:
    """A scenario that passed all checks; ``raw`` is what it was read from."""

    checks: tuple[Check, ...] = ()
    groups: tuple[Group, ...] = ()
    faults: tuple[dict[str, Any], ...] = ()
    rate_limit: int | None = 600
    latency: float = 0.0
    api_key: str | None = None
    account_id: str | None = None
    account_name: str = "Local Checkly"
    raw: dict[str, Any] = field(default_factory=dict)


def seeded_uuid(seed: int, *parts: object) -> str:
    """Make a uuid that is the same for the same seed and parts."""
    digest = hashlib.sha256(json.dumps([seed, *map(str, parts)]).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def build(data: Any, seed: int = 0) -> Scenario:
    """
    Turn the content of a scenario file into a scenario; *seed* makes the ids of checks that have none.

    Raises:
        ScenarioError: With one line per problem.
    """
    validate(data)
    groups = {
        g["id"]: Group(g["id"], g["name"], tuple(g.get("tags", ())), g.get("activated", True))
        for g in data.get("groups", [])
    }
    by_tags: dict[tuple[str, ...], Group] = {}
    checks = tuple(_check(entry, groups, by_tags, seed) for entry in data.get("checks", []))
    return Scenario(
        checks=checks,
        groups=(*groups.values(), *by_tags.values()),
        faults=tuple(data.get("faults", ())),
        rate_limit=data.get("rateLimit", 600),
        latency=float(data.get("latency", 0.0)),
        api_key=data.get("apiKey"),
        account_id=data["accountId"].lower() if "accountId" in data else None,
        account_name=data.get("accountName", "Local Checkly"),
        raw=data,
    )


def _check(
    entry: dict[str, Any],
    groups: dict[int, Group],
    by_tags: dict[tuple[str, ...], Group],
    seed: int,
) -> Check:
    group = groups.get(entry.get("groupId", 0))
    if "groupTags" in entry:
        tags = tuple(entry["groupTags"])
        number = max([*groups, 1000]) + len(by_tags) + 1
        group = by_tags.setdefault(tags, Group(number, f"Group {', '.join(tags)}", tags, activated=True))
    seconds = entry.get("seconds", 1.0)
    return Check(
        id=entry["id"].lower() if "id" in entry else seeded_uuid(seed, "check", entry["name"]),
        name=entry["name"],
        check_type=entry.get("checkType", "API"),
        tags=tuple(entry.get("tags", ())),
        locations=tuple(entry.get("locations", ["eu-central-1"])),
        activated=entry.get("activated", True),
        muted=entry.get("muted", False),
        url=entry.get("url", "https://shop.example.com/"),
        group=group,
        outcomes=_outcomes(entry.get("outcomes", ["PASSED"])),
        outcomes_by_variable={
            (variable, string): _outcomes(outcomes)
            for variable, strings in entry.get("outcomesByVariable", {}).items()
            for string, outcomes in strings.items()
        },
        errors=tuple(entry.get("errors", ())),
        seconds=tuple(float(s) for s in (seconds if isinstance(seconds, list) else [seconds])),
    )


def _outcomes(items: list[Any]) -> tuple[tuple[str, int], ...]:
    return tuple(
        (item, 0) if isinstance(item, str) else (item["status"], item.get("failedAttempts", 0)) for item in items
    )


def load(path: str | Path) -> Any:
    """
    Read a scenario file: JSON, or YAML when the name ends in .yaml or .yml.

    Raises:
        ScenarioError: The file cannot be read or parsed.
    """
    path = Path(path)
    try:
        text = path.read_bytes()
        if path.suffix in (".yaml", ".yml"):
            # Through JSON, so that dates and number keys become the strings that they would be there.
            text = json.dumps(yaml.safe_load(text), default=str).encode()
        return parse_json(text)
    except OSError as error:
        problem = error.strerror or "cannot be read"
    except (RecursionError, TypeError, ValueError, yaml.YAMLError) as error:
        problem = f"cannot be parsed: {' '.join(str(error).split())}"
    raise ScenarioError([f"{path}: {problem}"])


def default() -> dict[str, Any]:
    """Return the scenario that is served when none is given: a small shop."""
    text = resources.files("checkly_dynamic.emulator").joinpath("demo.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
