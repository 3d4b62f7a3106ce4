"""Projects that use the native provider: YAML programs, and what they have in common."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

SMOKE: dict[str, Any] = {
    "smoke": {
        "type": "checkly-sessions:CheckSessionTrigger",
        "properties": {"target": {"matchTags": [["smoke"]]}, "deployVersion": "${version}"},
    },
    "verdict": {"type": "checkly-sessions:CheckSessionVerdict", "properties": {"waitFor": ["${smoke.handle}"]}},
    "gate": {
        "type": "checkly-sessions:CheckSessionBarrier",
        "properties": {"verdict": "${verdict.verdict}", "expectedDeployVersions": ["${version}"]},
    },
    "live": {"type": "pulumi:index:Stash", "properties": {"input": "live"}, "options": {"dependsOn": ["${gate}"]}},
}
"""One trigger, its verdict, its barrier, and a resource that starts only after green."""

OUTPUTS = {"passed": "${verdict.passed}", "summary": "${verdict.summary}", "links": "${verdict.links}"}


def write_yaml(
    project: Any, resources: dict[str, Any] = SMOKE, *, outputs: dict[str, Any] | None = None, **verdict: Any
) -> None:
    """
    Make a project a YAML program.

    Args:
        project: The project.
        resources: The program's resources.
        outputs: The stack's outputs.
        verdict: More inputs of the resource ``verdict``.
    """
    resources = json.loads(json.dumps(resources))
    if verdict:
        resources["verdict"]["properties"] |= verdict
    program = {
        "name": project.name,
        "runtime": "yaml",
        "config": {"version": {"type": "string", "default": "v1"}},
        "plugins": {"providers": [{"name": "checkly-sessions", "path": str(Path(sys.executable).parent)}]},
        "resources": resources,
        "outputs": OUTPUTS if outputs is None else outputs,
    }
    (project.work / "Pulumi.yaml").write_text(json.dumps(program))


def path_with(*folders: Path) -> str:
    """Return a PATH with the virtual environment and these folders in front."""
    return os.pathsep.join([str(Path(sys.executable).parent), *map(str, folders), os.environ["PATH"]])
