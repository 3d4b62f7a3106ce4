"""A report as JSON in a versioned format, for programs, and as the previous run of a later report."""

import json
from collections.abc import Mapping
from typing import Any

from checkly_dynamic.report.model import GateReport, Report
from checkly_dynamic.report.presentation import shown
from checkly_dynamic.report.stored_gates import gate_from_json

FORMAT = "checkly-dynamic-report"
_VERSION = 1


def render(report: Report) -> str:
    """Return the report as indented ASCII JSON, which is safe to print in a terminal."""
    data = {
        "format": FORMAT,
        "version": _VERSION,
        "stack": report.stack,
        "passed": report.passed,
        "conclusion": report.conclusion,
        "gates": [_gate(gate) for gate in report.gates],
    }
    return json.dumps(data, indent=2) + "\n"


def from_json(data: Mapping[str, Any]) -> Report:
    """Read a report; unknown keys are ignored, and an unknown version raises ValueError."""
    if data["version"] != _VERSION:
        raise ValueError(f"this is not a {FORMAT} of version {_VERSION}")
    return Report(tuple(gate_from_json(raw) for raw in data["gates"]), shown(data["stack"]))


def _gate(gate: GateReport) -> dict[str, Any]:
    return {
        "name": gate.name,
        "passed": gate.passed,
        "conclusion": gate.conclusion,
        "reason": gate.reason,
        "notes": gate.notes,
        "deployVersions": gate.deploy_versions,
        "counts": gate.counts,
        "startedAt": gate.started_at,
        "finishedAt": gate.finished_at,
        "failedLinks": [result.run.link for result in gate.bad if result.run.finished and result.run.link],
        "checks": [
            {"name": each.name, "outcome": each.outcome, "attempts": [run.to_state() for run in each.attempts]}
            for each in gate.results
        ],
    }
