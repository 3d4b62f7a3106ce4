"""``checkly-dynamic doctor`` and ``checks`` beside a real Pulumi CLI and a real stack."""

from __future__ import annotations

import subprocess
import sys

KEY = "cu_local_checkly_made_up_key"


def command(project, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder below the project's."""
    below = project.work / "src"
    below.mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-m", "checkly_dynamic", *arguments],
        cwd=below,
        env={**project.environment(), **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_set_up_of_a_real_project_is_fine(project, checkly):
    """From a folder below the project, the doctor finds the program's Python and the key of the stack, and Checkly answers."""
    project.config("checkly:apiKey", KEY, secret=True)
    project.config("checkly:accountId", checkly.env["CHECKLY_ACCOUNT_ID"])
    project.config("checkly:apiUrl", checkly.url)
    done = command(project, "doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Python of the program: {sys.executable}" in done.stdout
    assert "API key: from config checkly:apiKey" in done.stdout
    assert command(project, "checks", "--format", "json").returncode == 0


def test_a_wrong_passphrase_is_called_that(project):
    """The advice is to set the passphrase, not to select a stack."""
    project.config("checkly:apiKey", KEY, secret=True)
    done = command(project, "doctor", "--offline", PULUMI_CONFIG_PASSPHRASE="wrong")
    assert done.returncode == 1
    assert "incorrect passphrase" in done.stdout
    assert "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of this stack." in done.stdout


def test_a_python_that_does_not_exist_is_found(project):
    """What Pulumi says about the project's Python is shown, in place of a guess."""
    done = command(project, "doctor", "--offline", PULUMI_PYTHON_CMD="./no-python")
    assert done.returncode == 1
    assert "./no-python" in done.stdout
    assert "pulumi install" in done.stdout
