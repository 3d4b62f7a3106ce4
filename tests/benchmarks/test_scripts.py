"""The benchmarks run; no test depends on what they measure."""

import json
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
def test_they_print_a_table_and_write_it_as_json(tmp_path):
    """Each row of the printed table is in the JSON, together with the machine."""
    done = run("--quick", "--to", str(tmp_path), "scale", "memory")
    assert done.returncode == 0, done.stderr
    written = json.loads((tmp_path / "table.json").read_text())
    assert [line.split("  ")[0] for line in done.stdout.splitlines()[:-1]] == [row["what"] for row in written["rows"]]
    requests = next(row for row in written["rows"] if row["what"].startswith("requests"))
    assert requests["measured"] == 101
    assert written["machine"]["cores"]


def test_an_unknown_topic_is_one_line():
    """A topic that does not exist is named, with those that do."""
    done = run("speed")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("'speed' is not one of 'lag', 'deploy', 'scale', 'memory'.")
