"""Prove a version at its own URL without alerts, switch to it, and run the real checks as the last word."""

import pulumi

from checkly_dynamic import CheckSessionGate, TestSessionTrigger

config = pulumi.Config()
version = config.require("version")
target = {"match_tags": [["production", "!skip-e2e"]]}

# Stands for your infrastructure: the new version at its own URL. A Stash only keeps a value in the stack's state.
url = f"https://{version}.preview.shop.example.com"
preview = pulumi.Stash("preview", input={"version": version, "url": url})

tests = TestSessionTrigger(
    "tests",
    target=target,
    deploy_version=version,
    environment_variables={"ENVIRONMENT_URL": url},
    opts=pulumi.ResourceOptions(depends_on=[preview]),
)
tested = CheckSessionGate("tested", wait_for=tests, timeout_seconds=600)

# Stands for your switch: a DNS record, a load balancer's rule, a service's selector.
live = pulumi.Stash("live", input=version, opts=pulumi.ResourceOptions(depends_on=[tested]))

# The same checks at the URL that users see, with alerts.
CheckSessionGate(
    "live-checks",
    target=target,
    deploy_version=version,
    timeout_seconds=600,
    opts=pulumi.ResourceOptions(depends_on=[live]),
)

# Not the second gate's summary: behind a red first gate it has no value, and then Pulumi keeps all old outputs.
pulumi.export("tested", tested.summary)
