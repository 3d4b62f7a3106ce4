"""
From stored properties to gates: the recorder's outputs, and the summary that a program exports.

Total: any bag that an older version or a hand has left gives a gate, and what cannot be read is never good.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checkly_dynamic.core.awaited import Awaited
from checkly_dynamic.core.sessions import FINAL_STATUSES, UNFINISHED_STATUSES, CheckSession
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON
from checkly_dynamic.report.model import CONCLUSIONS, GateReport

__all__ = ["SECRET", "gate_from_outputs", "gate_from_summary", "mappings", "texts", "version_of", "without_secrets"]

SECRET = "[secret]"  # noqa: S105 - what is shown in place of one, as Pulumi does
_SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 - Pulumi's mark of special values in exports
_DEEPEST = 100


def without_secrets(value: Any, *, depth: int = 0) -> Any:
    """Return JSON with ``[secret]`` in place of everything that Pulumi marks, encrypted or not."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        if _SECRET_KEY in value:
            return SECRET
        return {key: without_secrets(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item, depth=depth + 1) for item in value]
    return value


def gate_from_outputs(name: str, outputs: Mapping[str, Any]) -> GateReport:
    """
    Read what a gate's recorder has stored.

    Args:
        name: The gate's name.

        outputs: The recorder's outputs, without secrets.
    """
    sessions = tuple(CheckSession.from_state(raw) for raw in mappings(outputs.get("sessions")))
    wait_for = [_plain_part(part) for part in mappings(outputs.get("waitFor"))]
    known = {session.check_id.lower() for session in sessions}
    missing = [check_id for check_id in Awaited.from_state(wait_for).missing_check_ids if check_id not in known]
    conclusion, reason = _conclusion(outputs)
    return GateReport(
        name=name,
        conclusion=conclusion,
        reason=reason,
        deploy_versions=_versions([part.get("deployVersion") for part in wait_for]),
        sessions=sessions,
        counts=_counts(outputs.get("counts")),
        missing_check_ids=tuple(missing),
        fail_on=texts(outputs.get("failOn")) or DEFAULT_FAIL_ON,
        records_only=outputs.get("onFailure") == "record",
        started_at=_text(outputs.get("startedAt")),
        finished_at=_text(outputs.get("finishedAt")),
    )


def gate_from_summary(name: str, summary: Mapping[str, Any]) -> GateReport:
    """
    Read the summary that a program exports; it has no names, locations and times of the checks.

    Args:
        name: What the export is called.

        summary: ``CheckSessionGate.summary``, as ``pulumi stack output --json`` prints it.
    """
    ids, statuses, links = (texts(summary.get(key), holes=True) for key in ("sessionIds", "statuses", "links"))
    sessions = []
    for index, session_id in enumerate(ids):
        status = statuses[index] if index < len(statuses) else ""
        finished = status in FINAL_STATUSES or bool(status and status not in UNFINISHED_STATUSES)
        link = links[index] if index < len(links) else ""
        sessions.append(CheckSession(session_id, link, session_id, "", "", status, finished=finished))
    conclusion, reason = _conclusion(summary)
    versions = summary.get("deployVersions")
    return GateReport(
        name=name,
        conclusion=conclusion,
        reason=reason,
        deploy_versions=_versions(versions if isinstance(versions, list) else [versions]),
        sessions=tuple(sessions),
        counts=_counts(summary.get("counts")),
        failed_links=texts(summary.get("failedLinks")),
        finished_at=_text(summary.get("finishedAt")),
    )


def texts(value: Any, *, holes: bool = False) -> tuple[str, ...]:
    """Return the strings of a list; with *holes*, other values become empty texts, so that places stay."""
    if not isinstance(value, list):
        return ()
    return tuple(item if isinstance(item, str) else "" for item in value if holes or isinstance(item, str))


def mappings(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def version_of(value: Any) -> str:
    """Return a deploy version as text, empty when there is none."""
    return value if isinstance(value, str) else ""


def _conclusion(bag: Mapping[str, Any]) -> tuple[str, str]:
    """Return conclusion and reason; good only when everything that says so agrees."""
    conclusion, reason = bag.get("conclusion"), _text(bag.get("reason"))
    if conclusion not in CONCLUSIONS:
        return "UNKNOWN", "no verdict can be read from what is stored"
    if (conclusion == "PASSED") != (bag.get("passed") is True):
        return "UNKNOWN", f"what is stored contradicts itself: conclusion {conclusion}, passed {bag.get('passed')!r}"
    return str(conclusion), reason


def _plain_part(part: Mapping[str, Any]) -> dict[str, Any]:
    lists = ("sessionIds", "links", "checkIds", "checkTypes", "names", "missingCheckIds")
    plain: dict[str, Any] = {key: list(texts(part.get(key), holes=True)) for key in lists}
    return {
        **plain,
        "deployVersion": part.get("deployVersion"),
        "noMatchAllowed": part.get("noMatchAllowed") is True,
    }


def _versions(values: list[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(version for value in values if (version := version_of(value))))


def _counts(value: Any) -> dict[str, int]:
    if not isinstance(value, Mapping):
        return {}
    numbers = {str(key): number for key, number in value.items() if isinstance(number, int | float)}
    return {key: int(number) for key, number in numbers.items() if 0 < number < 1e9}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
