"""Deploy a version beside the live one, test it at its own URL, and only then switch to it."""

from pathlib import Path

import pulumi
from local_service import Release, Switch

from checkly_dynamic import CheckSessionGate, TestSessionTrigger

config = pulumi.Config()
site = Path(config.get("site") or "site").absolute()
live = config.require("live")

releases = {color: Release(color, folder=site / color, version=config.require(color)) for color in ("blue", "green")}

# At the URL of the colour itself, because the shop's own URL still leads to the other one; without alerts.
tests = TestSessionTrigger(
    "tests",
    target={"match_tags": [["production", "!skip-e2e"]]},
    # The colour belongs to the version: switching back to a colour tests it again.
    deploy_version=pulumi.Output.concat(live, "@", releases[live].version),
    environment_variables={"ENVIRONMENT_URL": releases[live].url},
)
gate = CheckSessionGate("tested", wait_for=tests, timeout_seconds=600)

Switch(
    "live",
    link=site / "live",
    folder=releases[live].folder,
    opts=pulumi.ResourceOptions(depends_on=[gate]),
)

pulumi.export("tested", gate.summary)
