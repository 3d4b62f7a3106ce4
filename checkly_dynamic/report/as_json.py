"""
A report as JSON: for programs, and as the previous run of a later report.

The format has a name and a version. A later version of the library reads what an earlier one wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from checkly_dynamic.report.model import BAD_OUTCOMES, CONCLUSIONS, MISSING, GateReport, Report, Run
from checkly_dynamic.report.results import results
from checkly_dynamic.report.stored_gates import counts_from, objects, run_from_row, string, strings

__all__ = ["FORMAT", "from_json", "render", "to_json"]

FORMAT = "checkly-dynamic-report"
"""The value of ``format``."""

_VERSION = 1


def render(report: Report) -> str:
    """Return the report as indented ASCII JSON, which is safe to print in a terminal."""
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
    Read a report; unknown keys are ignored.

    Raises:
        ValueError: It is not a report, or has an unknown version.
    """
    if data.get("format") != FORMAT or data.get("version") != _VERSION or not isinstance(data.get("gates"), list):
        msg = f"this is not a {FORMAT} of version {_VERSION}"
        raise ValueError(msg)
    gates = tuple(_gate_from_json(raw) for raw in objects(data["gates"]))
    return Report(gates, string(data.get("stack")), string(data.get("storedAt")))


def _gate(gate: GateReport) -> dict[str, Any]:
    found = results(gate)
    outcomes = {id(result.run): result.outcome for result in found}
    bad = [result.run for result in found if result.outcome in BAD_OUTCOMES]
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
        "failedLinks": [run.link for run in bad if run.finished and run.link],
        "missingCheckIds": [run.check_id for run in gate.runs if run.status == MISSING],
        "sessions": [{**_row(run), "outcome": outcomes.get(id(run), "replaced")} for run in gate.runs],
    }


def _row(run: Run) -> dict[str, Any]:
    """Write a run with the names that the state uses."""
    if run.test_session_id:
        ids = {"testSessionId": run.test_session_id}
        ids |= {"testSessionResultId": run.id} if run.id != run.test_session_id else {}
        ids |= {"testSessionResultLink": run.link}
    else:
        ids = {"checkSessionId": run.id, "checkSessionLink": run.link}
    optional = {
        "detail": run.detail,
        "errors": list(run.errors),
        "nonBlocking": run.non_blocking,
        "rerunOf": run.rerun_of,
    }
    return {
        **ids,
        "checkId": run.check_id,
        "checkType": run.check_type,
        "name": run.name,
        "status": run.status,
        "startedAt": run.started_at or None,
        "stoppedAt": run.stopped_at or None,
        "timeElapsed": run.time_elapsed,
        "runLocations": list(run.run_locations),
        "attempt": run.attempt,
        "finished": run.finished,
        **{key: value for key, value in optional.items() if value},
        **({} if run.bad is None else {"bad": run.bad}),
    }


def _gate_from_json(raw: Mapping[str, Any]) -> GateReport:
    conclusion = string(raw.get("conclusion"))
    known = conclusion in CONCLUSIONS and (conclusion == "PASSED") == (raw.get("passed") is True)
    return GateReport(
        name=string(raw.get("name")),
        conclusion=conclusion if known else "UNKNOWN",
        reason=string(raw.get("reason")),
        deploy_versions=strings(raw.get("deployVersions")),
        runs=tuple(run_from_row(row) for row in objects(raw.get("sessions"))),
        counts=counts_from(raw.get("counts")),
        fail_on=strings(raw.get("failOn")),
        records_only=raw.get("recordsOnly") is True,
        triggered_at=string(raw.get("triggeredAt")),
        started_at=string(raw.get("startedAt")),
        finished_at=string(raw.get("finishedAt")),
        notes=strings(raw.get("notes")),
    )
