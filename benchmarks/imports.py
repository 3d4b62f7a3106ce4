"""What a program pays for importing the library, and what that must not load."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator

from measuring import Row

HEAVY = ("requests", "urllib3", "jsonschema", "stamina")

# The names, because the package itself loads nothing before one is asked for.
PROGRAM = f"""
import sys, time
import pulumi
begin = time.perf_counter()
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger
print(time.perf_counter() - begin, sum(name in sys.modules for name in {HEAVY}))
"""


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure in fresh interpreters."""
    found = [_once() for _ in range(3 if quick else 21)]
    yield Row("import in the program, after pulumi", statistics.median(ms for ms, _ in found), "ms", 10)
    yield Row(f"of {', '.join(HEAVY)}, loaded by it", max(heavy for _, heavy in found), "modules", 0)


def _once() -> tuple[float, float]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    seconds, heavy = map(float, done.stdout.split())
    return seconds * 1000, heavy
