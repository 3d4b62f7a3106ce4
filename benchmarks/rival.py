"""Checkly's own command line, ``checkly checks run``, against the local Checkly."""

import shutil
import tempfile
import time
from pathlib import Path

import checkly_cli
from measuring import TAG, Checkly


def is_there() -> bool:
    """Return whether npm exists, and install the tool if it is not in the user's cache yet."""
    return shutil.which("npm") is not None and checkly_cli.ensure().exists()


def run(server: Checkly) -> float:
    """Run all checks to their end and return when the process ended, in seconds since 1970."""
    with tempfile.TemporaryDirectory() as folder:
        done = checkly_cli.run("--tags", TAG, "--output", "json", folder=Path(folder), env=server.env)
        returned = time.time()
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return returned
