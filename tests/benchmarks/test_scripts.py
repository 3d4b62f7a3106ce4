"""The benchmarks run; no test depends on what they measure."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmarks as ``make bench`` does."""
    command = [sys.executable, "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


@pytest.mark.long
def test_they_print_a_table():
    """Each row has the measured number and, where there is one, the goal."""
    done = run("--quick", "scale", "memory")
    assert done.returncode == 0, done.stderr
    rows = done.stdout.splitlines()
    assert rows[1].startswith("requests, 100 sessions")
    assert " 101 requests ok " in rows[1]
    assert rows[-1].startswith("memory of a gate over 50 sessions")


def test_an_unknown_topic_is_one_line():
    """A topic that does not exist is named, with those that do."""
    done = run("speed")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("no such topic: speed; there are lag, deploy, scale, memory")
