"""
Find the gates of a stack in what ``pulumi stack export`` prints, and tell which of their verdicts still stand.

A deployment that was killed or that failed half-way leaves old verdicts in the state. They are never shown as good when the
trigger has started newer check sessions since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.report.model import CONCLUSIONS, GateReport, Report
from checkly_dynamic.report.reading import SECRET, gate_from_outputs, mappings, texts, version_of, without_secrets
from checkly_dynamic.report.times import moment

__all__ = ["GATE_TYPE", "VERDICT_TYPE", "is_export", "report_from_export"]

GATE_TYPE = "checkly-dynamic:index:CheckSessionGate"
"""The type of the component (state format)."""

VERDICT_TYPE = "pulumi-python:dynamic/checkly:CheckSessionVerdict"
"""The type of the component's child that records (state format)."""

_TRIGGER_TYPE = "pulumi-python:dynamic/checkly:CheckSessionTrigger"
_STACK_TYPE = "pulumi:pulumi:Stack"
_STARTING = ("creating", "updating")


@dataclass(frozen=True)
class _State:
    """The resources of a stack by URN, and the operations that were under way when the last deployment ended."""

    resources: Mapping[str, Mapping[str, Any]]
    pending: Mapping[str, Mapping[str, Any]]

    def of_type(self, wanted: str) -> list[Mapping[str, Any]]:
        return [resource for resource in self.resources.values() if resource.get("type") == wanted]

    def either(self, urn: str) -> Mapping[str, Any] | None:
        return self.resources.get(urn) or self.pending.get(urn)


def is_export(data: Any) -> bool:
    """Whether JSON looks like what ``pulumi stack export`` prints."""
    return isinstance(data, Mapping) and isinstance(data.get("deployment"), Mapping)


def report_from_export(export: Mapping[str, Any]) -> Report:
    """
    Read all gates of a stack.

    Args:
        export: The parsed output of ``pulumi stack export``, with or without ``--show-secrets``;
            secrets are not shown either way.

    Returns:
        The report, with the worst gate first; without gates when the stack has none.
    """
    deployment = export["deployment"]
    state = _State(_by_urn(deployment.get("resources")), _under_way(deployment.get("pending_operations")))
    verdicts = {str(verdict.get("parent")): verdict for verdict in state.of_type(VERDICT_TYPE)}
    gates = [_gate(state, gate, verdicts.pop(str(gate["urn"]), None)) for gate in state.of_type(GATE_TYPE)]
    gates += [_gate(state, verdict, verdict) for verdict in verdicts.values()]
    gates.sort(key=lambda gate: CONCLUSIONS.index(gate.conclusion))
    manifest = deployment.get("manifest")
    stored_at = manifest.get("time") if isinstance(manifest, Mapping) else None
    return Report(tuple(gates), _stack_name(state), stored_at if isinstance(stored_at, str) else "")


def _gate(state: _State, gate: Mapping[str, Any], verdict: Mapping[str, Any] | None) -> GateReport:
    name = str(gate["urn"]).rpartition("::")[2]
    begun = verdict or _pending_verdict(state, str(gate["urn"]))
    triggers = [t for urn in _trigger_urns(begun) if (t := state.either(urn)) is not None]
    if verdict is None:
        note = "The deployment ended before this gate had judged its checks, so no verdict is stored."
        return _not_judged(
            name, triggers, "no verdict is stored: the deployment ended before the checks were judged", note
        )
    outputs = _outputs(verdict)
    stored = gate_from_outputs(name, outputs)
    newer = [trigger for trigger in triggers if not _was_judged(trigger, outputs)]
    if newer:
        return _overtaken(stored, newer)
    stored = replace(stored, triggered_at=max((_output(t, "triggeredAt") for t in triggers), default=""))
    if any(str(resource["urn"]) in state.pending for resource in (verdict, *triggers)):
        return _interrupted(stored)
    return stored


def _was_judged(trigger: Mapping[str, Any], outputs: Mapping[str, Any]) -> bool:
    """Whether the verdict is about a trigger's latest answer: the same session ids and the same deploy version."""
    answer = _outputs(trigger)
    wanted = sorted(texts(answer.get("sessionIds")))
    versions = [answer.get("deployVersion")]
    for part in mappings(outputs.get("waitFor")):
        if sorted(texts(part.get("sessionIds"))) != wanted:
            continue
        pair = (part.get("deployVersion"), *versions)
        if SECRET in pair or pair[0] == pair[1]:
            return True
    return False


def _overtaken(stored: GateReport, newer: list[Mapping[str, Any]]) -> GateReport:
    """The triggers have started newer sessions than those that the stored verdict is about."""
    about = f" of deploy version {', '.join(stored.deploy_versions)}" if stored.deploy_versions else ""
    when = moment(stored.finished_at)
    note = f"The stored verdict is older: {stored.conclusion}{about}{f', judged at {when}' if when else ''}."
    reason = (
        "newer check sessions have been started, and no verdict on them is stored: the deployment ended before that"
    )
    return _not_judged(stored.name, newer, reason, note)


def _interrupted(stored: GateReport) -> GateReport:
    note = "The last deployment was interrupted while it worked on this gate or its trigger; run pulumi up again."
    if not stored.passed:
        return replace(stored, notes=(note, *stored.notes))
    reason = "the last deployment was interrupted, so whether the stored verdict still stands is not known"
    return replace(stored, conclusion="UNKNOWN", reason=reason, notes=(note, *stored.notes))


def _not_judged(name: str, triggers: list[Mapping[str, Any]], reason: str, note: str) -> GateReport:
    sessions: list[CheckSession] = []
    versions: list[str] = []
    for trigger in triggers:
        outputs = _outputs(trigger)
        sessions += [CheckSession.from_state(raw) for raw in mappings(outputs.get("sessions"))]
        versions.append(version_of(outputs.get("deployVersion")))
    counts: dict[str, int] = {}
    for session in sessions:
        counts[session.status] = counts.get(session.status, 0) + 1
    return GateReport(
        name=name,
        conclusion="UNKNOWN",
        reason=reason,
        deploy_versions=tuple(dict.fromkeys(version for version in versions if version)),
        sessions=tuple(sessions),
        counts=counts,
        triggered_at=max((_output(trigger, "triggeredAt") for trigger in triggers), default=""),
        notes=(note,),
    )


def _output(resource: Mapping[str, Any], key: str) -> str:
    value = _outputs(resource).get(key)
    return value if isinstance(value, str) else ""


def _outputs(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the outputs of a resource without secrets; a resource whose creation was interrupted has none."""
    found = without_secrets(resource.get("outputs"))
    return found if isinstance(found, Mapping) else {}


def _trigger_urns(verdict: Mapping[str, Any] | None) -> list[str]:
    """Return the triggers whose outputs a recorder takes, as the engine has stored it."""
    if verdict is None:
        return []
    by_property = verdict.get("propertyDependencies")
    urns = by_property.get("waitFor") if isinstance(by_property, Mapping) else None
    return [urn for urn in texts(urns) or texts(verdict.get("dependencies")) if f"{_TRIGGER_TYPE}::" in urn]


def _pending_verdict(state: _State, gate_urn: str) -> Mapping[str, Any] | None:
    children = (resource for resource in state.pending.values() if resource.get("parent") == gate_urn)
    return next((child for child in children if child.get("type") == VERDICT_TYPE), None)


def _by_urn(resources: Any) -> dict[str, Mapping[str, Any]]:
    """Index the living resources; those that only wait for their deletion have been replaced."""
    found = [resource for resource in mappings(resources) if isinstance(resource.get("urn"), str)]
    return {resource["urn"]: resource for resource in found if not resource.get("delete")}


def _under_way(operations: Any) -> dict[str, Mapping[str, Any]]:
    found = [operation for operation in mappings(operations) if operation.get("type") in _STARTING]
    return _by_urn([operation.get("resource") for operation in found])


def _stack_name(state: _State) -> str:
    urns = [str(stack["urn"]) for stack in state.of_type(_STACK_TYPE)] or list(state.resources)[:1]
    parts = urns[0].split("::") if urns else []
    return f"{parts[1]}/{parts[0].rpartition(':')[2]}" if len(parts) > 1 else ""
