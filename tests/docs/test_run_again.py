"""What docs/run-again.md says about `--replace` and `pulumi state taint`, on the real engine."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from checkly_dynamic.emulator.testing import LocalCheckly

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "tools")]

import pulumi_cli  # noqa: E402 - a script of the repository, found through the line above
from harness import Project  # noqa: E402 - same

pytestmark = pytest.mark.engine

PROGRAM = """
import pulumi
from checkly_dynamic import CheckSessionGate

gate = CheckSessionGate("smoke", target={"match_tags": [["smoke"]]}, deploy_version="1")
pulumi.Stash("live", input="1", opts=pulumi.ResourceOptions(depends_on=[gate]))
"""
CHECKS = [
    {"name": "Home", "tags": ["smoke"], "seconds": 0},
    {"name": "Cart", "tags": ["smoke"], "seconds": 0, "outcomes": ["FAILED", "PASSED", "PASSED", "PASSED"]},
]


@pytest.mark.long
def test_what_replacing_and_tainting_do(tmp_path: Path) -> None:
    """A replaced trigger runs all checks once more; a tainted verdict repeats re-runs; a tainted barrier asks nothing."""
    with (
        LocalCheckly({"checks": CHECKS}) as checkly,
        Project(tmp_path, pulumi_cli.ensure(), env=checkly.env) as project,
    ):
        project.init(tmp_path / "templates")
        project.write(PROGRAM)
        project.up(expect="failure")
        project.up()
        urns = {kind: urn(project, kind) for kind in ("Trigger", "Verdict", "Barrier")}
        assert sessions(checkly) == [2, 1]

        project.run("state", "taint", "--yes", urns["Barrier"])
        before = len(checkly.requests)
        project.up()
        assert len(checkly.requests) == before

        project.run("state", "taint", "--yes", urns["Verdict"])
        project.up()  # reads the trigger's own sessions again, of which one had failed
        assert sessions(checkly) == [2, 1, 1]

        project.run("state", "taint", "--yes", urns["Trigger"])
        project.up()
        project.up("--replace", urns["Trigger"])
        assert sessions(checkly) == [2, 1, 1, 2, 2]
        assert project.up().changes == {"unchanged": 6}


def urn(project: Project, kind: str) -> str:
    """Return the URN of a part of the gate."""
    resources = project.export()["deployment"]["resources"]
    return next(resource["urn"] for resource in resources if f"CheckSession{kind}::" in resource["urn"])


def sessions(checkly: LocalCheckly) -> list[int]:
    """Return how many sessions each trigger request has started."""
    return [len(trigger["sessionIds"]) for trigger in checkly.triggers]
