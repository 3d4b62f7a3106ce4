"""
Deploy a version with the Automation API, print the verdict, write a report, and exit with 1 when it is not green.

Usage: python deploy.py VERSION [TAG]
"""

import json
import sys
from pathlib import Path

import pulumi
from pulumi import automation

from checkly_dynamic import CheckSessionGate


def program() -> None:
    """Deploy, run the checks, go live behind them."""
    config = pulumi.Config()
    version = config.require("version")
    service = pulumi.Stash("service", input=f"shop:{version}")  # stands for your infrastructure
    gate = CheckSessionGate(
        "smoke",
        target={"match_tags": [[config.require("tag")]]},
        deploy_version=version,
        timeout_seconds=300,
        opts=pulumi.ResourceOptions(depends_on=[service]),
    )
    pulumi.Stash("live", input=f"shop:{version}", opts=pulumi.ResourceOptions(depends_on=[gate]))
    pulumi.export("smoke", gate.summary)


def deploy(version: str, tag: str) -> dict:
    """Run `pulumi up`; return the verdict on this version."""
    # The plugin host of an inline program finds this library only in the same Python.
    options = automation.LocalWorkspaceOptions(env_vars={"PULUMI_PYTHON_CMD": sys.executable})
    stack = automation.create_or_select_stack("dev", "automated", program, opts=options)
    stack.set_all_config({"version": automation.ConfigValue(version), "tag": automation.ConfigValue(tag)})
    failure = ""
    try:
        stack.up(on_output=print)
    except automation.CommandError as error:
        failure = str(error)
    outputs = stack.outputs()
    verdict = outputs["smoke"].value if "smoke" in outputs else {}
    # A deployment that failed before its gate leaves the outputs of the last one behind.
    if verdict.get("deployVersions") != [version]:
        return {"passed": False, "reason": "the deployment failed before its checks", "failure": failure}
    if failure and verdict["passed"]:
        return {
            **verdict,
            "passed": False,
            "reason": f"{verdict['reason']}, but the deployment failed",
            "failure": failure,
        }
    return verdict


def main(version: str, tag: str = "canary") -> int:
    """Deploy and report."""
    verdict = deploy(version, tag)
    Path("report.json").write_text(json.dumps(verdict, indent=2) + "\n")
    print(f"{version}: {'green' if verdict['passed'] else 'RED'}: {verdict['reason']}")
    for row in verdict.get("failed", []):
        print("\n    ".join([f"  {row['name']}: {row['status']} {row['link']}", *row.get("errors", [])]))
    return 0 if verdict["passed"] else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
