"""Start the checks only when the new version really answers, and not while the rollout is still going on."""

import pulumi
from ready import Answers

from checkly_dynamic import CheckSessionGate

config = pulumi.Config()
version = config.require("version")

# Stands for your deployment: like most of them, it is "done" before the new version answers everywhere.
rollout = pulumi.Stash("rollout", input=f"shop:{version}")

ready = Answers(
    "ready",
    url=config.require("url"),
    version=version,
    times=config.get_int("times") or 5,
    every_seconds=config.get_float("everySeconds") or 2,
    timeout_seconds=config.get_float("timeoutSeconds") or 300,
    opts=pulumi.ResourceOptions(depends_on=[rollout]),
)
gate = CheckSessionGate(
    "smoke",
    target={"match_tags": [["canary"]]},
    deploy_version=ready.version,  # known once it answers
    timeout_seconds=300,
    opts=pulumi.ResourceOptions(depends_on=[ready]),
)

pulumi.export("smoke", gate.summary)
