"""
Measure how fast the library is, print a table, and write the numbers as JSON.

Every number stands beside one measured in the same run. Nothing here fails because of a number: a machine that does other work
gives others. ``python benchmarks --help`` tells the options.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The throw-away Pulumi projects and the plugin host of the tests, and the finder of the CLI.
sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "tests" / "wire"), str(ROOT / "tools")]

TOPICS = ("imports", "host", "deploy", "lag", "scale")


def main() -> None:
    """Run the chosen benchmarks."""
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(TOPICS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="few runs and small numbers, to see that everything works")
    parser.add_argument(
        "--growth", action="store_true", help="measure 1 to 3,000 checks too, and draw it (group bench)"
    )
    parser.add_argument("--to", type=Path, default=Path("artifacts/benchmarks"), help="folder for JSON and plots")
    options = parser.parse_args()
    unknown = set(options.topics) - set(TOPICS)
    if unknown:
        parser.error(f"no such topic: {', '.join(sorted(unknown))}; there are {', '.join(TOPICS)}")
    options.to.mkdir(parents=True, exist_ok=True)
    measuring = importlib.import_module("measuring")
    rows = []
    for row in _rows(options.topics or TOPICS, quick=options.quick):
        rows.append(row)
        print(row.line(), flush=True)
    (options.to / "table.json").write_text(measuring.as_json(rows) + "\n")
    if options.growth:
        points = list(importlib.import_module("host").growth(quick=options.quick))
        (options.to / "growth.json").write_text(measuring.as_json([], points=points) + "\n")
        importlib.import_module("plots").draw(options.to)
    print(f"written to {options.to}")


def _rows(topics: list[str], *, quick: bool) -> Iterator[object]:
    for topic in topics:
        yield from importlib.import_module(topic).rows(quick=quick)


if __name__ == "__main__":
    main()
