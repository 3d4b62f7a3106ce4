"""Nothing leaks and nothing is obeyed: a canary key and hostile names through the real engine."""

from __future__ import annotations

import json
import re

import requests

KEY = "cu_CanaryQ7zX9vKp2LmW4"
ACCOUNT = "438ca4f3-1c3a-4f1e-9a52-0a4f0f7d3c11"
PIECES = {KEY[i : i + 6] for i in range(len(KEY) - 5)}
ESCAPES = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b5m bell\x07 \u202egnp.exe\u2028error: fake line"

PROGRAM = """
import pulumi
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

smoke = CheckSessionTrigger("smoke", target={"match_tags": [["x"]]}, deploy_version="1")
gate = CheckSessionGate("gate", wait_for=[smoke], timeout_seconds=20)
pulumi.export("sessions", smoke.sessions)
pulumi.export("summary", gate.summary)
pulumi.export("judged", gate.sessions)
"""


def leaks(text: str) -> list[str]:
    """Return the pieces of the key that stand in a text."""
    return sorted(piece for piece in PIECES if piece in text)


def test_no_piece_of_the_key_is_shown_or_stored_and_no_name_is_obeyed(make_project, make_checkly):
    """
    After runs that fail, pass, refresh, preview and are refused: no six-character piece of the key stands in the console, the
    state with its history, the stack's export, the local Checkly's journal or its page; and a check's name full of control
    characters reaches the terminal without any of them.
    """
    checks = [{"name": f"evil {ESCAPES}", "tags": ["x"], "outcomes": ["FAILED", "PASSED"], "seconds": 0.1}]
    checkly = make_checkly(scenario={"checks": checks, "accountId": ACCOUNT})
    project = make_project(PROGRAM, env={"CHECKLY_API_URL": checkly.url, "CHECKLY_ACCOUNT_ID": ACCOUNT})
    project.config("checkly:apiKey", KEY, secret=True)
    shown = [
        project.preview().text,
        project.up(expect="failure").text,
        project.up().text,
        project.refresh().text,
        project.run("stack", "output", "--json").stdout,
    ]
    assert "GateFailed" in shown[1]
    assert "evil" in shown[1]
    checkly.add_fault(route="trigger", nth=1, drop="after")
    project.write(PROGRAM.replace('"1"', '"lost"'))
    shown.append(project.up(expect="failure").text)
    assert "Checks may have started" in shown[-1]
    project.config("checkly:apiKey", f"{KEY}\n", secret=True)
    project.write(PROGRAM.replace('"1"', '"last"'))
    shown.append(project.up(expect="failure").text)
    assert "must not contain whitespace" in shown[-1]

    console = "\n".join(shown)
    assert leaks(console) == []
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", console)
    assert not any(line.lstrip().startswith("error: fake line") for line in console.splitlines())
    assert leaks(project.state_text()) == []
    assert leaks(json.dumps(project.export(show_secrets=False))) == []
    for path in ("", "_emulator/state", "_emulator/journal", "_emulator/counters", "_emulator/scenario"):
        page = requests.get(f"{checkly.url}/{path}", timeout=10)
        assert page.ok
        assert leaks(page.text) == []
    assert leaks(json.dumps(checkly.requests)) == []
    project.destroy()
