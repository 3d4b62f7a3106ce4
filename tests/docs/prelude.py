"""
The setup for the documentation's Python blocks, run before each of them.

Pulumi's mocks replace the engine, a local Checkly replaces Checkly, and a few names are what readers have: a version, a service.
"""

from datetime import datetime, timezone

import pulumi
import requests

SUMMARY = {
    "passed": True,
    "conclusion": "PASSED",
    "reason": "1 check passed",
    "deployVersions": ["1.0.0"],
    "counts": {"PASSED": 1},
    "checks": {"Home page answers": "PASSED"},
    "failed": [],
    "finishedAt": datetime.now(timezone.utc).isoformat(),
}
OUTPUTS = {
    "CheckSessionVerdict": {**SUMMARY, "sessions": [], "failedLinks": []},
    "StackReference": {"outputs": {"smoke": SUMMARY, "version": "1.0.0"}},
}


class Mocks(pulumi.runtime.Mocks):
    """Return the inputs of each resource as its outputs; add what it has after a good run."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict]:
        """Return an id and the outputs."""
        return f"{args.name}-id", {**args.inputs, **OUTPUTS.get(args.typ.rpartition(":")[2], {})}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict:
        """Answer no function."""
        return {}


pulumi.runtime.set_mocks(Mocks(), project="shop", stack="production")
pulumi.runtime.set_all_config({"shop:version": "1.0.0", "project:version": "1.0.0"})

version = "1.0.0"
service = pulumi.Stash("prelude-service", input=version)


class Switch(pulumi.ComponentResource):
    """A placeholder for the resource that makes a version live."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None, **_: object) -> None:
        super().__init__("docs:index:Switch", name, None, opts)


def deploy(env: dict[str, str]) -> None:
    """Stand in for a reader's own way to run ``pulumi up``: the one request that a trigger makes."""
    url = f"{env['CHECKLY_API_URL']}/v1/check-sessions/trigger"
    headers = {"Authorization": f"Bearer {env['CHECKLY_API_KEY']}", "X-Checkly-Account": env["CHECKLY_ACCOUNT_ID"]}
    body = {"target": {"matchTags": [["production"]]}}
    requests.post(url, json=body, headers=headers, timeout=30).raise_for_status()
