"""Deploy a version to staging, prove it, and export the verdict for other stacks."""

import pulumi

from checkly_dynamic import CheckSessionGate

config = pulumi.Config()
version = config.require("version")

# Stands for your infrastructure. A Stash only keeps a value in the stack's state.
service = pulumi.Stash("service", input=f"shop:{version}")

gate = CheckSessionGate(
    "smoke",
    target={"match_tags": [[config.get("tag") or "canary"]]},
    deploy_version=version,
    timeout_seconds=300,
    opts=pulumi.ResourceOptions(depends_on=[service]),
)

pulumi.export("smoke", gate.summary)
