"""Gates are found in a stack's state, and a verdict that is no longer valid is never shown as good."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import report_cases
from report_cases import at, outputs, result, session, shop, summary

from checkly_dynamic.cli import main
from checkly_dynamic.cli.stack_export import report_from_export
from checkly_dynamic.core.summary import summarise
from checkly_dynamic.report import as_json
from checkly_dynamic.report.stored_gates import gate_from_outputs, gate_from_summary

SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:5ecr3t"}
GATE = "checkly-dynamic:index:CheckSessionGate"
TRIGGER = "pulumi-python:dynamic/checkly:CheckSessionTrigger"
VERDICT = "pulumi-python:dynamic/checkly:CheckSessionVerdict"


def part(export: dict[str, Any], wanted: str) -> dict[str, Any]:
    """Return the first resource of a type."""
    return next(r for r in export["deployment"]["resources"] if r["type"] == wanted)


def interrupted(export: dict[str, Any], resource: dict[str, Any], kind: str = "updating") -> dict[str, Any]:
    """Return the state of a deployment that was killed during this operation."""
    export["deployment"]["pending_operations"] = [{"resource": resource, "type": kind}]
    return export


def only(export: dict[str, Any]) -> Any:
    """Return the one gate of a state."""
    (gate,) = report_from_export(export).gates
    return gate


def test_a_new_version_without_any_check_is_not_certified_by_old_sessions() -> None:
    """The same (empty) list of sessions for another deploy version is another answer."""
    export = report_cases.empty()
    assert only(export).passed
    part(export, TRIGGER)["outputs"]["deployVersion"] = "2.5.0"
    assert only(export).conclusion == "UNKNOWN"


def test_a_gate_without_a_verdict_is_not_good() -> None:
    """A component without a verdict was never judged; with an interrupted verdict, the open sessions are shown."""
    export = report_cases.green()
    verdict = part(export, VERDICT)
    export["deployment"]["resources"].remove(verdict)
    gate = only(export)
    assert gate.conclusion == "UNKNOWN"
    assert "before the checks were judged" in gate.reason
    verdict.pop("outputs")
    gate = only(interrupted(export, verdict, "creating"))
    assert gate.conclusion == "UNKNOWN"
    assert [found.outcome for found in gate.results] == ["running"] * 8
    assert gate.deploy_versions == ("2.4.0",)


def test_test_session_without_a_verdict_is_told() -> None:
    """A deployment that was killed while a test session ran shows the session, and what the stored verdict is about."""
    export = report_cases.export(outputs([result("Home page"), result("Search")]))
    assert only(export).passed
    trigger = next(r for r in export["deployment"]["resources"] if "TestSessionTrigger" in r["type"])
    trigger["outputs"] |= {"sessionId": "another"}
    gate = only(export)
    assert gate.conclusion == "UNKNOWN"
    assert [(found.run.id, found.status) for found in gate.results] == [("another", "RUNNING")]
    assert gate.notes[0].startswith("The stored verdict is older: PASSED of deploy version 2.4.0, judged at 2026")


@pytest.mark.parametrize("wanted", [TRIGGER, "pulumi:pulumi:Stack"])
def test_a_green_verdict_is_not_good_after_an_interrupted_deployment(wanted: str) -> None:
    """Any interrupted operation may be newer than the checks. A red verdict stays red, with a note."""
    export = report_cases.green()
    gate = only(interrupted(export, part(export, wanted)))
    assert gate.conclusion == "UNKNOWN"
    assert "interrupted" in gate.reason
    export = report_cases.red()
    gate = only(interrupted(export, part(export, wanted)))
    assert gate.conclusion == "FAILED"
    assert "interrupted" in gate.notes[0]


@pytest.mark.parametrize(("ended", "passed"), [(61, True), (-230, True), (-250, False)])
def test_a_state_that_is_newer_than_its_history_is_not_good(ended: float, *, passed: bool) -> None:
    """A deployment that was killed between two operations leaves a newer state, and neither an entry nor an operation."""
    history = [{"kind": "refresh", "result": "succeeded", "endTime": at(ended)}]
    assert report_from_export(report_cases.green(), history).passed is passed


def test_an_old_interrupted_creation_is_forgiven_after_a_success() -> None:
    """Pulumi keeps it in the state until a refresh; an update that succeeded and wrote this state came later."""
    bucket = {"urn": "urn:pulumi:prod::shop::aws:s3:Bucket::b", "type": "aws:s3:Bucket"}
    export = interrupted(report_cases.green(), bucket, "creating")
    last = {"kind": "update", "result": "succeeded", "endTime": at(61)}
    assert report_from_export(export, [last]).passed
    assert not report_from_export(export, [{**last, "endTime": at(40)}]).passed
    assert not report_from_export(export, [{**last, "result": "failed"}]).passed
    assert not report_from_export(export).passed
    assert not report_from_export(interrupted(export, bucket), [last]).passed


def test_a_verdict_that_has_lost_its_gate_is_still_shown() -> None:
    """A state that was edited may have lost the component; a bad verdict in it must not go unnoticed."""
    export = report_cases.red()
    gate = next(raw for raw in export["deployment"]["resources"] if raw["type"].endswith("CheckSessionGate"))
    export["deployment"]["resources"].remove(gate)
    assert report_from_export(export).conclusion == "FAILED"


def test_a_resource_that_waits_for_its_deletion_is_no_gate() -> None:
    """After a replacement the old resources may still be there, marked."""
    export = report_cases.green()
    for resource in export["deployment"]["resources"]:
        resource["delete"] = True
    assert report_from_export(export).gates == ()


def test_gates_of_one_name_have_their_parents_names_too() -> None:
    """Two components with a gate of the same name differ, and so do their cases in JUnit."""
    export = report_cases.export(outputs(shop()), outputs(shop()), names=("checks", "checks "))
    gates = [r for r in export["deployment"]["resources"] if r["type"] == GATE]
    for resource, parent in zip(gates, ("shop", "blog"), strict=True):
        urn = f"urn:pulumi:prod::shop::my:index:Service::{parent}"
        export["deployment"]["resources"].append({"urn": urn, "type": "my:index:Service"})
        resource["parent"] = urn
    assert {gate.name for gate in report_from_export(export).gates} == {"shop/checks", "blog/checks"}


def test_what_secrets_hide_is_said_and_not_held_against_the_verdict() -> None:
    """If a trigger's sessions are secret, a note says what is not known. A verdict that is secret itself is not good."""
    export = report_cases.green()
    part(export, TRIGGER)["outputs"] |= {"sessions": SECRET, "sessionIds": SECRET}
    assert only(export).passed
    assert "is not known" in only(export).notes[0]
    part(export, VERDICT)["outputs"] |= {"waitFor": SECRET}
    assert "2.4.0" not in only(export).deploy_versions, "the other trigger may have another version"
    part(export, VERDICT)["outputs"] |= {"passed": SECRET, "conclusion": SECRET, "sessions": SECRET, "waitFor": SECRET}
    assert not only(export).passed


@pytest.mark.parametrize("hidden", [SECRET, [SECRET]])
def test_a_secret_version_hides_what_is_waited_for(hidden: Any) -> None:
    """Pulumi then encrypts `waitFor`, or an element of it; the sessions still show whether they were judged."""
    export = report_cases.green()
    part(export, VERDICT)["outputs"]["waitFor"] = hidden
    assert (only(export).passed, only(export).deploy_versions) == (True, ("2.4.0",))
    part(export, TRIGGER)["outputs"]["deployVersion"] = SECRET
    assert (only(export).passed, only(export).deploy_versions) == (True, ("[secret]",))
    part(export, TRIGGER)["outputs"]["sessions"][0]["checkSessionId"] = "newer"
    assert only(export).conclusion == "UNKNOWN"


def test_a_trigger_without_a_version_beside_others_is_not_forgotten() -> None:
    """A gate on two triggers, of which one has no deploy version, is not only about the version of the other."""
    stored = outputs(shop())
    stored["waitFor"] = [*stored["waitFor"], {"sessionIds": [], "noMatchAllowed": True}]
    assert gate_from_outputs("x", stored).deploy_versions == ("2.4.0", "")
    assert gate_from_summary("x", summarise(stored, ["2.4.0", None])).deploy_versions == ("2.4.0", "")


@pytest.mark.parametrize("change", [{"passed": None}, {"passed": 1}, {"conclusion": "passed"}])
def test_a_verdict_that_contradicts_itself_is_not_good(change: dict[str, Any]) -> None:
    """A good verdict needs both fields, with exactly the right values, in a state, a summary and a JSON report."""
    stored = {**outputs(shop()), **change}
    kept = json.loads(as_json.render(report_cases.report("green")))
    kept["gates"][0] |= change
    assert gate_from_outputs("x", stored).conclusion == "UNKNOWN"
    assert gate_from_summary("x", stored).conclusion == "UNKNOWN"
    assert as_json.from_json(kept).conclusion == "UNKNOWN"


JUNK = (1, "x", [1, None, "x"], {"a": 1}, [{"sessionIds": 3, "status": 1}])
OUTPUTS = ("sessions", "waitFor", "counts", "failOn", "failed", "checks", "finishedAt", "deployVersions")
FIELDS = ("outputs", "type", "parent", "propertyDependencies", "dependencies", "urn", "delete")


def test_a_state_of_another_form_causes_no_traceback_and_is_no_good_news(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A state that was edited by hand is shown, or one line says that it cannot be read."""
    file = tmp_path / "state.json"
    for key, junk in itertools.product((*OUTPUTS, *FIELDS), JUNK):
        found = [{**summary(part(report_cases.red(), VERDICT)["outputs"]), key: junk}]
        for wanted in (TRIGGER, VERDICT, GATE):
            export = report_cases.red()
            place = part(export, wanted)
            (place.get("outputs", {}) if key in OUTPUTS else place)[key] = junk
            found.append(export)
        for data in found:
            file.write_text(json.dumps(data))
            code, said = main(["report", "--input", str(file)]), capsys.readouterr()
            assert (code, said.err.count("\n")) in ((1, 0), (2, 1)), (key, junk)


@pytest.mark.parametrize("story", ["red", "unknown", "flaky"])
def test_summary_tells_the_same(story: str) -> None:
    """An exported summary has the same conclusion, the names of all checks, and why the bad ones failed."""
    stored = part(report_cases.CASES[story](), VERDICT)["outputs"]
    gate = gate_from_summary("smoke", summary(stored))
    assert gate.conclusion == stored["conclusion"]
    assert {found.name for found in gate.results} >= {row["name"] for row in stored["sessions"]}
    assert {(found.name, found.errors) for found in gate.bad} == {
        (row["name"], tuple(row["errors"])) for row in stored["failed"]
    }


def test_summary_names_with_ids() -> None:
    """A name that occurs twice has its check id in parentheses, and is one check with its row in `failed`."""
    stored = summary(outputs([session("Login", "FAILED", errors=["401"]), session("Home")]))
    stored = {**stored, "checks": {"Login (a1)": "FAILED", "Login (b2)": "PASSED", "Home": "PASSED"}}
    found = {each.name: each.outcome for each in gate_from_summary("smoke", stored).results}
    assert found == {"Login (a1)": "failed", "Login (b2)": "passed", "Home": "passed"}


def test_notes_explain_what_a_reader_would_wonder_about() -> None:
    """A pending verdict may be overtaken in Checkly; a green one without any check says so."""
    assert "Checkly may show them as passed" in only(report_cases.pending()).notes[0]
    assert "No check ran" in only(report_cases.empty()).notes[0]
