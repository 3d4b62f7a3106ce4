"""The native provider from Python, with plain custom resources and a provider of the program's own."""

from __future__ import annotations

import pytest
from gates import check, posts, runs, scenario

PROGRAM = """
import pulumi

class Provider(pulumi.ProviderResource):
    def __init__(self, name, props):
        super().__init__("checkly-sessions", name, props)

class Sessions(pulumi.CustomResource):
    def __init__(self, kind, name, props, outputs, **options):
        opts = pulumi.ResourceOptions(provider=provider, **options)
        props = {**props, **dict.fromkeys(outputs)}
        super().__init__(f"checkly-sessions:index:{kind}", name, props, opts)

config = pulumi.Config()
provider = Provider("account", {
    "apiKey": config.require_secret("key"), "accountId": config.require("account"), "apiUrl": config.require("url"),
})
smoke = Sessions("CheckSessionTrigger", "smoke", {
    "target": {"matchTags": [["smoke"]]}, "deployVersion": config.require("version"),
}, ["handle"])
verdict = Sessions("CheckSessionVerdict", "verdict", {"waitFor": [pulumi.get(smoke, "handle")]}, ["verdict", "summary"])
gate = Sessions("CheckSessionBarrier", "gate", {
    "verdict": pulumi.get(verdict, "verdict"), "expectedDeployVersions": [config.require("version")],
}, ["passed"])
pulumi.Stash("live", input="live", opts=pulumi.ResourceOptions(depends_on=[gate]))
pulumi.export("summary", pulumi.get(verdict, "summary"))
"""


@pytest.mark.long
def test_a_provider_of_the_program_and_another_key(make_project, make_checkly):
    """The key of an explicit provider is in no state in clear, and another key runs nothing."""
    checkly = make_checkly(scenario=scenario(check("a"), check("b")))
    project = make_project(PROGRAM)
    project.config("url", checkly.url)
    project.config("account", checkly.env["CHECKLY_ACCOUNT_ID"])
    project.config("key", "cu_canary_1", secret=True)
    project.config("version", "1.10")
    assert "live" in project.preview().text
    assert posts(checkly) == []
    project.up()
    assert project.outputs()["summary"]["deployVersions"] == ["1.10"]
    before = len(checkly.requests)
    project.config("key", "cu_canary_2", secret=True)
    project.up()
    assert len(checkly.requests) == before
    assert runs(checkly) == {"a": 1, "b": 1}
    assert "canary" not in project.state_text()
