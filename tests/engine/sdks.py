"""The SDKs that Pulumi generates from the provider's schema."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi_cli

EXECUTABLE = Path(sys.executable).parent / "pulumi-resource-checkly-sessions"


def write_sdk(project: Any, language: str, folder: Path) -> Path:
    """
    Generate an SDK, with the CLI where its language host can do that, and otherwise with Pulumi's generators alone.

    Returns:
        The folder that holds it.
    """
    command = ("package", "gen-sdk", str(EXECUTABLE), "--language", language, "--out", str(folder))
    if project.run(*command, expect=None).code == 0:
        return folder / language
    schema = project.folder / "schema.json"
    schema.write_text(project.run("package", "get-schema", str(EXECUTABLE)).stdout)
    subprocess.run([pulumi_cli.sdk_generator(), language, schema, folder / language], check=True)
    return folder / language
