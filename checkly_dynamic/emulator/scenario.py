"""Scenarios: what the local Checkly simulates. A scenario is JSON or YAML, validated before it becomes these classes."""

import hashlib
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from checkly_dynamic.emulator import packaged_text
from checkly_dynamic.emulator.json_input import parse_json
from checkly_dynamic.emulator.problems import ScenarioError, validate

# The account if neither the scenario nor the request names one.
FALLBACK_ACCOUNT = "11111111-2222-4333-8444-555555555555"


@dataclass(frozen=True)
class Outcome:
    """The outcome of one run of a check: its final status, failed tries before it, and its duration."""

    status: str
    failed_attempts: int
    seconds: float


@dataclass(frozen=True)
class Group:
    """A check group; its tags count for its checks too."""

    id: int
    name: str
    tags: tuple[str, ...]
    activated: bool = True


class Check:
    """One check of the simulated account, from its entry in a valid scenario."""

    def __init__(self, entry: dict[str, Any], group: Group | None, seed: int) -> None:
        seconds = entry.get("seconds", 1.0)
        self.id: str = entry["id"].lower() if "id" in entry else seeded_uuid(seed, "check", entry["name"])
        self.name: str = entry["name"]
        self.check_type: str = entry.get("checkType", "API")
        self.tags: list[str] = entry.get("tags", [])
        self.locations: list[str] = entry.get("locations", ["eu-central-1"])
        self.activated: bool = entry.get("activated", True)
        self.muted: bool = entry.get("muted", False)
        self.url: str = entry.get("url", "https://shop.example.com/")
        self.group = group
        self.errors: list[str] = entry.get("errors", [])
        self._seconds: list[float] = seconds if isinstance(seconds, list) else [seconds]
        self._outcomes: list[Any] = entry.get("outcomes", ["PASSED"])
        self._outcomes_by_variable = {
            (variable, string): outcomes
            for variable, strings in entry.get("outcomesByVariable", {}).items()
            for string, outcomes in strings.items()
        }

    def condition(self, variables: dict[str, str]) -> tuple[str, str] | None:
        """Return the first pair of ``outcomesByVariable`` whose variable contains its string."""
        return next((pair for pair in self._outcomes_by_variable if pair[1] in variables.get(pair[0], "")), None)

    def outcome(self, number: int, condition: tuple[str, str] | None = None) -> Outcome:
        """Return the outcome of the *number*-th run (from 0); the last one applies to all later runs."""
        outcomes = self._outcomes if condition is None else self._outcomes_by_variable[condition]
        outcome = outcomes[min(number, len(outcomes) - 1)]
        if isinstance(outcome, str):
            outcome = {"status": outcome}
        seconds = self._seconds[min(number, len(self._seconds) - 1)]
        return Outcome(outcome["status"], outcome.get("failedAttempts", 0), seconds)

    def is_activated(self) -> bool:
        """Return whether the check and its group are activated."""
        return self.activated and (self.group is None or self.group.activated)

    def all_tags(self) -> frozenset[str]:
        """Return the check's own tags and those of its group."""
        return frozenset(self.tags) | frozenset(self.group.tags if self.group else ())


class Scenario:
    """What is simulated; *raw* is the content of a scenario file, and *seed* determines ids of checks without one."""

    def __init__(self, raw: Any, seed: int = 0) -> None:
        validate(raw)
        groups: dict[Any, Group] = {
            entry["id"]: Group(entry["id"], entry["name"], tuple(entry.get("tags", ())), entry.get("activated", True))
            for entry in raw.get("groups", [])
        }
        self.checks = [Check(entry, _group(entry, groups), seed) for entry in raw.get("checks", [])]
        self.groups = list(groups.values())
        self.faults: list[dict[str, Any]] = raw.get("faults", [])
        self.rate_limit: int | None = raw.get("rateLimit", 600)
        self.latency: float = raw.get("latency", 0.0)
        self.api_key: str | None = raw.get("apiKey")
        self.account_id: str | None = raw["accountId"].lower() if "accountId" in raw else None
        self.default_account: str = self.account_id or FALLBACK_ACCOUNT
        self.account_name: str = raw.get("accountName", "Local Checkly")


def _group(entry: dict[str, Any], groups: dict[Any, Group]) -> Group | None:
    """Return the group of a check; all checks with the same ``groupTags`` share one, which is added to *groups*."""
    if "groupTags" not in entry:
        return groups.get(entry.get("groupId"))
    tags = tuple(entry["groupTags"])
    number = max([1000, *(group.id for group in groups.values())]) + 1
    return groups.setdefault(tags, Group(number, f"Group {', '.join(tags)}", tags))


def seeded_uuid(seed: int, *parts: object) -> str:
    """Make a UUID that depends only on the seed and the parts."""
    digest = hashlib.sha256(json.dumps([seed, *map(str, parts)]).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def load(path: str | Path) -> Any:
    """Read a scenario file: JSON, or YAML when the name ends in .yaml or .yml; raise ScenarioError if that fails."""
    path = Path(path)
    try:
        text = path.read_bytes()
        if path.suffix in (".yaml", ".yml"):
            # Converted to JSON, so that dates and number keys become strings.
            text = json.dumps(yaml.safe_load(text), default=str).encode()
        return parse_json(text)
    except OSError as error:
        problem = error.strerror or "cannot be read"
    except (RecursionError, TypeError, ValueError, yaml.YAMLError) as error:
        problem = f"cannot be parsed: {' '.join(str(error).split())}"
    raise ScenarioError([f"{path}: {problem}"])


def default() -> dict[str, Any]:
    """Return the scenario that is served when none is given: a small shop."""
    loaded: dict[str, Any] = json.loads(packaged_text("emulator/demo.json"))
    return loaded
