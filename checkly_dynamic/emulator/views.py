"""What checks, groups, accounts and locations look like on the wire."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from checkly_dynamic.emulator.scenario import Check, Group, Scenario
from checkly_dynamic.emulator.simulation import Session

LOCATIONS = {
    "us-east-1": "N. Virginia",
    "us-east-2": "Ohio",
    "us-west-1": "N. California",
    "us-west-2": "Oregon",
    "ca-central-1": "Montreal",
    "sa-east-1": "São Paulo",
    "eu-west-1": "Ireland",
    "eu-central-1": "Frankfurt",
    "eu-west-2": "London",
    "eu-west-3": "Paris",
    "eu-north-1": "Stockholm",
    "eu-south-1": "Milan",
    "me-south-1": "Bahrain",
    "ap-southeast-1": "Singapore",
    "ap-northeast-1": "Tokyo",
    "ap-east-1": "Hong Kong",
    "ap-southeast-2": "Sydney",
    "ap-southeast-3": "Jakarta",
    "ap-northeast-2": "Seoul",
    "ap-northeast-3": "Osaka",
    "ap-south-1": "Mumbai",
    "af-south-1": "Cape Town",
}
LONG_AGO = "2025-01-15T09:00:00.000Z"


def timestamp(moment: float) -> str:
    """Write a Unix time as the API does: UTC, milliseconds, ``Z``."""
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def check_view(check: Check, *, apply_group: bool) -> dict[str, Any]:
    """Return a check as ``GET /v1/checks`` lists it; *apply_group* adds the tags of its group."""
    group = check.group
    tags = (
        [*check.tags, *(tag for tag in group.tags if tag not in check.tags)] if group and apply_group else [*check.tags]
    )
    activated = check.activated and group.activated if group and apply_group else check.activated
    view: dict[str, Any] = {
        "id": check.id,
        "checkType": check.check_type,
        "name": check.name,
        "description": None,
        "activated": activated,
        "muted": check.muted,
        "shouldFail": False,
        "locations": [*check.locations],
        "privateLocations": [],
        "runParallel": len(check.locations) > 1,
        "tags": tags,
        "groupId": group.id if group else None,
        "groupOrder": None,
        "frequency": 10,
        "useGlobalAlertSettings": True,
        "created_at": LONG_AGO,
        "updated_at": None,
    }
    if check.check_type in ("API", "URL"):
        view["request"] = {"method": "GET", "url": check.url, "followRedirects": True, "skipSSL": False}
    if check.check_type in ("BROWSER", "MULTI_STEP"):
        view["script"] = "// the local Checkly runs no scripts\n"
    if check.check_type == "PLAYWRIGHT":
        view["codeBundlePath"] = "local/bundle.tar.gz"
    return view


def check_status_view(check: Check, last: Session | None) -> dict[str, Any]:
    """Return the status of a check, from its last finished session."""
    took = round(last.seconds * 1000) if last else None
    return {
        "name": check.name,
        "checkId": check.id,
        "hasFailures": last is not None and last.final_status in ("FAILED", "TIMED_OUT"),
        "hasErrors": False,
        "isDegraded": last is not None and last.final_status == "DEGRADED",
        "longestRun": took,
        "shortestRun": took,
        "lastRunLocation": check.locations[-1] if last else None,
        "lastCheckRunId": last.results[-1].id if last else None,
        "sslDaysRemaining": None,
        "created_at": LONG_AGO[:10],
        "updated_at": timestamp(last.ends) if last else None,
    }


def group_view(group: Group) -> dict[str, Any]:
    """Return a group as ``GET /v1/check-groups`` lists it."""
    return {
        "id": group.id,
        "name": group.name,
        "activated": group.activated,
        "muted": False,
        "tags": [*group.tags],
        "locations": [],
        "privateLocations": [],
        "concurrency": 3,
        "apiCheckDefaults": {"url": "", "headers": [], "queryParameters": [], "assertions": []},
        "runParallel": False,
        "created_at": LONG_AGO[:10],
        "updated_at": None,
    }


def account_view(scenario: Scenario, account_id: str) -> dict[str, Any]:
    """Return the account."""
    return {
        "id": account_id,
        "name": scenario.account_name,
        "runtimeId": "2026.04",
        "plan": "team",
        "planDisplayName": "Team",
        "addons": {},
        "settings": {},
        "alertSettings": {},
        "features": [],
    }
