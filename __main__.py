"""Deploy a version, prove it with Checkly's checks, and only then switch to it."""

import pulumi

from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

version = pulumi.Config().require("version")

# Stands for your infrastructure. A Stash only keeps a value in the stack's state, so the demo needs no cloud.
service = pulumi.Stash("service", input=f"shop:{version}")

smoke = CheckSessionTrigger(
    "smoke",
    target={"match_tags": [["production", "!skip-e2e"]]},
    deploy_version=version,  # a new version runs the checks again
    opts=pulumi.ResourceOptions(depends_on=[service]),
)
passed = CheckSessionGate("smoke-passed", wait_for=smoke, timeout_seconds=300)

# Starts only after every check has passed.
live = pulumi.Stash("live", input=f"shop:{version}", opts=pulumi.ResourceOptions(depends_on=[passed]))

# Export the summary, and nothing behind the gate: that has no value on red, and then Pulumi keeps all old outputs.
pulumi.export("smoke", passed.summary)
