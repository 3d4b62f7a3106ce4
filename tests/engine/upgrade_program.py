"""The program and the checks of the recorded states in tests/golden/states."""

PROGRAM = """
import pulumi
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

smoke = CheckSessionTrigger(
    "smoke",
    target={"match_tags": [["production", "!slow"]]},
    deploy_version=pulumi.Config().get("version") or "1.0.0",
    triggers=[{"config": 7}],
)
passed = CheckSessionGate("smoke-passed", wait_for=smoke, timeout_seconds=TIMEOUT, attempts=1)
live = pulumi.Stash("live", input="1", opts=pulumi.ResourceOptions(depends_on=[passed]))
pulumi.export("smoke", passed.summary)
"""

CHECKS = {
    "home": "6f0ae9ad-4a07-44a1-9a2a-0d7a0b0f7a01",
    "checkout": "6f0ae9ad-4a07-44a1-9a2a-0d7a0b0f7a02",
}


def program(timeout: float = 60) -> str:
    """Return the program, with the gate's deadline."""
    return PROGRAM.replace("TIMEOUT", str(timeout))


def scenario(outcome: str = "PASSED", seconds: float = 0.1) -> dict:
    """Return a scenario in which the second check ends like this."""
    first = {"id": CHECKS["home"], "name": "Home", "checkType": "URL", "tags": ["production"], "seconds": 0.1}
    second = {"id": CHECKS["checkout"], "name": "Checkout", "checkType": "BROWSER", "tags": ["production"]}
    return {"checks": [first, {**second, "outcomes": [outcome, "PASSED"], "seconds": seconds}]}
