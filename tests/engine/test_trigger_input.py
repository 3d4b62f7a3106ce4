"""Bad input on the real engine: one clean line for each problem at preview, and no request."""

from __future__ import annotations

import re

import pytest

GROUP = 'each tag group is a list of tags that must all match: write [["production"]], not ["production"]'
CASES = {
    "types and keys": (
        (
            'target={"match_tags": ["production", [" a", "! b"]], "check_ids": ["home-page"], "match_tag": 1}, '
            'deploy_version=42, on_no_match="x"'
        ),
        [
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
        ],
    ),
    "beside something unknown": (
        'target={"match_tags": [["!slow"], [later], []]}, deploy_version=later, triggers=[later]',
        [f"target.match_tags[2]: must not be empty; {GROUP}"],
    ),
}


def program(arguments: str) -> str:
    """
    Return a program with one trigger; ``later``, where it is used, is an Output that is not known in a preview.

    The trigger that ``later`` comes from is not there otherwise: the engine stops at the first invalid resource, and without
    credentials both are.
    """
    first = 'later = CheckSessionTrigger("first", target={"match_tags": [["canary"]]}).triggered_at'
    return f"""
import pulumi
from checkly_dynamic import CheckSessionTrigger, TargetArgs

{first if "later" in arguments else ""}
CheckSessionTrigger("smoke", {arguments})
"""


def problems(text: str, name: str = "smoke") -> list[str]:
    """Return the lines that the engine printed for a resource's check failures, each once."""
    pattern = rf"^ +error: pulumi-python:dynamic/checkly:CheckSessionTrigger resource '{name}' has a problem: (.*)$"
    return re.findall(pattern, text.partition("Diagnostics:")[2], re.MULTILINE)


@pytest.mark.parametrize("case", CASES)
def test_bad_input_gets_a_line_for_each_problem_at_preview(make_project, checkly, case):
    """Each problem is one line that names field, mistake and remedy; nothing is sent, and there is no traceback."""
    arguments, lines = CASES[case]
    said = make_project(program(arguments), env=checkly.env).preview(expect="failure").text
    assert problems(said) == lines
    assert "Traceback" not in said
    assert checkly.requests == []


def test_an_output_that_turns_out_to_select_everything_is_refused_in_the_update(make_project, checkly):
    """What could not be judged in the preview is judged when it is known, still before any request."""
    empty = {
        "empty": "later.apply(lambda _: {})",
        "negations": '{"match_tags": [later.apply(lambda _: ["!slow"])]}',
        "blank": '{"match_tags": [[later.apply(lambda _: "")]]}',
    }
    project = make_project(env=checkly.env)
    for name, target in empty.items():
        project.write(program(f"target={target}"))
        if name == "empty":
            assert project.preview().changes == {"to create": 3}
        [line] = problems(project.up(expect="failure").text)
        assert re.match(
            r"target: is empty|target\.match_tags\[0\]: has only tags with|target\.match_tags\[0\]\[0\]: must not be blank",
            line,
        )
    assert [request["body"]["target"] for request in checkly.requests] == [{"matchTags": [["canary"]]}]


def test_bad_settings_get_a_line_each_at_preview_and_are_not_shown(make_project, checkly):
    """Missing, blank, swapped and malformed credentials and addresses are named with their source, and never echoed."""
    project = make_project(program('target={"match_tags": [["production"]]}'))
    said = project.preview(expect="failure").text
    assert problems(said) == [
        (
            "checkly:apiKey: the Checkly API key is not set; run `pulumi config set --secret checkly:apiKey` "
            "or set the environment variable CHECKLY_API_KEY"
        ),
        (
            "checkly:accountId: the Checkly account id is not set; run `pulumi config set checkly:accountId ID` "
            "or set the environment variable CHECKLY_ACCOUNT_ID"
        ),
    ]
    for key, url, what in (
        ("cu_canary\n", "http://canary.example.com", ["whitespace", "must start with https://"]),
        ("cu_canäry", "https://canary:canary@example.com", ["only ASCII", "must not contain a user name or password"]),
        ("  ", f"{checkly.url}?token=canary", ["is blank", "must not contain a query or fragment"]),
    ):
        project.env = {**checkly.env, "CHECKLY_API_KEY": key, "CHECKLY_API_URL": url}
        said = project.preview(expect="failure").text
        found = problems(said)
        assert [line.partition(": ")[0] for line in found] == [
            "environment variable CHECKLY_API_KEY",
            "environment variable CHECKLY_API_URL",
        ]
        assert all(words in line for words, line in zip(what, found, strict=True))
        assert "canary" not in said
        assert "canäry" not in said
        assert "Traceback" not in said
    assert checkly.requests == []
