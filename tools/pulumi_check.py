"""Tell whether a Pulumi CLI is usable, by running it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from pulumi_process import Unusable

MINIMUM = (3, 216, 0)
"""The oldest version on PATH that is accepted: the oldest SDK that the package allows."""

COMPANIONS = ("pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")
"""What must stand beside ``pulumi``, or on PATH, to run a Python program with dynamic providers."""


def on_path() -> Path:
    """
    Return the folder of the ``pulumi`` on PATH.

    Raises:
        Unusable: There is none, it is too old, or its Python parts are missing.
    """
    found = shutil.which("pulumi")
    if found is None:
        raise Unusable("there is no `pulumi`")
    # Package managers link the command and leave the plugins where the link points to.
    linked, real = Path(found).absolute().parent, Path(found).resolve().parent
    with contextlib.suppress(Unusable):
        check(linked)
        return linked
    check(real)
    return real


def check(folder: Path, *, exactly: str | None = None) -> None:
    """
    Run the CLI in a folder and look at its companions.

    Args:
        folder: The folder that holds ``pulumi``.

        exactly:
            The one version to accept. Then all companions must be in the folder as well. Without it, any version from
            :data:`MINIMUM` on is good and companions may be anywhere on PATH.

    Raises:
        Unusable: Something is missing, does not run, or has the wrong version.
    """
    command = folder / "pulumi"
    for name in ("pulumi", *COMPANIONS):
        if not _executable(folder / name) and (exactly or name == "pulumi" or shutil.which(name) is None):
            raise Unusable(f"{command} lacks an executable {name} beside it" + ("" if exactly else " and on PATH"))
    version = _version(command)
    if exactly and version != exactly:
        raise Unusable(f"{command} is version {version}, not {exactly}")
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is None:
        raise Unusable(f"{command} does not tell its version, but says {version!r}")
    if tuple(map(int, numbers.groups())) < MINIMUM:
        raise Unusable(f"{command} is version {version}, older than {'.'.join(map(str, MINIMUM))}")


def _executable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK) and path.stat().st_size > 0


def _version(command: Path) -> str:
    """Run ``pulumi version`` with an own home, so that the user's is not touched."""
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            done = subprocess.run(
                [command, "version"], env=env, capture_output=True, text=True, timeout=60, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Unusable(f"{command} does not run: {error}") from None
    if done.returncode:
        raise Unusable(f"{command} version ended with {done.returncode}: {done.stderr.strip()[-300:]}")
    return done.stdout.strip().removeprefix("v")
