"""Canary keys, secret inputs and hostile names do not leak or reach the terminal through the real engine."""

import json
import re

KEY, OTHER_KEY = "cu_CanaryQ7zX9vKp2LmW4", "env_CanaryR4tY8uHj5NbV1"
TAG, VERSION, TRIGGER = "canary-secret-tag", "canary-secret-version", "canary-secret-trigger"
ACCOUNT = "438ca4f3-1c3a-4f1e-9a52-0a4f0f7d3c11"
ESCAPES = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b5m bell\x07 \u202egnp.exe\u2028error: fake line"

PROGRAM = f"""
import pulumi
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

smoke = CheckSessionTrigger(
    "smoke",
    target={{"match_tags": [[pulumi.Output.secret({TAG!r})]]}},
    deploy_version=pulumi.Output.secret({VERSION!r}),
    triggers=[pulumi.Output.secret({TRIGGER!r})],
)
gate = CheckSessionGate("gate", wait_for=[smoke], timeout_seconds=20)
pulumi.export("target", smoke.target)
pulumi.export("version", smoke.deploy_version)
pulumi.export("triggers", smoke.triggers)
pulumi.export("ids", smoke.session_ids)
pulumi.export("summary", gate.summary)
pulumi.export("judged", gate.sessions)
"""


def leaks(text: str) -> list[str]:
    """Return the secrets, and the pieces of six characters of a key, in a text."""
    pieces = {key[i : i + 6] for key in (KEY, OTHER_KEY) for i in range(len(key) - 5)}
    return sorted(secret for secret in {*pieces, TAG, VERSION, TRIGGER} if secret in text)


def test_no_secret_is_shown_or_stored_and_no_name_is_obeyed(make_stack):
    """
    Config wins over the environment. A secret tag, version and trigger reach Checkly, and are encrypted in state and outputs.

    After runs that fail, pass, refresh, preview and are refused, they and the key are not in the console, the state or its
    history, and the control characters in a check's name do not reach the terminal.
    """
    evil = {"name": f"evil {ESCAPES}", "tags": [TAG], "outcomes": ["FAILED", "PASSED"], "seconds": 0.1}
    project, checkly = make_stack(PROGRAM, evil, apiKey=KEY, accountId=ACCOUNT)
    project.env = {"CHECKLY_API_KEY": OTHER_KEY, "CHECKLY_ACCOUNT_ID": "0" * 8, "CHECKLY_API_URL": "nonsense"}
    project.config("checkly:apiKey", KEY, secret=True)
    project.config("checkly:accountId", ACCOUNT)
    project.config("checkly:apiUrl", checkly.url)
    project.config("checkly-dynamic:apiVersion", "v2")
    shown = [project.preview("--diff").text, project.up("--diff", "--debug", expect="failure").text]
    assert "GateFailed" in shown[1]
    assert "evil" in shown[1]
    shown += [project.up("--diff").text, project.refresh("--diff").text]
    assert checkly.triggers[0]["path"].startswith("/v2/")
    assert checkly.triggers[0]["body"]["target"] == {"matchTags": [[TAG]]}
    assert {request["status"] for request in checkly.requests} == {200, 201}

    outputs = project.outputs()
    assert outputs["target"] == outputs["version"] == outputs["triggers"] == outputs["summary"] == "[secret]"
    assert outputs["ids"] == checkly.triggers[0]["sessionIds"]
    readable = project.outputs("--show-secrets")
    assert (readable["version"], readable["summary"]["deployVersions"]) == (VERSION, [VERSION])

    checkly.add_fault(route="trigger", nth=1, drop="after")
    project.write(PROGRAM.replace(VERSION, VERSION + "-2"))
    shown.append(project.up("--diff", expect="failure").text)
    assert "Checks may have started" in shown[-1]
    project.write(PROGRAM.replace(f"pulumi.Output.secret({TAG!r})", f"pulumi.Output.secret({TAG!r}), ''"))
    shown.append(project.preview("--diff", expect="failure").text)
    assert "target.match_tags[0][1]: must not be blank" in shown[-1]

    console = "\n".join(shown)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", console)
    assert not any(line.lstrip().startswith("error: fake line") for line in console.splitlines())
    settings = (project.work / "Pulumi.dev.yaml").read_text()
    for text in (console, project.state_text(), json.dumps(project.export()), settings):
        assert leaks(text) == []
    project.destroy()
