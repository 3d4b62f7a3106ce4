"""Run a long command with signs of life; what the ways of getting a Pulumi CLI share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEARTBEAT_SECONDS = 10.0


class Unusable(Exception):
    """A Pulumi CLI, or a way to one, is not usable here; the text says why."""


def say(text: str) -> None:
    """Print one line of progress on standard error, where it shows at once."""
    print(f"pulumi_cli: {text}", file=sys.stderr, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    label: str,
    limit: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """
    Run a command to its end and tell every few seconds how far it is.

    Args:
        command: The program and its arguments.
        label: What is being done, for the progress lines.
        limit: The longest time it may take, in seconds.
        cwd: The folder to run in.
        env: The whole environment; by default this process's.

    Raises:
        Unusable: It could not start, took too long or failed. The text ends with its last words.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "output")
        with log.open("wb") as output:
            try:
                # Its own process group, so that nothing of it is left behind when it must be stopped.
                process = subprocess.Popen(
                    command, cwd=cwd, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
                )
            except OSError as error:
                raise Unusable(str(error)) from None
        try:
            code = _wait(process, label=label, limit=limit, log=log)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if code == -signal.SIGALRM:
            raise Unusable("no connection in time")
        if code:
            raise Unusable(f"{Path(command[0]).name} ended with {code}: {_last_lines(log, 8)}")


def _wait(process: subprocess.Popen[bytes], *, label: str, limit: float, log: Path) -> int:
    started = time.monotonic()
    while _runs_for(process, min(HEARTBEAT_SECONDS, limit)):
        elapsed = time.monotonic() - started
        if elapsed >= limit:
            raise Unusable(f"{label} took longer than {limit:.0f} s")
        say(f"  {label}, {elapsed:.0f} s: {_last_lines(log, 1)[-90:] or 'started'}")
    return process.returncode


def _runs_for(process: subprocess.Popen[bytes], seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return True
    return False


def _last_lines(log: Path, count: int) -> str:
    return "\n    ".join(log.read_text(errors="replace").strip().splitlines()[-count:])
