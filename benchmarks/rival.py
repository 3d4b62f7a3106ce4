"""Checkly's own command line, ``checkly checks run``, against the local Checkly; installed with npm."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from measuring import TAG, Checkly

CLI, NODE = "checkly@9.5.0", "node@22.23.3"
PACKAGES = Path("node_modules")


@functools.cache
def command() -> tuple[str, ...] | None:
    """Return the command, from the user's cache; None if npm is missing or cannot install it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "checkly-dynamic" / CLI.replace("@", "-cli-")
    start = (str(folder / PACKAGES / ".bin" / "node"), str(folder / PACKAGES / ".bin" / "checkly"))
    if all(map(os.path.exists, start)):
        return start
    npm = shutil.which("npm")
    if npm is None:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder, CLI, NODE],
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return start if done.returncode == 0 else None


def run(start: tuple[str, ...], server: Checkly) -> float:
    """Run all checks to their end and return when the process ended, in seconds since 1970."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [*start, "checks", "run", "--tags", TAG, "--output", "json"],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder, "CI": "true", "CHECKLY_ENV": "local", **server.env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        returned = time.time()
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return returned
