"""Checks, groups and accounts as the API shows them. Constant parts are in ``answers.json``."""

import json
from datetime import datetime, timezone
from typing import Any

from checkly_dynamic.emulator import packaged_text
from checkly_dynamic.emulator.scenario import Check, Group, Scenario
from checkly_dynamic.emulator.simulation import BAD, Session

CANARY = "canary-5d1f0c7e"
CONSTANTS: dict[str, Any] = json.loads(packaged_text("emulator/answers.json").replace("CANARY", CANARY))


def timestamp(moment: float) -> str:
    """Write a Unix time as the API does: UTC, milliseconds, ``Z``."""
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_view(check: Check, *, apply_group: bool) -> dict[str, Any]:
    """Return a check as ``GET /v1/checks`` lists it; *apply_group* adds the tags and the activation of its group."""
    group = check.group
    view: dict[str, Any] = {
        **CONSTANTS["check"],
        "id": check.id,
        "checkType": check.check_type,
        "name": check.name,
        "activated": check.activated,
        "muted": check.muted,
        "locations": [*check.locations],
        "runParallel": len(check.locations) > 1,
        "tags": [*check.tags],
        "groupId": group.id if group else None,
    }
    if group and apply_group:
        view["tags"] += [tag for tag in group.tags if tag not in check.tags]
        view["activated"] = check.activated and group.activated
    if check.check_type in ("API", "URL"):
        view["request"] = {"method": "GET", "url": check.url, "followRedirects": True, "skipSSL": False}
    return view


def check_status_view(check: Check, last: Session | None) -> dict[str, Any]:
    """Return the status of a check, from its last finished session."""
    took = round(last.seconds * 1000) if last else None
    return {
        "name": check.name,
        "checkId": check.id,
        "hasFailures": last is not None and last.final_status in BAD,
        "hasErrors": False,
        "isDegraded": last is not None and last.final_status == "DEGRADED",
        "longestRun": took,
        "shortestRun": took,
        "lastRunLocation": check.locations[-1] if last else None,
        "lastCheckRunId": last.results[-1].id if last else None,
        "sslDaysRemaining": None,
        "created_at": CONSTANTS["group"]["created_at"],
        "updated_at": timestamp(last.ends) if last else None,
    }


def group_view(group: Group) -> dict[str, Any]:
    """Return a group as ``GET /v1/check-groups`` lists it."""
    return {
        **CONSTANTS["group"],
        "id": group.id,
        "name": group.name,
        "activated": group.activated,
        "tags": [*group.tags],
    }


def account_view(scenario: Scenario, account_id: str) -> dict[str, Any]:
    """Return the account."""
    return {**CONSTANTS["account"], "id": account_id, "name": scenario.account_name}
