"""Find the gates of a stack in its state, in which a deployment that failed half-way has left old verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from checkly_dynamic.core.text import PULUMI_SIGNATURE
from checkly_dynamic.core.type_tokens import GATE, TRIGGERS, VERDICTS
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON
from checkly_dynamic.core.wait_for import Started, started_from_state, wait_for_element
from checkly_dynamic.report.doubts import after_interruption, is_newer, wrote
from checkly_dynamic.report.model import CONCLUSIONS, GateReport, Report
from checkly_dynamic.report.presentation import SECRET, moment, shown
from checkly_dynamic.report.stored_gates import gate_from_outputs, judged_answers, read_run, results_of, versions_of

_NOT_KNOWN = "A part of what is stored is secret, so whether newer sessions have been started is not known."

_Resource = Mapping[str, Any]


def report_from_export(export: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> Report:
    """Read all gates of a stack, the worst one first; *history* has its latest operations, newest first, if they are known."""
    deployment = _without_secrets(export["deployment"])
    interrupted, begun = interruption(deployment, history)
    # A resource whose creation was interrupted has no outputs. One that is to be deleted has been replaced.
    living = [raw for raw in deployment.get("resources") or [] if not raw.get("delete")]
    resources = {raw["urn"]: raw for raw in (*begun, *living)}
    gates = {raw["urn"]: raw for raw in resources.values() if raw["type"] == GATE}
    verdicts = [raw for raw in resources.values() if raw["type"] in VERDICTS]
    of_gate = {raw.get("parent"): raw for raw in verdicts}
    found = [(gate, of_gate.get(urn, {})) for urn, gate in gates.items()]
    # A verdict of the native provider has no component around it, and a state that was edited may have lost one.
    found += [(raw, raw) for raw in verdicts if raw.get("parent") not in gates]
    reports = [_gate(_path(resources, raw), verdict, _triggers(resources, verdict)) for raw, verdict in found]
    reports = [after_interruption(report) if interrupted else report for report in reports]
    reports.sort(key=lambda report: CONCLUSIONS.index(report.conclusion))
    return Report(tuple(reports), _stack_name(resources))


def interruption(deployment: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> tuple[bool, list[_Resource]]:
    """Return whether the last deployment was interrupted, and the resources whose creation was."""
    operations = deployment.get("pending_operations") or []
    begun = [operation["resource"] for operation in operations if operation["type"] == "creating"]
    stored_at = (deployment.get("manifest") or {}).get("time") or ""
    # Pulumi keeps an interrupted creation in the state until a refresh, also after updates that succeeded.
    if len(begun) == len(operations) and wrote(history, stored_at):
        return is_newer(stored_at, history), []
    return bool(operations) or is_newer(stored_at, history), begun


def _gate(name: str, verdict: _Resource, triggers: Sequence[_Resource]) -> GateReport:
    readable = [outputs for outputs in triggers if SECRET not in (outputs.get("sessions"), outputs.get("sessionId"))]
    answers = started_from_state([wait_for_element({**outputs, "target": None}) for outputs in readable])
    outputs = verdict.get("outputs")
    if not outputs:
        return _not_judged(name, answers, "no verdict is stored: the deployment ended before the checks were judged")
    stored = gate_from_outputs(name, outputs)
    if newer := _newer(answers, outputs):
        about = f" of deploy version {shown(', '.join(stored.deploy_versions))}" if stored.deploy_versions else ""
        when = f", judged at {moment(stored.finished_at)}" if stored.finished_at else ""
        reason = "newer check sessions have been started, and the deployment ended before there was a verdict on them"
        return _not_judged(name, newer, reason, f"The stored verdict is older: {stored.conclusion}{about}{when}.")
    if len(readable) < len(triggers):
        return stored.with_note(_NOT_KNOWN)
    if SECRET in stored.deploy_versions and answers:  # `waitFor` is secret as a whole, but the versions need not be
        stored = replace(stored, deploy_versions=versions_of(answers))
    return stored


def _newer(answers: Sequence[Started], outputs: Mapping[str, Any]) -> list[Started]:
    """Return what triggers started after the verdict: other sessions, or another deploy version."""
    judged = judged_answers(outputs)
    if judged is None:
        ids = set(outputs.get("sessionIds") or [])
        return [answer for answer in answers if not ids.issuperset(run.id for run in answer.sessions)]
    identities = {answer.identity for answer in judged}
    return [answer for answer in answers if answer.identity not in identities]


def _not_judged(name: str, answers: Sequence[Started], reason: str, *notes: str) -> GateReport:
    """Report the sessions that triggers have started, without a verdict."""
    runs = [read_run(run.to_state()) for answer in answers for run in answer.sessions]
    return GateReport(
        name=name,
        conclusion="UNKNOWN",
        reason=reason,
        deploy_versions=versions_of(answers),
        results=tuple(results_of(runs, DEFAULT_FAIL_ON)),
        notes=notes,
    )


def _triggers(resources: Mapping[str, _Resource], verdict: _Resource) -> list[_Resource]:
    """Return the outputs of the triggers that a verdict depends on, by its stored dependencies."""
    urns = (verdict.get("propertyDependencies") or {}).get("waitFor") or verdict.get("dependencies") or []
    found = [resources[urn] for urn in urns if urn in resources]
    return [trigger.get("outputs") or {} for trigger in found if trigger["type"] in TRIGGERS]


def _without_secrets(value: Any) -> Any:
    """Return JSON with ``[secret]`` in place of every secret value, encrypted or not."""
    if isinstance(value, dict):
        if PULUMI_SIGNATURE in value:
            return SECRET
        return {key: _without_secrets(item) for key, item in value.items()}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def _path(resources: Mapping[str, _Resource], gate: _Resource) -> str:
    """Return a gate's name after its parents' names, without the stack: gates in two components may have one name."""
    parent = resources.get(gate.get("parent") or "")
    above = f"{_path(resources, parent)}/" if parent and parent["type"] != "pulumi:pulumi:Stack" else ""
    return above + shown(gate["urn"].rpartition("::")[2])


def _stack_name(resources: Mapping[str, _Resource]) -> str:
    parts = next(iter(resources), "").split("::")
    return shown(f"{parts[1]}/{parts[0].rpartition(':')[2]}") if len(parts) > 1 else ""
