"""
JUnit reports against the schema that Jenkins' xUnit plugin publishes (junit-10), written down here as rules.

The plugin refuses a file that breaks it: unknown elements and attributes, missing required ones, malformed times.
"""

import re
from xml.etree import ElementTree as ET

import pytest
import report_cases
from report_cases import export, outputs, session

from checkly_dynamic.cli.stack_export import report_from_export
from checkly_dynamic.report import as_junit

# Element → (required attributes, optional attributes, allowed children), as far as a report needs them.
RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time", "skipped", "timestamp"},
        {"properties", "testcase"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": ({"name"}, {"time", "classname"}, {"skipped", "error", "failure", "flakyFailure", "system-out"}),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "flakyFailure": ({"type"}, {"message"}, {"stackTrace"}),
    "stackTrace": (set(), set(), set()),
    "system-out": (set(), set(), set()),
}
SUREFIRE_TIME = re.compile(r"(([0-9]{0,3},)*[0-9]{3}|[0-9]{0,3})*(\.[0-9]*)?")


def broken_rules(element: ET.Element) -> list[str]:
    """Return what in this element and below breaks a rule."""
    if element.tag not in RULES:
        return [f"<{element.tag}> is not in the schema"]
    required, optional, children = RULES[element.tag]
    found = [f"<{element.tag}> has no {name}" for name in required - set(element.attrib)]
    found += [f"<{element.tag}> must not have {name}" for name in set(element.attrib) - required - optional]
    if element.tag in ("testsuites", "testsuite") and not SUREFIRE_TIME.fullmatch(element.get("time", "0")):
        found.append(f"<{element.tag}> time={element.get('time')}")
    for child in element:
        if child.tag not in children:
            found.append(f"<{element.tag}> must not hold <{child.tag}>")
        found += broken_rules(child)
    return found


@pytest.mark.parametrize("story", report_cases.CASES)
def test_reports_follow_the_schema(story: str) -> None:
    """
    Jenkins accepts the report of every story.

    A viewer that believes the attributes and one that counts for itself show the same. A gate that did not pass has a failure
    or an error, and one that passed has none.
    """
    report = report_cases.report(story)
    root = ET.fromstring(as_junit.render(report))
    assert broken_rules(root) == []
    counted = [[len(list(part.iter(tag))) for tag in ("testcase", "failure", "error")] for part in (root, *root)]
    said = [[int(part.attrib[name]) for name in ("tests", "failures", "errors")] for part in (root, *root)]
    assert said == counted
    assert [sum(numbers[1:]) == 0 for numbers in counted[1:]] == [gate.passed for gate in report.gates]


def pairs(root: ET.Element) -> list[tuple[str | None, str | None]]:
    """Return class name and name of every case."""
    return [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]


def test_cases_are_unique_whatever_the_outcome() -> None:
    """
    GitLab identifies a case by class name and name only, so two checks of one name, or two runs of one check, differ.

    A reader follows a case from run to run, so which of two is the second does not depend on which one failed.
    """
    login = session("Login")
    other = {**session("Login"), "checkId": "bbbbbbbb-2", "checkSessionId": "s2"}
    again = {**session("Login"), "checkSessionId": "s3"}
    for failed in (login, other, again):
        rows = [{**row, "status": "FAILED"} if row is failed else row for row in (login, other, again)]
        stored = outputs([*rows, session("smoke-passed")])
        root = ET.fromstring(as_junit.render(report_from_export(export(stored, stored))))
        found = pairs(root)
        assert len(set(found)) == len(found) == 8
        own = login["checkId"][:8]
        names = [f"Login ({own})", "Login (bbbbbbbb)", f"Login ({own}) #2"]
        assert {name for _, name in found} == {*names, "smoke-passed"}
        bad = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
        assert bad == {names[(login, other, again).index(failed)]}


def test_a_gate_speaks_for_itself_only_where_no_check_does() -> None:
    """The gate's own case has another class name than the checks of any gate."""
    state = export(outputs([session("smoke-passed")]))
    state["deployment"]["pending_operations"] = [{"resource": {"urn": "urn:x::y::z", "type": "z"}, "type": "updating"}]
    root = ET.fromstring(as_junit.render(report_from_export(state)))
    assert pairs(root) == [("CheckSessionGate", "smoke-passed"), ("smoke-passed", "smoke-passed")]
