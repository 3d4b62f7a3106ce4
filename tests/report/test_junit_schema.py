"""
JUnit reports against the schema that Jenkins' xUnit plugin publishes (junit-10), written down here as rules.

The plugin refuses a file that breaks it: unknown elements and attributes, missing required ones, malformed times.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
import report_cases

from checkly_dynamic.report import junit

# Element → (required attributes, optional attributes, allowed children). Taken from the schema's documentation.
RULES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"group", "time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": (
        {"name"},
        {"time", "classname", "group"},
        {
            "skipped",
            "error",
            "failure",
            "rerunFailure",
            "rerunError",
            "flakyFailure",
            "flakyError",
            "system-out",
            "system-err",
        },
    ),
    "failure": (set(), {"type", "message"}, set()),
    "error": (set(), {"type", "message"}, set()),
    "rerunFailure": ({"type"}, {"message"}, {"stackTrace", "system-out", "system-err"}),
    "flakyFailure": ({"type"}, {"message"}, {"stackTrace", "system-out", "system-err"}),
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
def test_a_report_keeps_to_the_schema(story: str) -> None:
    """Jenkins takes the report of every story."""
    root = ET.fromstring(junit.render(report_cases.report(story)))
    assert broken_rules(root) == []


@pytest.mark.parametrize("story", report_cases.CASES)
def test_the_numbers_are_those_of_the_cases(story: str) -> None:
    """A viewer that believes the attributes and one that counts for itself show the same."""
    root = ET.fromstring(junit.render(report_cases.report(story)))
    for suite in [root, *root]:
        assert int(suite.get("tests", -1)) == len(list(suite.iter("testcase")))
        assert int(suite.get("failures", -1)) == len(list(suite.iter("failure")))
        assert int(suite.get("errors", -1)) == len(list(suite.iter("error")))


@pytest.mark.parametrize("story", report_cases.CASES)
def test_what_is_not_good_is_red_in_ci(story: str) -> None:
    """A gate that did not pass has a failure or an error, and one that passed has none."""
    report = report_cases.report(story)
    root = ET.fromstring(junit.render(report))
    for gate, suite in zip(report.gates, root, strict=True):
        bad = len(list(suite.iter("failure"))) + len(list(suite.iter("error")))
        assert (bad == 0) == gate.passed, gate.name


def test_a_flaky_check_is_marked() -> None:
    """A check that passed only when run again is good, with the failed attempts as Surefire writes them."""
    root = ET.fromstring(junit.render(report_cases.report("flaky")))
    flaky = {case.get("name"): len(case.findall("flakyFailure")) for case in root.iter("testcase")}
    assert flaky["Checkout works"] == 2
    assert flaky["Log in and out"] == 1
    assert sum(flaky.values()) == 3


def test_a_failure_says_status_place_and_link() -> None:
    """Who reads the failure in CI needs no other tool to go on."""
    root = ET.fromstring(junit.render(report_cases.report("red")))
    failure = next(c.find("failure") for c in root.iter("testcase") if c.get("name") == "Orders API")
    assert failure is not None
    assert failure.get("type") == "TIMED_OUT"
    assert "us-east-1" in str(failure.get("message"))
    assert "https://app.checklyhq.com/" in str(failure.text)


def test_the_rules_would_find_a_mistake() -> None:
    """The rules are not so lax that they would pass anything."""
    wrong = ET.fromstring(
        '<testsuites skipped="1"><testsuite name="x" time="1e9"><testcase><b/></testcase></testsuite></testsuites>'
    )
    assert len(broken_rules(wrong)) == 8
