"""The company's rules for deployments that Checkly guards."""

from pulumi_policy import PolicyPack

from checkly_dynamic.policies import all_policies

PolicyPack(
    "checkly",
    all_policies(
        production=["prod*"],
        max_timeout_seconds=1800,
        # The property through which what goes live receives the gate's verdict.
        passed_properties={"pulumi:index:Stash": "input.checksPassed"},
    ),
)
