"""Gates are found in a stack's state, and a verdict that no longer stands is never shown as good."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import report_cases
from report_cases import at, outputs, running, session, shop

from checkly_dynamic.cli.stack_export import report_from_export
from checkly_dynamic.report import Report
from checkly_dynamic.report.reading import gate_from_outputs, gate_from_summary

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:5ecr3t"}
SHOWN_SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"5ecr3t"'}
TRIGGER = "pulumi-python:dynamic/checkly:CheckSessionTrigger"
VERDICT = "pulumi-python:dynamic/checkly:CheckSessionVerdict"


def part(export: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Return the first resource of a type."""
    return next(r for r in export["deployment"]["resources"] if r["type"] == wanted)


def without(export: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Return the state without the resources of a type."""
    found = copy.deepcopy(export)
    found["deployment"]["resources"] = [r for r in found["deployment"]["resources"] if r["type"] != wanted]
    return found


def newer_run(export: dict[str, Any], version: str = "2.5.0") -> dict[str, Any]:
    """Return the state as it is when a deployment is killed after the trigger has started sessions for a new version."""
    found = copy.deepcopy(export)
    sessions = [running(session(f"new {i}"), "STARTED") for i in range(2)]
    part(found, TRIGGER)["outputs"] = {
        "sessionIds": [s.id for s in sessions],
        "sessions": [s.to_api() for s in sessions],
        "deployVersion": version,
        "triggeredAt": at(500),
    }
    return found


def only(report: Report) -> Any:
    """Return the one gate."""
    (gate,) = report.gates
    return gate


def test_a_verdict_is_read_as_it_is_stored() -> None:
    """Name, verdict, version, times and all sessions come from the recorder."""
    report = report_cases.report("red")
    gate = only(report)
    assert (report.stack, report.stored_at) == ("shop/prod", at(61))
    assert (gate.name, gate.conclusion, gate.deploy_versions) == ("smoke-passed", "FAILED", ("2.4.0",))
    assert (gate.triggered_at, gate.started_at, gate.finished_at) == (at(-2), at(-1), at(60))
    assert len(gate.sessions) == 9
    assert len(gate.missing_check_ids) == 1


def test_a_killed_deployment_is_not_mistaken_for_the_last_green_one() -> None:
    """The trigger has newer sessions than the green verdict: unknown, about the new version, and the old one is named."""
    gate = only(report_from_export(newer_run(report_cases.green())))
    assert not gate.passed
    assert gate.conclusion == "UNKNOWN"
    assert gate.deploy_versions == ("2.5.0",)
    assert [s.name for s in gate.sessions] == ["new 0", "new 1"]
    assert "PASSED of deploy version 2.4.0" in gate.notes[0]
    assert "2026-11-23 09:30:23 UTC" in gate.notes[0]


def test_a_new_version_without_any_check_is_not_certified_by_old_sessions() -> None:
    """The same (empty) list of sessions for another deploy version is another answer."""
    export = report_cases.empty()
    part(export, TRIGGER)["outputs"]["deployVersion"] = "2.5.0"
    assert only(report_from_export(export)).conclusion == "UNKNOWN"


def test_a_gate_without_a_verdict_is_not_good() -> None:
    """A component whose recorder is missing was never judged."""
    gate = only(report_from_export(without(report_cases.green(), VERDICT)))
    assert gate.conclusion == "UNKNOWN"
    assert "before the checks were judged" in gate.reason


def test_the_first_run_killed_while_waiting_shows_what_was_started() -> None:
    """The recorder is only a pending operation; it still tells which trigger's sessions are open."""
    export = report_cases.green()
    verdict = part(export, VERDICT)
    verdict.pop("outputs")
    export = without(export, VERDICT)
    export["deployment"]["pending_operations"] = [{"resource": verdict, "type": "creating"}]
    gate = only(report_from_export(export))
    assert gate.conclusion == "UNKNOWN"
    assert len(gate.sessions) == 8
    assert gate.deploy_versions == ("2.4.0",)


@pytest.mark.parametrize("wanted", [TRIGGER, VERDICT])
def test_a_green_verdict_that_was_being_updated_is_not_good(wanted: str) -> None:
    """An interrupted update of trigger or recorder leaves open whether the stored verdict stands."""
    export = report_cases.green()
    export["deployment"]["pending_operations"] = [{"resource": part(export, wanted), "type": "updating"}]
    gate = only(report_from_export(export))
    assert gate.conclusion == "UNKNOWN"
    assert "interrupted" in gate.reason


def test_a_red_verdict_stays_red_when_its_repair_was_interrupted() -> None:
    """What failed is still told, with a note."""
    export = report_cases.red()
    export["deployment"]["pending_operations"] = [{"resource": part(export, VERDICT), "type": "updating"}]
    gate = only(report_from_export(export))
    assert gate.conclusion == "FAILED"
    assert "interrupted" in gate.notes[0]


def test_a_resource_that_waits_for_its_deletion_is_no_gate() -> None:
    """After a replacement the old resources may still be there, marked."""
    export = report_cases.green()
    for resource in export["deployment"]["resources"]:
        resource["delete"] = True
    assert report_from_export(export).gates == ()


def test_a_recorder_without_its_component_is_still_found() -> None:
    """No verdict is lost, whatever the parents are."""
    gate = only(report_from_export(without(report_cases.red(), "checkly-dynamic:index:CheckSessionGate")))
    assert (gate.name, gate.conclusion) == ("smoke-passed", "FAILED")


@pytest.mark.parametrize("secret", [SECRET, SHOWN_SECRET])
def test_a_secret_is_never_shown(secret: dict[str, str]) -> None:
    """A secret deploy version is named as such, encrypted or not, and the verdict stays readable."""
    from checkly_dynamic.report import as_json, html, junit, markdown, text

    report = report_from_export(report_cases.export(outputs(shop(), version=secret)))
    assert only(report).deploy_versions == ("[secret]",)
    assert only(report).passed
    for renderer in (as_json, html, junit, markdown, text):
        assert "5ecr3t" not in renderer.render(report)


def test_outputs_that_are_secret_altogether_are_not_good() -> None:
    """When the verdict itself is encrypted, nothing is known."""
    export = report_cases.green()
    part(export, VERDICT)["outputs"] |= {"passed": SECRET, "conclusion": SECRET, "sessions": SECRET, "waitFor": SECRET}
    assert not report_from_export(export).passed


@pytest.mark.parametrize(
    "change",
    [
        {"passed": False},
        {"passed": None},
        {"passed": "true"},
        {"passed": 1},
        {"conclusion": "passed"},
        {"conclusion": None},
        {"conclusion": "FINE"},
    ],
)
def test_a_verdict_that_contradicts_itself_is_not_good(change: dict[str, Any]) -> None:
    """Good needs both words, in exactly their form."""
    stored = {**outputs(shop()), **change}
    assert gate_from_outputs("x", stored).conclusion == "UNKNOWN"
    assert gate_from_summary("x", stored).conclusion == "UNKNOWN"


@pytest.mark.parametrize("junk", [None, 1, "x", [1, None, "x"], {"a": 1}, [[]], [{"sessionIds": 3}]])
@pytest.mark.parametrize("key", ["sessions", "waitFor", "counts", "failOn", "startedAt", "reason", "statuses", "links"])
def test_any_bag_gives_a_report(key: str, junk: Any) -> None:
    """What an older version or a hand left in the state may look bad, but it can be told, in every format."""
    from checkly_dynamic.report import as_json, html, junit, markdown, text

    export = report_cases.red()
    part(export, VERDICT)["outputs"][key] = junk
    part(export, TRIGGER)["outputs"][key] = junk
    for found in (report_from_export(export), Report((gate_from_summary("s", {**outputs(shop()), key: junk}),))):
        for renderer in (as_json, html, junit, markdown, text):
            assert renderer.render(found)


@pytest.mark.parametrize("junk", [None, 1, "x", [1, None, "x"], {"a": 1}, [[]]])
@pytest.mark.parametrize("key", ["outputs", "type", "parent", "propertyDependencies", "dependencies", "urn", "delete"])
def test_any_state_can_be_read(key: str, junk: Any) -> None:
    """A resource that is not as the engine writes it is no reason for a traceback, and never good news."""
    for wanted in (TRIGGER, VERDICT, "checkly-dynamic:index:CheckSessionGate"):
        export = report_cases.red()
        part(export, wanted)[key] = junk
        assert not report_from_export(export).passed
    export = report_cases.red()
    export["deployment"] |= {"pending_operations": junk, "manifest": junk}
    assert not report_from_export(export).passed


def test_a_summary_knows_which_sessions_count() -> None:
    """An exported summary has every attempt; only those among the failed links are shown as failed."""
    sessions = [session("a", "FAILED"), session("b"), session("a", attempt=2)]
    stored = outputs(sessions)
    gate = gate_from_summary("smoke", {**stored, "deployVersions": ["1", None, "1"]})
    assert gate.passed
    assert gate.deploy_versions == ("1",)
    from checkly_dynamic.report import results

    assert [r.outcome for r in results(gate)] == ["warned", "passed", "passed"]
    red = gate_from_summary("smoke", outputs([session("a", "FAILED"), session("b")]))
    assert [r.outcome for r in results(red)] == ["failed", "passed"]
