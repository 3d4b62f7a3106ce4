"""Gates are found in a stack's state, and a verdict that no longer stands is never shown as good."""

from __future__ import annotations

import copy
import itertools
from typing import Any

import pytest
import report_cases
from report_cases import at, outputs, result, session, shop, summary

from checkly_dynamic.cli.stack_export import report_from_export
from checkly_dynamic.report import Report, as_github, as_html, as_json, as_junit, as_markdown, as_text, results
from checkly_dynamic.report.stored_gates import gate_from_outputs, gate_from_summary

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:5ecr3t"}


TRIGGER = "pulumi-python:dynamic/checkly:CheckSessionTrigger"
RENDERERS = (as_github, as_html, as_json, as_junit, as_markdown, as_text)
VERDICT = "pulumi-python:dynamic/checkly:CheckSessionVerdict"


def part(export: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Return the first resource of a type."""
    return next(r for r in export["deployment"]["resources"] if r["type"] == wanted)


def without(export: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Return the state without the resources of a type."""
    found = copy.deepcopy(export)
    found["deployment"]["resources"] = [r for r in found["deployment"]["resources"] if r["type"] != wanted]
    return found


def only(report: Report) -> Any:
    """Return the one gate."""
    (gate,) = report.gates
    return gate


def test_a_new_version_without_any_check_is_not_certified_by_old_sessions() -> None:
    """The same (empty) list of sessions for another deploy version is another answer."""
    export = report_cases.empty()
    part(export, TRIGGER)["outputs"]["deployVersion"] = "2.5.0"
    assert only(report_from_export(export)).conclusion == "UNKNOWN"


def test_a_gate_without_a_verdict_is_not_good() -> None:
    """A component whose verdict is missing was never judged."""
    gate = only(report_from_export(without(report_cases.green(), VERDICT)))
    assert gate.conclusion == "UNKNOWN"
    assert "before the checks were judged" in gate.reason


def test_the_first_run_killed_while_waiting_shows_what_was_started() -> None:
    """The verdict is only a pending operation; it still tells which trigger's sessions are open."""
    export = report_cases.green()
    verdict = part(export, VERDICT)
    verdict.pop("outputs")
    export = without(export, VERDICT)
    export["deployment"]["pending_operations"] = [{"resource": verdict, "type": "creating"}]
    gate = only(report_from_export(export))
    assert gate.conclusion == "UNKNOWN"
    assert len(gate.runs) == 8
    assert gate.deploy_versions == ("2.4.0",)


@pytest.mark.parametrize("wanted", [TRIGGER, "pulumi:pulumi:Stack"])
def test_a_green_verdict_is_not_good_after_an_interrupted_deployment(wanted: str) -> None:
    """Whatever was interrupted, it may be newer than the checks."""
    export = report_cases.green()
    export["deployment"]["pending_operations"] = [{"resource": part(export, wanted), "type": "updating"}]
    gate = only(report_from_export(export))
    assert gate.conclusion == "UNKNOWN"
    assert "interrupted" in gate.reason


def test_an_old_interrupted_creation_is_forgiven_after_a_success() -> None:
    """Pulumi keeps it in the state until a refresh; an update that succeeded and wrote this state came later."""
    export = report_cases.green()
    urn = "urn:pulumi:prod::shop::aws:s3:Bucket::b"
    export["deployment"]["pending_operations"] = [
        {"resource": {"urn": urn, "type": "aws:s3:Bucket"}, "type": "creating"}
    ]
    last = {"kind": "update", "result": "succeeded", "endTime": at(61)}
    assert report_from_export(export, last_update=last).passed
    assert not report_from_export(export, last_update={**last, "endTime": at(40)}).passed
    assert not report_from_export(export, last_update={**last, "result": "failed"}).passed
    assert not report_from_export(export).passed
    export["deployment"]["pending_operations"][0]["type"] = "updating"
    assert not report_from_export(export, last_update=last).passed


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


def test_a_verdict_without_its_component_is_still_found() -> None:
    """No verdict is lost, whatever the parents are."""
    gate = only(report_from_export(without(report_cases.red(), "checkly-dynamic:index:CheckSessionGate")))
    assert (gate.name, gate.conclusion) == ("smoke-passed", "FAILED")


def test_what_secrets_hide_is_said_and_not_held_against_the_verdict() -> None:
    """If the session ids are secret too, a note says what is not known."""
    export = report_cases.export(outputs(shop()))
    part(export, TRIGGER)["outputs"]["sessionIds"] = SECRET
    assert only(report_from_export(export)).passed
    assert "is not known" in only(report_from_export(export)).notes[0]


@pytest.mark.parametrize("change", [{"passed": None}, {"passed": 1}, {"conclusion": "passed"}])
def test_a_verdict_that_contradicts_itself_is_not_good(change: dict[str, Any]) -> None:
    """Good needs both words, in exactly their form."""
    stored = {**outputs(shop()), **change}
    assert gate_from_outputs("x", stored).conclusion == "UNKNOWN"
    assert gate_from_summary("x", stored).conclusion == "UNKNOWN"


JUNK = (None, 1, "x", [1, None, "x"], {"a": 1}, [[]], [{"sessionIds": 3, "status": 1}])


def test_any_outputs_give_a_report() -> None:
    """What an older version or a hand left in the state may look bad, but can be shown, in every format."""
    keys = ("sessions", "waitFor", "counts", "failOn", "failed", "checks", "finishedAt", "deployVersions")
    for key, junk in itertools.product(keys, JUNK):
        export = report_cases.red()
        exported = {**summary(part(export, VERDICT)["outputs"]), key: junk}
        part(export, VERDICT)["outputs"][key] = junk
        part(export, TRIGGER)["outputs"][key] = junk
        for found in (report_from_export(export), Report((gate_from_summary("s", exported),))):
            assert all(renderer.render(found) for renderer in RENDERERS)


def test_any_state_can_be_read() -> None:
    """A resource that is not as the engine writes it causes no traceback, and is never good news."""
    keys = ("outputs", "type", "parent", "propertyDependencies", "dependencies", "urn", "delete")
    for key, junk in itertools.product(keys, JUNK):
        for wanted in (TRIGGER, VERDICT, "checkly-dynamic:index:CheckSessionGate"):
            export = report_cases.red()
            part(export, wanted)[key] = junk
            export["deployment"] |= {"pending_operations": junk, "manifest": junk}
            assert not report_from_export(export).passed


@pytest.mark.parametrize("story", ["red", "unknown", "flaky"])
def test_summary_tells_the_same(story: str) -> None:
    """An exported summary has the same conclusion, the names of all checks, and why the bad ones failed."""
    stored = part(report_cases.CASES[story](), VERDICT)["outputs"]
    gate = gate_from_summary("smoke", summary(stored))
    assert gate.conclusion == stored["conclusion"]
    assert {run.name for run in gate.runs} == {row["name"] for row in stored["sessions"]}
    bad = [found for found in results(gate) if found.outcome in ("failed", "unknown", "running")]
    assert [(found.name, list(found.errors)) for found in bad] == [
        (row["name"], row["errors"]) for row in stored["failed"]
    ]


def test_summary_of_an_early_version_is_read() -> None:
    """Parallel lists of ids, statuses and links give a report; only the failed links are shown as failed."""
    rows = [session("a", "FAILED"), session("b"), session("a", attempt=2)]
    old = {key: value for key, value in outputs(rows, flaky=1).items() if key not in ("sessions", "failed", "waitFor")}
    gate = gate_from_summary("smoke", {**old, "deployVersions": ["1", None, "1"]})
    assert gate.passed
    assert gate.deploy_versions == ("1",)
    assert [found.outcome for found in results(gate)] == ["warned", "passed", "passed"]
    old = outputs([session("a", "FAILED"), session("b")])
    del old["failed"]
    assert [found.outcome for found in results(gate_from_summary("smoke", old))] == ["failed", "passed"]


def test_test_session_without_a_verdict_is_told() -> None:
    """A deployment that was killed while a test session ran shows its results, or the session itself."""
    export = report_cases.export(outputs([result("Home page"), result("Search")]))
    trigger = next(r for r in export["deployment"]["resources"] if "TestSessionTrigger" in r["type"])
    assert report_from_export(export).passed
    trigger["outputs"] |= {"sessionId": "another", "results": [], "status": "RUNNING"}
    gate = only(report_from_export(export))
    assert gate.conclusion == "UNKNOWN"
    assert [(run.id, run.status) for run in gate.runs] == [("another", "RUNNING")]


def test_summary_names_with_ids() -> None:
    """A name that occurs twice has its check id in parentheses, and is one check with its row in `failed`."""
    stored = {**outputs([session("Login", "FAILED", errors=["401"]), session("Home")])}
    stored = {**summary(stored), "checks": {"Login (a1)": "FAILED", "Login (b2)": "PASSED", "Home": "PASSED"}}
    found = {each.name: each.outcome for each in results(gate_from_summary("smoke", stored))}
    assert found == {"Login (a1)": "failed", "Login (b2)": "passed", "Home": "passed"}


def test_notes_explain_what_a_reader_would_wonder_about() -> None:
    """A pending verdict may be overtaken in Checkly; a green one without any check says so."""
    assert "Checkly may show them as passed" in only(report_cases.report("pending")).notes[0]
    assert "No check ran" in only(report_cases.report("empty")).notes[0]


def test_outputs_that_are_secret_altogether_are_not_good() -> None:
    """When the verdict itself is encrypted, nothing is known."""
    export = report_cases.green()
    part(export, VERDICT)["outputs"] |= {"passed": SECRET, "conclusion": SECRET, "sessions": SECRET, "waitFor": SECRET}
    assert not report_from_export(export).passed


def test_a_check_without_a_session_is_one_failed_check() -> None:
    """A check that was requested by id and did not start is in the report once, with the reason."""
    check = "5e6f1b2c-3d4e-4f5a-8b9c-0d1e2f3a4b5c"
    row = {"name": f"check {check}", "status": "NO_SESSION", "sessionId": "", "link": "", "errors": ["asked for by id"]}
    stored = {**outputs([session("a")], missing=(check,)), "failed": [row]}
    found = [each for each in results(gate_from_outputs("x", stored)) if each.outcome == "failed"]
    assert [(each.name, each.run.status, each.errors) for each in found] == [
        (f"check {check}", "NO_SESSION", ("asked for by id",))
    ]
