"""The schema as the Pulumi CLI sees it, and the SDKs that are generated from it."""

from __future__ import annotations

import ast
import json

from sdks import EXECUTABLE, write_sdk

from checkly_dynamic import __version__

RESOURCES = {"CheckSessionTrigger", "TestSessionTrigger", "CheckSessionVerdict", "CheckSessionBarrier"}


def test_the_cli_reads_the_schema_from_the_executable(project):
    """`pulumi package get-schema` finds all resources and the version."""
    schema = json.loads(project.run("package", "get-schema", str(EXECUTABLE)).stdout)
    assert {token.rpartition(":")[2] for token in schema["resources"]} == RESOURCES
    assert schema["version"] == __version__


def test_the_python_sdk_has_the_resources(project, tmp_path):
    """The generated modules are valid Python, with a class for each resource and Python's spelling of the inputs."""
    package = write_sdk(project, "python", tmp_path / "sdk") / "pulumi_checkly_sessions"
    names = set()
    for module in package.glob("*.py"):
        tree = ast.parse(module.read_text())
        names |= {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert names >= RESOURCES
    assert "expected_deploy_versions" in (package / "check_session_barrier.py").read_text()


def test_the_node_sdk_has_the_resources(project, tmp_path):
    """The generated modules have a class for each resource, and the default that the schema gives."""
    package = write_sdk(project, "nodejs", tmp_path / "sdk")
    for name in RESOURCES:
        assert f"export class {name} " in (package / f"{name[0].lower()}{name[1:]}.ts").read_text()
    assert "?? 900" in (package / "checkSessionVerdict.ts").read_text()
