"""
A report as JSON: for programs, and to be given as the previous run to a later report.

The format has a name and a version of its own; what one version of the library wrote, a later one reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.report.model import CONCLUSIONS, GateReport, Report, results
from checkly_dynamic.report.reading import texts

__all__ = ["FORMAT", "from_json", "render", "to_json"]

FORMAT = "checkly-dynamic-report"
"""The value of ``format``, by which a report is known."""

_VERSION = 1


def render(report: Report) -> str:
    """Return the report as indented ASCII JSON: a terminal that prints it obeys nothing."""
    return json.dumps(to_json(report), indent=2) + "\n"


def to_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {
        "format": FORMAT,
        "version": _VERSION,
        "stack": report.stack,
        "storedAt": report.stored_at,
        "passed": report.passed,
        "conclusion": report.conclusion,
        "gates": [_gate(gate) for gate in report.gates],
    }


def from_json(data: Mapping[str, Any]) -> Report:
    """
    Read a report back; unknown keys are ignored.

    Raises:
        ValueError: It is not a report, or of a version that is not known here.
    """
    if data.get("format") != FORMAT or data.get("version") != _VERSION or not isinstance(data.get("gates"), list):
        msg = f"this is not a {FORMAT} of version {_VERSION}"
        raise ValueError(msg)
    gates = tuple(_gate_back(raw) for raw in data["gates"] if isinstance(raw, Mapping))
    return Report(gates, str(data.get("stack") or ""), str(data.get("storedAt") or ""))


def _gate(gate: GateReport) -> dict[str, Any]:
    outcomes = {result.session.id: result.outcome for result in results(gate)}
    return {
        "name": gate.name,
        "passed": gate.passed,
        "conclusion": gate.conclusion,
        "reason": gate.reason,
        "notes": list(gate.notes),
        "deployVersions": list(gate.deploy_versions),
        "counts": dict(gate.counts),
        "triggeredAt": gate.triggered_at,
        "startedAt": gate.started_at,
        "finishedAt": gate.finished_at,
        "recordsOnly": gate.records_only,
        "failOn": list(gate.fail_on),
        "failedLinks": None if gate.failed_links is None else list(gate.failed_links),
        "missingCheckIds": list(gate.missing_check_ids),
        "sessions": [{**s.to_state(), "outcome": outcomes.get(s.id, "replaced")} for s in gate.sessions],
    }


def _gate_back(raw: Mapping[str, Any]) -> GateReport:
    conclusion = raw.get("conclusion")
    counts = raw.get("counts")
    sessions = raw.get("sessions")
    known = conclusion in CONCLUSIONS and (conclusion == "PASSED") == (raw.get("passed") is True)
    return GateReport(
        name=str(raw.get("name") or ""),
        conclusion=str(conclusion) if known else "UNKNOWN",
        reason=str(raw.get("reason") or ""),
        deploy_versions=texts(raw.get("deployVersions")),
        sessions=tuple(CheckSession.from_state(s) for s in sessions or () if isinstance(s, Mapping)),
        counts={str(k): int(v) for k, v in counts.items() if isinstance(v, int)} if isinstance(counts, Mapping) else {},
        missing_check_ids=texts(raw.get("missingCheckIds")),
        fail_on=texts(raw.get("failOn")),
        failed_links=texts(raw["failedLinks"]) if isinstance(raw.get("failedLinks"), list) else None,
        records_only=raw.get("recordsOnly") is True,
        triggered_at=str(raw.get("triggeredAt") or ""),
        started_at=str(raw.get("startedAt") or ""),
        finished_at=str(raw.get("finishedAt") or ""),
        notes=texts(raw.get("notes")),
    )
