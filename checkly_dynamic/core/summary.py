"""The summary of a gate, the one value that a program exports: short and readable, for people and for ``require_passed``."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.verdict import current

_MAX_ROWS = 50
_MAX_LINES = 10
_FAILED_KEYS = ("name", "status", "sessionId", "link", "errors")


def summarise(outputs: Mapping[str, Any], deploy_versions: Sequence[str | None]) -> dict[str, Any]:
    """
    Return the summary of a verdict; ``CheckSessionGate.summary`` lists its keys.

    If some triggers, but not all, have no deploy version, ``withoutDeployVersion`` counts them.
    """
    failed = outputs.get("failed") or []
    versions = [version for version in deploy_versions if version]
    without = len(deploy_versions) - len(versions) if versions else 0
    return {
        "passed": outputs.get("passed"),
        "conclusion": outputs.get("conclusion"),
        "reason": outputs.get("reason"),
        "deployVersions": versions,
        "finishedAt": outputs.get("finishedAt"),
        "counts": outputs.get("counts"),
        # A state of an older version has no `checks`.
        "checks": outputs.get("checks") or checks_by_name(outputs.get("sessions") or [], failed),
        "failed": [{key: row[key] for key in _FAILED_KEYS if key in row} for row in failed[:_MAX_ROWS]],
        **({"withoutDeployVersion": without} if without else {}),
    }


def checks_by_name(sessions: Sequence[Mapping[str, Any]], failed: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Map names to the latest statuses, bad checks first, at most 50; a name that occurs twice includes the check id."""
    bad = {row.get("link") or row.get("sessionId") for row in failed}
    runs = current(Run.from_state(raw) for raw in sessions)
    runs.sort(key=lambda run: (run.link or run.id) not in bad)
    # Pulumi prints keys as they are, so a name must not be able to start a line of its own.
    names = Counter(printable(run.label) for run in runs)
    shown: dict[str, str] = {}
    for run in runs:
        label = printable(run.label)
        name = label if names[label] == 1 else f"{label} ({printable(run.check_id or run.id)})"
        while name in shown:  # two runs of one check, from two triggers
            name += " (again)"
        shown[name] = run.status
    return dict(list(shown.items())[:_MAX_ROWS])


def failed_lines(failed: Sequence[Mapping[str, Any]]) -> list[str]:
    """Describe the first ten rows of a verdict's ``failed``, each with its errors below, and count the rest."""
    lines = []
    for row in failed[:_MAX_LINES]:
        locations = f" in {printable(', '.join(row['runLocations']))}" if row.get("runLocations") else ""
        attempt = f", attempt {row['attempt']:.0f}" if (row.get("attempt") or 1) > 1 else ""
        detail = f" ({printable(row['detail'])})" if row.get("detail") else ""
        link = f" {printable(row['link'])}" if row.get("link") else ""
        lines.append(f"  {printable(row.get('name') or '')}: {row.get('status')}{attempt}{locations}{detail}{link}")
        lines += [f"    {printable(error)}" for error in row.get("errors") or []]
    if len(failed) > _MAX_LINES:
        lines.append(f"  and {len(failed) - _MAX_LINES} more")
    return lines
