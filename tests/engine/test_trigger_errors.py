"""What Checkly may answer to a trigger, as the user of the real engine sees it."""

from __future__ import annotations

import re

ANSWERS = {
    400: (None, "ApiError: 400: Checkly refused the request to start checks as malformed"),
    401: (None, "ApiError: 401: the API key was not accepted; check environment variable CHECKLY_API_KEY"),
    402: (None, "ApiError: 402: the account's plan does not let you start checks; see the plan and usage"),
    403: (None, "ApiError: 403: the API key may not start checks; it needs at least the role Read & Run"),
    404: (
        "<html>nginx</html>",
        "ApiError: 404: unexpected answer when trying to start checks; check checkly:apiUrl",
    ),
    429: (None, "ApiError: 429: "),
    503: (None, "ApiError: 503: "),
}
PROGRAM = """
import pulumi
from checkly_dynamic import CheckSessionTrigger

for number in range({count}):
    CheckSessionTrigger(f"smoke-{{number}}", target={{"match_tags": [[{tag!r}]]}}, triggers=[number])
"""


def errors(text: str) -> list[str]:
    """Return the error lines of the diagnostics, each once."""
    found = re.findall(r"^ +error: (.*)$", text.partition("Diagnostics:")[2], re.MULTILINE)
    return sorted({line for line in found if not line.startswith(("update failed", "resource "))})


def test_each_refusal_is_one_clean_line_that_says_what_to_do(make_project, checkly):
    """Every documented status, a foreign 404 and a 5xx: name, status, what to do next; one request each, no traceback."""
    for number, (status, (body, _)) in enumerate(ANSWERS.items(), start=1):
        fault = {"route": "trigger", "nth": number, "status": status}
        checkly.add_fault(
            **fault,
            **({"body": body} if body else {}),
            **({"headers": {"Retry-After": "3600"}} if status == 429 else {}),
        )
    project = make_project(PROGRAM.format(count=len(ANSWERS), tag="smoke"), env=checkly.env)
    said = project.up("--continue-on-error", expect="failure").text
    found = errors(said)
    assert len(found) == len(ANSWERS), said
    for _, line in ANSWERS.values():
        assert [one for one in found if one.startswith(line)], (line, found)
    [server_error] = [one for one in found if one.startswith("ApiError: 503")]
    assert "Checks may have started, so the request is not sent again." in server_error
    assert "Traceback" not in said
    assert "nginx" not in said
    assert len(checkly.requests) == len(ANSWERS)
    assert not [name for name in project.resources() if name.startswith("smoke-")]


def test_no_match_and_no_server_are_clean_lines_too(make_project, checkly):
    """The documented 404 names the remedy; a server that cannot be reached is named by its origin, and the next up works."""
    project = make_project(PROGRAM.format(count=1, tag="no-such-tag"), env=checkly.env)
    said = project.up(expect="failure").text
    assert errors(said) == [
        (
            'NoMatchingChecks: 404: no active check matches the target; correct the target, or set on_no_match="pass" if that '
            "is fine; `checkly-dynamic checks --tag TAG --all` shows why each check is left out, and similar tags"
        )
    ]
    project.env = {**checkly.env, "CHECKLY_API_URL": "http://127.0.0.1:1/a/secret/path"}
    said = project.up(expect="failure").text
    [line] = errors(said)
    assert line.startswith("TransportError: could not connect to http://127.0.0.1:1")
    assert "secret" not in said
    assert "Traceback" not in said
    project.env = checkly.env
    project.write(PROGRAM.format(count=1, tag="smoke"))
    project.up()
    assert len(checkly.triggers) == 1
