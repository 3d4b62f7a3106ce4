"""Where secrets do not go: the key nowhere at all, secret inputs nowhere in the clear."""

from __future__ import annotations

KEY, OTHER_KEY = "cu_canary_key_0123456789abcdef", "cu_canary_of_the_environment"
TAG, VERSION, TRIGGER = "canary-secret-tag", "canary-secret-version", "canary-secret-trigger"
ACCOUNT = "11111111-2222-4333-8444-555555555555"
SCENARIO = {
    "apiKey": KEY,
    "accountId": ACCOUNT,
    "checks": [{"name": "Home", "tags": [TAG], "seconds": 0}, {"name": "Shop", "tags": ["shop"], "seconds": 0}],
}
PROGRAM = f"""
import pulumi
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

smoke = CheckSessionTrigger(
    "smoke",
    target={{"match_tags": [[pulumi.Output.secret({TAG!r})]]}},
    deploy_version=pulumi.Output.secret({VERSION!r}),
    triggers=[pulumi.Output.secret({TRIGGER!r})],
)
gate = CheckSessionGate("gate", wait_for=smoke)
pulumi.export("target", smoke.target)
pulumi.export("version", smoke.deploy_version)
pulumi.export("triggers", smoke.triggers)
pulumi.export("ids", smoke.session_ids)
pulumi.export("summary", gate.summary)
"""


def said(*results) -> str:
    """Return everything that was printed."""
    return "".join(result.text for result in results)


def test_the_key_is_nowhere_and_a_secret_input_stays_secret(make_project, make_checkly):
    """
    Config wins over the environment. The key is in no state, output or console; a secret tag, version and trigger are
    encrypted in state and outputs, in no message, and reach Checkly all the same.
    """
    checkly = make_checkly(scenario=SCENARIO)
    project = make_project(
        PROGRAM, env={"CHECKLY_API_KEY": OTHER_KEY, "CHECKLY_ACCOUNT_ID": "0" * 8, "CHECKLY_API_URL": "nonsense"}
    )
    project.config("checkly:apiKey", KEY, secret=True)
    project.config("checkly:accountId", ACCOUNT)
    project.config("checkly:apiUrl", checkly.url)
    project.config("checkly-dynamic:apiVersion", "v2")
    printed = said(project.preview("--diff"), project.up("--diff", "--debug"), project.refresh("--diff"))
    [trigger] = checkly.triggers
    assert trigger["path"].startswith("/v2/")
    assert trigger["body"]["target"] == {"matchTags": [[TAG]]}
    assert {request["status"] for request in checkly.requests} == {200} | {trigger["status"]}

    outputs = project.outputs()
    assert outputs["target"] == outputs["version"] == outputs["triggers"] == outputs["summary"] == "[secret]"
    assert outputs["ids"] == trigger["sessionIds"]
    shown = project.outputs(show_secrets=True)
    assert (shown["version"], shown["summary"]["deployVersions"]) == (VERSION, [VERSION])

    checkly.add_fault(
        route="trigger", status=400, body={"statusCode": 400, "error": "Bad Request", "message": "broken"}
    )
    project.write(PROGRAM.replace(VERSION, VERSION + "-2"))
    printed += said(project.up("--diff", expect="failure"))
    project.write(PROGRAM.replace(f"pulumi.Output.secret({TAG!r})", f"pulumi.Output.secret({TAG!r}), ''"))
    printed += said(project.preview("--diff", expect="failure"))
    assert "target.match_tags[0][1]: must not be blank" in printed
    assert "ApiError: 400" in printed

    settings = (project.work / "Pulumi.dev.yaml").read_text()
    everything = printed + project.state_text() + settings
    for secret in (KEY, OTHER_KEY, TAG, VERSION, TRIGGER):
        assert secret not in everything
    assert KEY[:12] not in everything
