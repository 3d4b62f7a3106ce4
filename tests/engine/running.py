"""A Pulumi CLI in the background, to interrupt and to kill."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess


@dataclass
class Running:
    """
    A CLI that runs in the background, in a session of its own, as under a terminal.

    The plugin hosts are in process groups of their own, but in the same session.
    """

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Return once *text* has been printed; fail when the CLI ends before, or the time is up."""
        deadline = time.monotonic() + seconds
        while text not in self.text:
            assert self.process.poll() is None, f"ended before it printed {text!r}:\n{self.text}"
            assert time.monotonic() < deadline, f"did not print {text!r} in {seconds} s:\n{self.text}"
            time.sleep(0.02)

    def interrupt(self) -> None:
        """Do what Ctrl-C does in a terminal: interrupt the CLI's process group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def kill(self) -> None:
        """Kill the CLI alone, as the system's out-of-memory killer would."""
        self.process.kill()
        self.process.wait()

    def pids(self) -> list[int]:
        """The processes of the session that are still alive, orphans of a killed CLI among them (needs /proc)."""
        alive = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                state, _, _, session = (folder / "stat").read_text().rpartition(")")[2].split()[:4]
                if int(session) == self.process.pid and state != "Z":
                    alive.append(int(folder.name))
        return alive

    def end(self) -> None:
        """Kill everything that is left of the session."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
