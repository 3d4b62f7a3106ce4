"""Decide when a stored verdict is not trusted. No function here makes a verdict good."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import GateReport, Report
from checkly_dynamic.report.presentation import moment, shown


def insist_on(report: Report, deploy_version: str) -> Report:
    """Return the report; doubt every gate that is not, or not only, about *deploy_version*."""
    return replace(report, gates=tuple(_insist(gate, deploy_version) for gate in report.gates))


def after_interruption(gate: GateReport) -> GateReport:
    """Doubt a gate of a state that has interrupted operations."""
    reason = "the last deployment was interrupted, so whether the stored verdict still stands is not known"
    todo = "Run pulumi up again, or pulumi refresh if it lists interrupted operations."
    return _doubted(gate, reason, f"The last deployment was interrupted. {todo}")


def after_failed_update(gate: GateReport, last: Mapping[str, Any]) -> GateReport:
    """
    Doubt a good verdict if the last update (the newest entry of the history) began after it and did not succeed.

    The update may have changed what was checked. If it began before the verdict, the verdict belongs to it and stands.
    """
    began, judged = instant(last.get("startTime")), instant(gate.finished_at)
    if not gate.passed or last.get("result") in (None, "succeeded") or (began and judged and began <= judged):
        return gate
    when = f" ({moment(last['startTime'])})" if began else ""
    after = f"the last deployment{when} did not succeed and began after this verdict"
    note = "The stored verdict is PASSED, from before the last deployment. Run pulumi up again."
    return _doubted(gate, f"{after}, so what is deployed now may not have been checked", note)


def wrote(last: Mapping[str, Any] | None, stored_at: str) -> bool:
    """Whether the last update succeeded and wrote this state. A later update that was killed leaves no history."""
    if not last or last.get("result") != "succeeded":
        return False
    ended, written = instant(last.get("endTime")), instant(stored_at)
    # Times in the history are whole seconds.
    return ended is not None and written is not None and written.replace(microsecond=0) <= ended


def _insist(gate: GateReport, wanted: str) -> GateReport:
    if set(gate.deploy_versions) == {wanted}:
        return gate
    versions = [version or "no deploy version" for version in gate.deploy_versions or [""]]
    wanted, found = shown(wanted), shown(", ".join(versions))
    reason = f"nothing is known about deploy version {wanted}; the stored verdict is about {found}"
    return _doubted(gate, reason, f"This is about {found}, not about {wanted}.")


def _doubted(gate: GateReport, reason: str, note: str) -> GateReport:
    """Put a note in front of the gate's; if the gate had passed, it is ``UNKNOWN`` for this reason."""
    gate = replace(gate, notes=(note, *gate.notes))
    return replace(gate, conclusion="UNKNOWN", reason=reason) if gate.passed else gate
