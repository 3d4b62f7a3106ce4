"""Decide when a stored verdict is not trusted. No function here makes a verdict good."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import GateReport
from checkly_dynamic.report.presentation import moment, shown


def insist_on(gate: GateReport, wanted: str) -> GateReport:
    """Doubt a gate that is not, or not only, about the deploy version *wanted*."""
    if set(gate.deploy_versions) == {wanted}:
        return gate
    found = ", ".join(version or "no deploy version" for version in gate.deploy_versions or [""])
    return _doubted(
        gate, f"nothing is known about deploy version {shown(wanted)}; the stored verdict is about {shown(found)}"
    )


def after_interruption(gate: GateReport) -> GateReport:
    """Doubt a gate of a state that has interrupted operations."""
    reason = "the last deployment was interrupted, so whether the stored verdict still stands is not known"
    return _doubted(gate, f"{reason}; run pulumi up again, or pulumi refresh if it lists interrupted operations")


def after_update(gate: GateReport, last: Mapping[str, Any] | None) -> GateReport:
    """
    Doubt a good verdict if the last update (the newest entry of the history, if it is known) began after it and failed.

    That update may have changed what was checked. One that began before the verdict contains it.
    """
    if not gate.passed:
        return gate
    if last is None:
        note = "The history of the stack was not read, so whether a later deployment failed is not known."
        return replace(gate, notes=(*gate.notes, note))
    began, judged = instant(last.get("startTime")), instant(gate.finished_at)
    if last.get("result") in (None, "succeeded") or (began and judged and began <= judged):
        return gate
    when = f" ({moment(last['startTime'])})" if began else ""
    after = f"the last deployment{when} did not succeed and began after this verdict"
    return _doubted(gate, f"{after}, so what is deployed now may not have been checked; run pulumi up again")


def wrote(last: Mapping[str, Any] | None, stored_at: str) -> bool:
    """Whether the last update succeeded and wrote this state. A later update that was killed leaves no history."""
    if not last or last.get("result") != "succeeded":
        return False
    ended, written = instant(last.get("endTime")), instant(stored_at)
    # Times in the history are whole seconds.
    return ended is not None and written is not None and written.replace(microsecond=0) <= ended


def _doubted(gate: GateReport, reason: str) -> GateReport:
    """If the gate had passed, it is ``UNKNOWN`` for this reason; otherwise the reason is a note."""
    note = "The stored verdict is PASSED." if gate.passed else f"{reason[0].upper()}{reason[1:]}."
    gate = replace(gate, notes=(note, *gate.notes))
    return replace(gate, conclusion="UNKNOWN", reason=reason) if gate.passed else gate
