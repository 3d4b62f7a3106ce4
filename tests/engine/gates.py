"""Shared by the tests of the gate: checks, programs, and functions to look at the result."""

import uuid
from typing import Any

HEAD = """
import pulumi
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

def stash(name, **options):
    return pulumi.Stash(name, input=name, opts=pulumi.ResourceOptions(**options))

"""


def check_id(name: str) -> str:
    """Return the id that a check of this name has in every scenario here."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))


def check(name: str, *outcomes: str, seconds: Any = 0.1, **more: Any) -> dict[str, Any]:
    """Return a check for a scenario, tagged with ``smoke`` and its own name."""
    return {
        "id": check_id(name),
        "name": name,
        "tags": ["smoke", name],
        "outcomes": list(outcomes) or ["PASSED"],
        "seconds": seconds,
        **more,
    }


def program(
    gate: str = "", *, version: str = '"1"', target: str = '{"match_tags": [["smoke"]]}', more: str = ""
) -> str:
    """Return a program with one trigger, one gate and what it guards; version and target are Python expressions."""
    return f"""{HEAD}
trigger = CheckSessionTrigger("smoke", target={target}, deploy_version={version})
gate = CheckSessionGate("smoke-passed", wait_for=[trigger], {gate})
stash("by-depends-on", depends_on=[gate])
pulumi.Stash("by-passed", input=gate.passed)
stash("unrelated")
pulumi.export("summary", gate.summary)
{more}
"""


def of_version(number: int, more: str = "") -> str:
    """Return the program of a version, which goes live behind the gate."""
    live = f'pulumi.Stash("live", input="{number}", opts=pulumi.ResourceOptions(depends_on=[gate]))'
    return program(version=f'"{number}"', more=live + more)


def posts(checkly: Any) -> list[dict[str, Any]]:
    """Return the trigger requests so far, whatever their result."""
    return [entry for entry in checkly.requests if entry["method"] == "POST"]


def runs(checkly: Any) -> dict[str, int]:
    """Return how often each check has run, by its name."""
    counted: dict[str, int] = {}
    for session in checkly.sessions.values():
        counted[session["name"]] = counted.get(session["name"], 0) + 1
    return counted


TRIGGER = "**:CheckSessionTrigger::smoke"
VERDICT = "**:CheckSessionVerdict::smoke-passed"
BARRIER = "**:CheckSessionBarrier::smoke-passed"


def verdict(project: Any, name: str = "smoke-passed") -> dict[str, Any]:
    """Return the stored outputs of a gate's verdict."""
    outputs: dict[str, Any] = project.resources(":CheckSessionVerdict")[name]["outputs"]
    return outputs


def stashes(project: Any) -> dict[str, Any]:
    """Return the inputs of the stashes in the state, by name: what has been deployed."""
    return {name: one["inputs"]["input"] for name, one in project.resources(":Stash").items()}


def diagnostics(text: str) -> list[str]:
    """Return the lines that Pulumi leaves under "Diagnostics:", without outputs and resources."""
    rest = text.partition("Diagnostics:\n")[2]
    for end in ("\nOutputs:\n", "\nResources:\n"):
        rest = rest.partition(end)[0]
    return [line for line in rest.splitlines() if line.strip()]
