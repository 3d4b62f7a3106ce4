"""Mistakes in a program: refused in the preview, in one clear line with the user's own file and line, before any request."""

from __future__ import annotations

import re

import pytest
from gates import HEAD, check, program, runs, scenario, verdict

MISTAKES = f"""{HEAD}
import sys
from checkly_dynamic import TestSessionTrigger, get_matching_checks, get_matching_checks_output, require_passed

image = pulumi.Stash("image", input="1").output
smoke = CheckSessionTrigger("smoke", target={{"match_tags": [["smoke"]]}})
GOOD = {{"match_tags": [["smoke"]]}}

def refused(number, make):
    try:
        make()
    except Exception as error:
        print(f"REFUSED {{number}} {{type(error).__name__}}: {{error}}", file=sys.stderr)
    else:
        print(f"ACCEPTED {{number}}", file=sys.stderr)

MISTAKES
"""

FORMATTED = [
    'CheckSessionTrigger("f0", target=GOOD, deploy_version=f"shop@{image}")',
    'CheckSessionTrigger("f1", target={"match_tags": [[f"{image}"]]})',
    'CheckSessionTrigger("f2", target=GOOD, triggers=[{"a": [{"b": "v" + str(image)}]}])',
    'CheckSessionTrigger("f3", target=GOOD, deploy_version=f"{image}"[:7])',
    'CheckSessionGate("f4", target=GOOD, deploy_version=f"{image}")',
    'TestSessionTrigger("f5", target=GOOD, environment_variables={"URL": f"https://{image}.example.com"})',
    'require_passed("organization/demo/dev", "smoke", deploy_version=f"{image}")',
    'get_matching_checks(match_tags=[[f"{image}"]])',
    'get_matching_checks_output(match_tags=[[f"{image}"]])',
]
WRONG_WAIT_FOR = [
    'CheckSessionGate("w0", wait_for=None)',
    'CheckSessionGate("w1", wait_for="smoke")',
    'CheckSessionGate("w2", wait_for=smoke.session_ids)',
    'CheckSessionGate("w3", wait_for={"a": smoke})',
    'CheckSessionGate("w4", wait_for=CheckSessionGate("w5", wait_for=smoke))',
    'CheckSessionGate("w6", wait_for=[])',
]


def test_formatted_outputs_and_wrong_triggers_are_refused_at_the_users_own_line(make_project, checkly):
    """
    An Output that was formatted into a string never changes, so it is refused wherever a string can stand.

    So is everything in ``wait_for`` that is no trigger. Each message has the file and line of the program.
    """
    mistakes = [*FORMATTED, *WRONG_WAIT_FOR]
    lines = "\n".join(f"refused({number}, lambda: {mistake})" for number, mistake in enumerate(mistakes))
    project = make_project(MISTAKES.replace("MISTAKES", lines), env=checkly.env)
    said = project.preview(expect=None).text
    found = {int(number): text for number, text in re.findall(r"REFUSED (\d+) (.*)", said)}
    assert sorted(found) == list(range(len(mistakes))), said
    first = project.work.joinpath("__main__.py").read_text().splitlines().index(lines.splitlines()[0]) + 1
    for number, text in found.items():
        assert f"__main__.py:{first + number}: " in text
        if number < len(FORMATTED):
            assert "an Output was formatted into a string" in text
            assert "pulumi.Output.format(" in text
        else:
            assert "TypeError" in text
            assert "wait_for must be a CheckSessionTrigger, a TestSessionTrigger, or a list of them" in text
    assert checkly.requests == []


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (FORMATTED[0], "f0: deploy_version: an Output was formatted into a string"),
        (WRONG_WAIT_FOR[2], "w2: wait_for must be a CheckSessionTrigger"),
    ],
)
def test_a_mistake_is_one_line_without_a_traceback(make_project, checkly, mistake, line):
    """What a program does not catch ends the preview with this line alone."""
    text = MISTAKES.replace("MISTAKES", mistake)
    said = make_project(text, env=checkly.env).preview(expect="failure").text
    number = text.splitlines().index(mistake) + 1
    assert f"__main__.py:{number}: {line}" in said
    assert "Traceback" not in said


def test_a_version_is_what_was_written(make_project, make_checkly):
    """
    A version that is read from a file ends in a newline, which is dropped; to strip it later is no change.

    ``1.10`` from the command line or a quoted config value stays what it is and is another version than ``1.1``.
    """
    checkly = make_checkly(scenario=scenario(check("Home")))
    project = make_project(program(version='open("VERSION").read()'), env=checkly.env)
    (project.work / "VERSION").write_text("v1\n")
    project.up()
    assert project.outputs()["summary"]["deployVersions"] == ["v1"]
    project.write(program(version='open("VERSION").read().strip()'))
    assert set(project.up().changes) == {"unchanged"}

    project.write(program(version='pulumi.Config().require("version")'))
    for count, version in enumerate(("1.1", "1.10", "6063e25"), start=2):
        project.up("--config", f"version={version}")
        assert verdict(project)["waitFor"][0]["deployVersion"] == version
        assert runs(checkly) == {"Home": count}
