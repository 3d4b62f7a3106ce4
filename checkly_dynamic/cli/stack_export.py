"""
Find the gates of a stack in what ``pulumi stack export`` prints, and check which of their verdicts still stand.

A deployment that was killed or that failed half-way leaves old verdicts in the state. They are never shown as good when their
trigger has started newer sessions since.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from checkly_dynamic.cli.update_history import is_completed
from checkly_dynamic.report.model import CONCLUSIONS, GateReport, Report, doubted
from checkly_dynamic.report.presentation import moment
from checkly_dynamic.report.stored_gates import (
    SECRET,
    counted,
    gate_from_outputs,
    objects,
    run_from_row,
    string,
    strings,
    unique,
    without_secrets,
)

__all__ = ["GATE_TYPE", "TRIGGER_TYPES", "VERDICT_TYPES", "is_export", "report_from_export"]

GATE_TYPE = "checkly-dynamic:index:CheckSessionGate"
"""The type of the component (state format)."""

VERDICT_TYPES = (
    "pulumi-python:dynamic/checkly:CheckSessionVerdict",
    "checkly-sessions:index:CheckSessionVerdict",
)
"""The types of a verdict: the child of the component, and the resource of the native provider (state format)."""

TRIGGER_TYPES = (
    "pulumi-python:dynamic/checkly:CheckSessionTrigger",
    "pulumi-python:dynamic/checkly:TestSessionTrigger",
    "checkly-sessions:index:CheckSessionTrigger",
    "checkly-sessions:index:TestSessionTrigger",
)
"""The types of the triggers (state format)."""

_STACK_TYPE = "pulumi:pulumi:Stack"
_STARTING = ("creating", "updating")
_NOT_KNOWN = "A part of what is stored is secret, so whether newer sessions have been started is not known."

_Resource = Mapping[str, Any]


@dataclass(frozen=True)
class _State:
    """The resources of a stack by URN, and those whose operation was under way when the last deployment ended."""

    resources: Mapping[str, _Resource]
    pending: Mapping[str, _Resource]
    interrupted: bool

    def of_type(self, *wanted: str) -> list[_Resource]:
        return [resource for resource in self.resources.values() if resource.get("type") in wanted]

    def either(self, urn: str) -> _Resource | None:
        return self.resources.get(urn) or self.pending.get(urn)

    def path(self, resource: _Resource) -> str:
        """Return the resource's name after the names of its parents, below the stack."""
        names: list[str] = []
        for _ in range(100):
            names.insert(0, _name(resource))
            parent = self.resources.get(str(resource.get("parent")))
            if parent is None or parent.get("type") == _STACK_TYPE:
                break
            resource = parent
        return "/".join(names)


def is_export(data: Any) -> bool:
    """Whether JSON looks like what ``pulumi stack export`` prints."""
    return isinstance(data, Mapping) and isinstance(data.get("deployment"), Mapping)


def report_from_export(export: Mapping[str, Any], *, last_update: Mapping[str, Any] | None = None) -> Report:
    """
    Read all gates of a stack.

    Args:
        export: The parsed output of ``pulumi stack export``, with or without ``--show-secrets``;
            secrets are not shown either way.

        last_update: The newest entry of ``pulumi stack history``, if it is known.

    Returns:
        The report, with the worst gate first; without gates when the stack has none.
    """
    deployment = export["deployment"]
    operations = objects(deployment.get("pending_operations"))
    starting = [operation.get("resource") for operation in operations if operation.get("type") in _STARTING]
    manifest = deployment.get("manifest")
    stored_at = string(manifest.get("time")) if isinstance(manifest, Mapping) else ""
    # Pulumi keeps an interrupted creation in the state until a refresh, also after updates that succeeded.
    stale = all(operation.get("type") == "creating" for operation in operations) and is_completed(
        stored_at, last_update
    )
    state = _State(_by_urn(deployment.get("resources")), _by_urn(starting), interrupted=bool(operations) and not stale)
    gates_by_urn = {str(gate["urn"]): gate for gate in state.of_type(GATE_TYPE)}
    verdicts = state.of_type(*VERDICT_TYPES)
    of_gate = {str(verdict["parent"]): verdict for verdict in verdicts if verdict.get("parent") in gates_by_urn}
    found = [(gate, of_gate.get(urn)) for urn, gate in gates_by_urn.items()]
    # A verdict of the native provider has no component around it.
    found += [(verdict, verdict) for verdict in verdicts if verdict.get("parent") not in gates_by_urn]
    names = _unique_names(state, [resource for resource, _ in found])
    gates = [_gate(state, name, *pair) for name, pair in zip(names, found, strict=True)]
    gates.sort(key=lambda gate: CONCLUSIONS.index(gate.conclusion))
    return Report(tuple(gates), _stack_name(state), stored_at)


def _gate(state: _State, name: str, gate: _Resource, verdict: _Resource | None) -> GateReport:
    begun = verdict or _pending_verdict(state, str(gate["urn"]))
    triggers = [t for urn in _trigger_urns(begun) if (t := state.either(urn)) is not None]
    if verdict is None:
        reason = "no verdict is stored: the deployment ended before the checks were judged"
        note = "The deployment ended before this gate had judged its checks."
        return _not_judged(name, triggers, reason, note)
    outputs = _outputs(verdict)
    stored = gate_from_outputs(name, outputs)
    judged = [_was_judged(trigger, outputs) for trigger in triggers]
    if False in judged:
        newer = [trigger for trigger, was in zip(triggers, judged, strict=True) if was is False]
        return _overtaken(stored, newer)
    stored = replace(stored, triggered_at=_triggered_at(triggers))
    if SECRET in stored.deploy_versions and triggers:  # `waitFor` is secret as a whole, the versions need not be
        stored = replace(stored, deploy_versions=_versions(triggers))
    if None in judged:
        stored = replace(stored, notes=(*stored.notes, _NOT_KNOWN))
    return _interrupted(stored) if state.interrupted else stored


def _was_judged(trigger: _Resource, outputs: Mapping[str, Any]) -> bool | None:
    """Whether the verdict is about a trigger's latest sessions and deploy version; None if secrets hide that."""
    answer = _outputs(trigger)
    wanted = _session_ids(answer)
    if wanted is None:
        return None
    if outputs.get("waitFor") != SECRET:
        version = answer.get("deployVersion") or None
        return any(
            sorted(set(strings(part.get("sessionIds")))) == wanted
            and (SECRET in (part.get("deployVersion"), version) or (part.get("deployVersion") or None) == version)
            for part in objects(outputs.get("waitFor"))
        )
    keys = ("checkSessionId", "testSessionId", "rerunOf")
    judged = {string(row.get(key)) for row in objects(outputs.get("sessions")) for key in keys}
    judged |= set(strings(outputs.get("sessionIds")))
    return judged.issuperset(wanted) if wanted and judged - {""} else None


def _session_ids(answer: Mapping[str, Any]) -> list[str] | None:
    """Return the sorted ids of the sessions that a trigger has started; None if they are secret."""
    if SECRET in (answer.get("sessionIds"), answer.get("sessionId")) or SECRET in strings(answer.get("sessionIds")):
        return None
    return sorted({*strings(answer.get("sessionIds")), string(answer.get("sessionId"))} - {""})


def _overtaken(stored: GateReport, newer: list[_Resource]) -> GateReport:
    """Report the triggers' newer sessions instead of the stored verdict."""
    about = f" of deploy version {', '.join(stored.deploy_versions)}" if stored.deploy_versions else ""
    when = moment(stored.finished_at)
    note = f"The stored verdict is older: {stored.conclusion}{about}{f', judged at {when}' if when else ''}."
    reason = (
        "newer check sessions have been started, and no verdict on them is stored: the deployment ended before that"
    )
    return _not_judged(stored.name, newer, reason, note)


def _interrupted(stored: GateReport) -> GateReport:
    reason = "the last deployment was interrupted, so whether the stored verdict still stands is not known"
    todo = "Run pulumi up again, or pulumi refresh if it lists interrupted operations."
    return doubted(stored, reason, f"The last deployment was interrupted. {todo}")


def _not_judged(name: str, triggers: list[_Resource], reason: str, note: str) -> GateReport:
    runs = [run_from_row(row) for trigger in triggers for row in _trigger_rows(_outputs(trigger))]
    return GateReport(
        name=name,
        conclusion="UNKNOWN",
        reason=reason,
        deploy_versions=_versions(triggers),
        runs=tuple(runs),
        counts=counted(runs),
        triggered_at=_triggered_at(triggers),
        notes=(note,),
    )


def _trigger_rows(outputs: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the sessions of a trigger, or the results of its test session, which may not be known yet."""
    session = string(outputs.get("sessionId"))
    if not session:
        return objects(outputs.get("sessions"))
    whole = {"testSessionId": session, "testSessionLink": outputs.get("link"), "name": outputs.get("sessionName")}
    rows = objects(outputs.get("results")) or [{"status": outputs.get("status")}]
    return [{**whole, **row} for row in rows]


def _versions(triggers: list[_Resource]) -> tuple[str, ...]:
    return unique(string(_outputs(trigger).get("deployVersion")) for trigger in triggers)


def _triggered_at(triggers: list[_Resource]) -> str:
    return max((string(_outputs(trigger).get("triggeredAt")) for trigger in triggers), default="")


def _outputs(resource: _Resource) -> Mapping[str, Any]:
    """Return the outputs of a resource without secrets; a resource whose creation was interrupted has none."""
    found = without_secrets(resource.get("outputs"))
    return found if isinstance(found, Mapping) else {}


def _trigger_urns(verdict: _Resource | None) -> list[str]:
    """Return the triggers that a verdict depends on, as the engine has stored it."""
    if verdict is None:
        return []
    by_property = verdict.get("propertyDependencies")
    urns = by_property.get("waitFor") if isinstance(by_property, Mapping) else None
    return [
        urn
        for urn in strings(urns) or strings(verdict.get("dependencies"))
        if any(f"{trigger}::" in urn for trigger in TRIGGER_TYPES)
    ]


def _pending_verdict(state: _State, gate_urn: str) -> _Resource | None:
    children = (resource for resource in state.pending.values() if resource.get("parent") == gate_urn)
    return next((child for child in children if child.get("type") in VERDICT_TYPES), None)


def _by_urn(resources: Any) -> dict[str, _Resource]:
    """Index the living resources; those that only wait for their deletion have been replaced."""
    found = [resource for resource in objects(resources) if isinstance(resource.get("urn"), str)]
    return {resource["urn"]: resource for resource in found if not resource.get("delete")}


def _name(resource: _Resource) -> str:
    return str(resource["urn"]).rpartition("::")[2]


def _unique_names(state: _State, gates: list[_Resource]) -> list[str]:
    """Return the gates' names; two gates of one name are told apart by their parents, and at last by a number."""
    names = Counter(_name(gate) for gate in gates)
    paths = [_name(gate) if names[_name(gate)] == 1 else state.path(gate) for gate in gates]
    seen: Counter[str] = Counter()
    found = []
    for path in paths:
        seen[path] += 1
        found.append(path if seen[path] == 1 else f"{path} #{seen[path]}")
    return found


def _stack_name(state: _State) -> str:
    urns = [str(stack["urn"]) for stack in state.of_type(_STACK_TYPE)] or list(state.resources)[:1]
    parts = urns[0].split("::") if urns else []
    return f"{parts[1]}/{parts[0].rpartition(':')[2]}" if len(parts) > 1 else ""
