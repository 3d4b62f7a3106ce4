"""The example in TypeScript, type-checked against the generated SDK."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from example_projects import EXAMPLES
from sdks import write_sdk


@pytest.mark.long
def test_the_program_fits_the_generated_sdk(project, tmp_path):
    """The compiler accepts the example, and refuses it when an input has another type."""
    npm = shutil.which("npm")
    assert npm, "install Node.js with npm"
    folder = tmp_path / "example"
    shutil.copytree(EXAMPLES / "typescript", folder)
    sdk = write_sdk(project, "nodejs", tmp_path / "sdk")
    shutil.copytree(sdk, folder / "sdks" / "checkly-sessions")
    subprocess.run([npm, "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)
    check = [npm, "exec", "--", "tsc", "--noEmit"]
    subprocess.run(check, cwd=folder, check=True)
    program = folder / "index.ts"
    program.write_text(program.read_text().replace("[smoke.handle]", "smoke.handle"))
    broken = subprocess.run(check, cwd=folder, capture_output=True, text=True, check=False)
    assert "TS2322" in broken.stdout
