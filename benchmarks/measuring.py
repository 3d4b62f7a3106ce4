"""Shared by the benchmarks: a local Checkly, a plugin host and Checkly's CLI in their own processes; paired runs; the table."""

import contextlib
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import checkly_cli

HERE = Path(__file__).parent

TAG = "bench"


@dataclass
class Row:
    """
    One line of the table.

    Attributes:
        reach: The goal: at most this much; None without a goal.
        beside: For comparison, measured in the same run: name → number in the same unit.
    """

    what: str
    measured: float
    unit: str
    reach: float | None = None
    beside: dict[str, float] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether the goal is met."""
        return self.reach is None or self.measured <= self.reach

    def line(self) -> str:
        """Write the row for a terminal."""
        reach = "" if self.reach is None else f"{'ok' if self.held else 'OVER'}  (at most {_number(self.reach)})"
        beside = ", ".join(f"{name} {_number(number)}" for name, number in self.beside.items())
        return f"{self.what:<74}{_number(self.measured):>9} {self.unit:<9}{reach:<22}{beside}"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def as_json(rows: Sequence[Row]) -> str:
    """Write rows as JSON, with the machine they were measured on."""
    machine = {
        "python": platform.python_version(),
        "system": platform.system(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "measured_at": time.strftime("%Y-%m-%d %H:%M", time.gmtime()),
    }
    listed = [{**asdict(row), "held": row.held} for row in rows]
    return json.dumps({"machine": machine, "rows": listed}, indent=1)


def paired(runs: int, *measures: Callable[[], float]) -> list[list[float]]:
    """Measure several things in turn, so that other load on the machine affects all of them alike; each once to warm up."""
    rounds = [[measure() for measure in measures] for _ in range(runs + 1)]
    return [list(column) for column in zip(*rounds[1:], strict=True)]


def median_difference(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of the differences of paired runs."""
    return statistics.median(a - b for a, b in zip(ours, theirs, strict=True))


class Checkly:
    """A local Checkly in its own process; see :func:`checkly`."""

    def __init__(self, process: subprocess.Popen[str], settings: dict[str, Any]) -> None:
        self._process = process
        self.env: dict[str, str] = self._ask(json.dumps(settings))

    def look(self, command: str = "look") -> dict[str, Any]:
        """Return when the sessions stopped, the requests by route, and the answers by status; ``reset`` forgets them first."""
        return self._ask(command)

    def _ask(self, line: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def checkly(
    seconds: Sequence[float], *, rtt: float = 0.0, rate_limit: int | None = None, window: float = 60.0
) -> Iterator[Checkly]:
    """
    Run a local Checkly with one check for each of *seconds*, all with the tag ``bench``.

    The round trip to it takes *rtt* seconds, and it allows *rate_limit* requests in *window* seconds.
    """
    checks = [{"name": f"Check {n:04}", "tags": [TAG], "seconds": each} for n, each in enumerate(seconds)]
    settings = {"scenario": {"checks": checks, "rateLimit": rate_limit}, "rtt": rtt, "window": window}
    with subprocess.Popen(
        [sys.executable, HERE / "checkly_process.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    ) as process:
        try:
            yield Checkly(process, settings)
        finally:
            process.kill()


def ends(number: int, *, first: float, spread: float) -> list[float]:
    """Let the checks end one after the other, the first after *first* seconds, the last *spread* seconds later."""
    return [first + spread * n / max(1, number - 1) for n in range(number)]


@contextlib.contextmanager
def host(server: Checkly) -> Iterator[subprocess.Popen[str]]:
    """Start a process that runs a trigger and its gate on request; see ``worker.py``."""
    with subprocess.Popen(
        [sys.executable, HERE / "worker.py"],
        env={"PATH": os.environ["PATH"], **server.env},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def gate(server: Checkly) -> dict[str, Any]:
    """Run a trigger and its gate; return what ``worker.py`` prints."""
    with host(server) as process:
        found = json.loads(process.communicate("go\n")[0])
    assert found["conclusion"] == "PASSED", found
    return found


def cli_is_there() -> bool:
    """Return whether npm exists, and install Checkly's own command line if it is not in the user's cache yet."""
    return shutil.which("npm") is not None and checkly_cli.ensure().exists()


def cli_run(server: Checkly) -> float:
    """Run all checks to their end with ``checkly checks run``; return when it ended, in seconds since 1970."""
    with tempfile.TemporaryDirectory() as folder:
        done = checkly_cli.run("--tags", TAG, "--output", "json", folder=Path(folder), env=server.env)
        returned = time.time()
    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    return returned
