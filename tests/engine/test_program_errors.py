"""Mistakes in a program: refused in the preview, in one clear line, before any request."""

import re

from gates import HEAD

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

    So is everything in ``wait_for`` that is not a trigger. Each message has the file and line of the program. An error that is
    not caught ends the preview with this line, without a traceback.
    """
    mistakes = [*FORMATTED, *WRONG_WAIT_FOR]
    caught = [f"refused({number}, lambda: {mistake})" for number, mistake in enumerate(mistakes)]
    project = make_project("\n".join([MISTAKES, *caught, mistakes[0]]), env=checkly.env)
    said = project.preview(expect="failure").text
    found = {int(number): text for number, text in re.findall(r"REFUSED (\d+) (.*)", said)}
    assert sorted(found) == list(range(len(mistakes))), said
    first = (project.work / "__main__.py").read_text().splitlines().index(caught[0]) + 1
    for number, text in found.items():
        assert f"__main__.py:{first + number}: " in text
        if number < len(FORMATTED):
            assert "an Output was formatted into a string" in text
            assert "pulumi.Output.format(" in text
        else:
            assert "TypeError" in text
            assert "wait_for must be a CheckSessionTrigger, a TestSessionTrigger, or a list of them" in text
    assert f"__main__.py:{first + len(mistakes)}: f0: deploy_version: an Output was formatted into a string" in said
    assert "Traceback" not in said
    assert checkly.requests == []


GROUP = 'each tag group is a list of tags that must all match: write [["production"]], not ["production"]'
INPUT = """
import pulumi
from checkly_dynamic import CheckSessionTrigger

later = CheckSessionTrigger("first", target={"match_tags": [["canary"]]}).triggered_at
CheckSessionTrigger("smoke", ARGUMENTS)
"""
BAD = """
    target={"match_tags": ["production", [" a", "! b"], [later]], "check_ids": ["home-page"], "match_tag": 1},
    deploy_version=42, on_no_match="x", triggers=[later],
"""


def problems(text: str, name: str = "smoke") -> list[str]:
    """Return the lines that the engine printed for a resource's check failures."""
    pattern = rf"^ +error: pulumi-python:dynamic/checkly:CheckSessionTrigger resource '{name}' has a problem: (.*)$"
    return re.findall(pattern, text.partition("Diagnostics:")[2], re.MULTILINE)


def test_bad_input_and_missing_settings_get_a_line_for_each_problem(make_project, checkly):
    """
    Each problem is one line in the preview that names field, mistake and fix, even if other values are not known yet.

    What could not be judged in the preview is judged in the update, still before any request for this trigger.
    """
    project = make_project(INPUT.replace("ARGUMENTS", BAD), env=checkly.env)
    said = project.preview(expect="failure").text
    assert problems(said) == [
        (
            "deploy_version: must be a string, got a number; a string that is new for each deployment, "
            "such as an image digest or a commit; leave it out if there is none"
        ),
        'on_no_match: must be one of "fail", "pass"',
        "target.match_tag: unknown key beside match_tags; give only one of the two",
        "target.check_ids[0]: must be a UUID; copy the check id from the check's page in Checkly",
        f"target.match_tags[0]: must be a list, got a string; {GROUP}",
        "target.match_tags[1][0]: must not start or end with whitespace",
        'target.match_tags[1][1]: must not have whitespace after "!"',
    ]
    assert "Traceback" not in said

    project.env = {}
    said = project.preview(expect="failure").text
    assert problems(said, "first") == [
        (
            "checkly:apiKey: the Checkly API key is not set; run `pulumi config set --secret checkly:apiKey` "
            "or set the environment variable CHECKLY_API_KEY"
        ),
        (
            "checkly:accountId: the Checkly account id is not set; run `pulumi config set checkly:accountId ID` "
            "or set the environment variable CHECKLY_ACCOUNT_ID"
        ),
    ]
    assert checkly.requests == []

    project.env = checkly.env
    project.write(INPUT.replace("ARGUMENTS", "target=later.apply(lambda _: {})"))
    assert project.preview().changes == {"to create": 3}
    [line] = problems(project.up(expect="failure").text)
    assert line.startswith("target: is empty")
    assert [request["body"]["target"] for request in checkly.requests] == [{"matchTags": [["canary"]]}]
