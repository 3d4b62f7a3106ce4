"""Decide when a stored verdict is not trusted. No function here makes a verdict good."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import GateReport
from checkly_dynamic.report.presentation import moment, shown

_NOT_CHECKED = "so what is deployed now may not have been checked; run pulumi up again"

_CLOCKS_DIFFER = timedelta(minutes=5)  # the clock that writes the state may be ahead of the one of the history


def insist_on(gate: GateReport, wanted: str) -> GateReport:
    """Doubt a gate that is not, or not only, about the deploy version *wanted*."""
    if set(gate.deploy_versions) == {wanted}:
        return gate
    found = shown(", ".join(version or "no deploy version" for version in gate.deploy_versions or [""]))
    unknown = f"nothing is known about deploy version {shown(wanted)}"
    return _doubted(gate, f"{unknown}; the stored verdict is about {found}")


def after_interruption(gate: GateReport) -> GateReport:
    """Doubt a gate of a state that has interrupted operations, or that no complete deployment wrote."""
    return _doubted(gate, f"the last deployment was interrupted, {_NOT_CHECKED}")


def after_update(gate: GateReport, history: Sequence[Mapping[str, Any]] | None) -> GateReport:
    """Doubt a good verdict if the last update, by the history of the stack, began after it and failed."""
    if not gate.passed:
        return gate
    last = last_update(history or [])
    if history is None or (history and not last):
        found = "was not read" if history is None else "has no whole update"
        note = f"The history of the stack {found}, so whether a later deployment failed is not known."
        return gate.with_note(note)
    began, judged = instant(last.get("startTime")), instant(gate.finished_at)
    # An update that began before the verdict contains it. The history has whole seconds, so the same second may be later.
    contains_it = began and judged and began < judged.replace(microsecond=0)
    if last.get("result") in (None, "succeeded"):
        return gate
    if contains_it:
        note = "The deployment failed. Gates that it did not reach may not be in the state."
        return gate.with_note(note)
    when = f" ({moment(last['startTime'])})" if began else ""
    return _doubted(gate, f"the last deployment{when} did not succeed and began after this verdict, {_NOT_CHECKED}")


def wrote(history: Sequence[Mapping[str, Any]], stored_at: str) -> bool:
    """Whether the last update succeeded and wrote this state. A later update that was killed leaves no history."""
    last = last_update(history)
    ended, written = instant(last.get("endTime")), instant(stored_at)
    succeeded = last.get("result") == "succeeded"
    return bool(succeeded and ended and written and written.replace(microsecond=0) <= ended)


def is_newer(stored_at: str, history: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a state was written after the newest operation of the history: by one that was killed, or by hand."""
    ended, written = instant(history[0].get("endTime")) if history else None, instant(stored_at)
    return bool(ended and written and written > ended + _CLOCKS_DIFFER)


def last_update(history: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the last update that failed or left nothing out; one with ``--target`` or ``--exclude`` repairs no other."""
    return next((entry for entry in history if entry.get("kind") in ("update", "destroy") and not _is_part(entry)), {})


def _is_part(entry: Mapping[str, Any]) -> bool:
    flags = {f"pulumi.flag.{name}" for name in ("target", "target-replace", "exclude", "exclude-protected")}
    return bool(flags & (entry.get("environment") or {}).keys()) and entry.get("result") == "succeeded"


def _doubted(gate: GateReport, reason: str) -> GateReport:
    """If the gate had passed, it is ``UNKNOWN`` for this reason; otherwise the reason is a note."""
    note = "The stored verdict is PASSED." if gate.passed else f"{reason[0].upper()}{reason[1:]}."
    gate = replace(gate, notes=(note, *gate.notes))
    return replace(gate, conclusion="UNKNOWN", reason=reason) if gate.passed else gate
