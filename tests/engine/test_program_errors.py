"""Mistakes in a program: refused in the preview, in one clear line, before any request."""

import re

from gates import HEAD

MISTAKES = f"""{HEAD}
import sys
from checkly_dynamic import TestSessionTrigger, get_matching_checks, require_passed

image = pulumi.Stash("image", input="1").output
smoke = CheckSessionTrigger("smoke", target={{"match_tags": [["smoke"]]}})
GOOD = {{"match_tags": [["smoke"]]}}

def refused(mistake):
    try:
        mistake()
    except Exception as error:
        print(f"REFUSED {{error}}", file=sys.stderr)

"""
FORMATTED = [
    'CheckSessionTrigger("f", target=GOOD, deploy_version=f"shop@{image}")',
    'CheckSessionGate("f", target=GOOD, deploy_version=f"{image}"[:7])',
    'TestSessionTrigger("f", target=GOOD, environment_variables={"URL": f"https://{image}.example.com"})',
    'require_passed("organization/demo/dev", "smoke", deploy_version=f"{image}")',
    'get_matching_checks(match_tags=[[f"{image}"]])',
]
WRONG_WAIT_FOR = [
    f'CheckSessionGate("w", wait_for={wrong})'
    for wrong in ("None", "[]", '"smoke"', "smoke.session_ids", '{"a": smoke}', 'CheckSessionGate("g", wait_for=smoke)')
]


def test_formatted_outputs_and_wrong_triggers_are_refused_at_the_users_own_line(make_project, checkly):
    """An Output that was formatted into a string never changes, so it is refused; so is what is no trigger in ``wait_for``."""
    mistakes = [*FORMATTED, *WRONG_WAIT_FOR]
    caught = [f"refused(lambda: {mistake})" for mistake in mistakes]
    project = make_project("\n".join([MISTAKES, *caught, mistakes[0]]), env=checkly.env)
    said = project.preview(expect="failure").text
    found = dict(re.findall(r"REFUSED __main__.py:(\d+): (.*)", said))
    first = (project.work / "__main__.py").read_text().splitlines().index(caught[0]) + 1
    assert [int(line) for line in found] == [*range(first, first + len(mistakes))], said
    for line, text in found.items():
        if int(line) < first + len(FORMATTED):
            assert "an Output was formatted into a string" in text
            assert "pulumi.Output.format(" in text
        else:
            assert "wait_for must be a CheckSessionTrigger, a TestSessionTrigger, or a list of them" in text
    assert f"__main__.py:{first + len(mistakes)}: f: deploy_version: an Output was formatted into a string" in said
    assert "Traceback" not in said
    assert checkly.requests == []


INPUT = """
import pulumi
from checkly_dynamic import CheckSessionTrigger

later = CheckSessionTrigger("first", target={"match_tags": [["canary"]]}).triggered_at
CheckSessionTrigger("smoke", ARGUMENTS)
"""
BAD = 'target={"match_tags": ["production", [later]], "match_tag": 1}, deploy_version=42, triggers=[later]'


def problems(text: str, name: str = "smoke") -> list[str]:
    """Return the field or setting in each line that the engine printed for a resource's check failures."""
    pattern = rf"^ +error: pulumi-python:dynamic/checkly:CheckSessionTrigger resource '{name}' has a problem: (\S+): "
    return re.findall(pattern, text.partition("Diagnostics:")[2], re.MULTILINE)


def test_bad_input_and_missing_settings_get_a_line_for_each_problem(make_project, checkly):
    """Problems are refused in the preview or, when only known later, in the update before any request for this trigger."""
    project = make_project(INPUT.replace("ARGUMENTS", BAD), env=checkly.env)
    said = project.preview(expect="failure").text
    assert problems(said) == ["deploy_version", "target.match_tag", "target.match_tags[0]"]
    assert 'write [["production"]], not ["production"]' in said
    assert "Traceback" not in said
    project.env = {}
    said = project.preview(expect="failure").text
    assert problems(said, "first") == ["checkly:apiKey", "checkly:accountId"]
    assert "run `pulumi config set --secret checkly:apiKey` or set the environment variable CHECKLY_API_KEY" in said
    assert checkly.requests == []

    project.env = checkly.env
    project.write(INPUT.replace("ARGUMENTS", "target=later.apply(lambda _: {})"))
    assert project.preview().changes == {"to create": 3}
    assert problems(project.up(expect="failure").text) == ["target"]
    assert [request["body"]["target"] for request in checkly.requests] == [{"matchTags": [["canary"]]}]
