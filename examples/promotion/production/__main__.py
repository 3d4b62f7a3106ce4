"""Promote exactly one version, and only when the service stack's checks passed for it within the last day."""

from datetime import timedelta

import pulumi

from checkly_dynamic import require_passed

config = pulumi.Config()
version = config.require("version")

proof = require_passed(
    config.get("serviceStack") or f"{pulumi.get_organization()}/service/{pulumi.get_stack()}",
    "smoke",
    deploy_version=version,
    max_age=timedelta(days=1),
)

# Takes its version from the proof, so it cannot start without one.
live = pulumi.Stash("live", input=pulumi.Output.concat("shop:", proof.deploy_version))

pulumi.export("live", live.input)
pulumi.export("provedBy", proof.checks)
