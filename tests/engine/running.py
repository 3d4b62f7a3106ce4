"""A Pulumi CLI in the background, to interrupt and to kill."""

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Running:
    """
    A CLI that runs in the background, in its own session, as under a terminal.

    The plugin hosts have their own process groups, but are in the same session.
    """

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, text: str) -> None:
        """Wait until *text* has been printed; fail if the CLI ends first, or after a minute."""
        deadline = time.monotonic() + 60
        while text not in self.text:
            assert self.process.poll() is None, f"ended before it printed {text!r}:\n{self.text}"
            assert time.monotonic() < deadline, f"did not print {text!r}:\n{self.text}"
            time.sleep(0.02)

    def signal(self, number: int, seconds: float = 30) -> None:
        """Send a signal to the CLI's process group, as a terminal does for Ctrl-C, and wait at most so long for the end."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def end(self) -> None:
        """Kill everything that is left of the session, including orphans of a killed CLI (needs /proc)."""
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                session = (folder / "stat").read_text().rpartition(")")[2].split()[3]
                if int(session) == self.process.pid:
                    os.kill(int(folder.name), signal.SIGKILL)
        self.process.wait()
