"""
Build the Pulumi CLI and its Python parts with Go, from the module proxy.

Two small Go modules stand beside this file. One builds the CLI. The other builds the language host from the last
release of the SDK module that had it inside. That old host ignores ``runtime.options.virtualenv``, so the virtual
environment's ``bin`` must stand first on PATH, and it cannot serve policy packs, so there is a second folder for those.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from pulumi_process import Unusable, run, say

GO = "1.25.11"
"""The oldest Go that can build the CLI, from its go.mod."""

LIMIT_SECONDS = 3600.0

TOOLS = Path(__file__).parent
SDK = "github.com/pulumi/pulumi/sdk/v3"
SCRIPTS = ("python/dist/pulumi-resource-pulumi-python", "python/cmd/pulumi-language-python-exec")
ANALYZER = '#!/bin/sh\nexec "${PULUMI_PYTHON_CMD:-python3}" -u -m pulumi.policy "$1" "$2"\n'


def build(entry: Path, version: str) -> None:
    """
    Build the CLI into ``entry/bin``, and a folder for policy packs into ``entry/policy/bin``.

    Args:
        entry: An existing, empty folder.
        version: The version to stamp into the CLI, without a leading v; the one that ``tools/pulumi/go.mod`` requires.

    Raises:
        Unusable: Go is missing, too old, cannot reach a module proxy, or the build failed.
    """
    if shutil.which("go") is None:
        raise Unusable("there is no `go` on PATH")
    say("this takes five to ten minutes on two cores the first time, and seconds once Go's cache is filled")
    target = entry / "bin"
    target.mkdir()
    _go_build(
        TOOLS / "pulumi_language_python",
        f"{SDK}/python/cmd/pulumi-language-python",
        target / "pulumi-language-python",
        label="building the Python language host (1 of 2)",
    )
    _go_build(
        TOOLS / "pulumi",
        "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        target / "pulumi",
        "-tags=osusergo,grpcnotrace",
        f"-ldflags=-w -s -X {SDK}/go/common/version.Version=v{version}",
        label="building the Pulumi CLI (2 of 2)",
    )
    sources = _module_folder(TOOLS / "pulumi", SDK)
    for script in SCRIPTS:
        _add(target / Path(script).name, (sources / script).read_text())
    _make_policy_folder(target, entry / "policy" / "bin")


def _go_build(module: Path, package: str, target: Path, *flags: str, label: str) -> None:
    # -v prints each package when it is done: the sign of life. -mod=readonly: the sums in go.sum decide what is built.
    command: list[str | Path] = ["go", "build", "-v", "-mod=readonly", *flags, "-o", target, package]
    run(command, label=label, limit=LIMIT_SECONDS, cwd=module, env=_environment())


def _module_folder(module: Path, dependency: str) -> Path:
    command = ["go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", dependency]
    done = subprocess.run(command, cwd=module, env=_environment(), capture_output=True, text=True, check=False)
    if done.returncode or not done.stdout.strip():
        raise Unusable(f"go does not know where {dependency} is: {done.stderr.strip()[-300:]}")
    return Path(done.stdout.strip())


def _environment() -> dict[str, str]:
    # A workspace file around the checkout must not change what is built.
    return {**os.environ, "GOWORK": "off"}


def _make_policy_folder(source: Path, target: Path) -> None:
    """Make a folder with the CLI and the analyzer plugin, but no language host (see ``pulumi_cli.policy_bin``)."""
    target.mkdir(parents=True)
    # A second name for the same file, not a symbolic link: the CLI looks for plugins where a link points to.
    os.link(source / "pulumi", target / "pulumi")
    shutil.copy2(source / "pulumi-resource-pulumi-python", target)
    _add(target / "pulumi-analyzer-policy-python", ANALYZER)


def _add(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)
