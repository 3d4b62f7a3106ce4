"""Deploy a version beside the live one, prove it, and only then switch to it."""

from pathlib import Path

import pulumi
from local_service import Release, Switch

from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

config = pulumi.Config()
site = Path(config.get("site") or "site").absolute()
live = config.require("live")

releases = {color: Release(color, folder=site / color, version=config.require(color)) for color in ("blue", "green")}

smoke = CheckSessionTrigger(
    "smoke",
    target={"match_tags": [[config.get("tag") or "canary"]]},
    # The colour belongs to the version: switching back to a colour checks it again.
    deploy_version=pulumi.Output.concat(live, "@", releases[live].version),
    opts=pulumi.ResourceOptions(depends_on=[releases[live]]),
)
gate = CheckSessionGate("smoke-passed", wait_for=smoke, timeout_seconds=300)

Switch(
    "live",
    link=site / "live",
    folder=releases[live].folder,
    opts=pulumi.ResourceOptions(depends_on=[gate]),
)

pulumi.export("smoke", gate.summary)
