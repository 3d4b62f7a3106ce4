"""
Measure the speed and memory of the library, and print a table.

Nothing here fails because of a number: they depend on the machine and on what else it does. ``python benchmarks --help`` lists
the options.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The throw-away Pulumi projects of the tests, and the finder of the CLI.
sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "tools")]

import deploy  # noqa: E402 - needs the line above
import many_sessions  # noqa: E402 - as above

TOPICS = {"lag": many_sessions.lag, "deploy": deploy.cost, "scale": many_sessions.scale, "memory": many_sessions.memory}


def main() -> None:
    """Run the chosen benchmarks."""
    parser = argparse.ArgumentParser(prog="python benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(TOPICS)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="few runs and small numbers, to see that everything works")
    options = parser.parse_args()
    unknown = set(options.topics) - set(TOPICS)
    if unknown:
        parser.error(f"no such topic: {', '.join(sorted(unknown))}; there are {', '.join(TOPICS)}")
    for topic in options.topics or TOPICS:
        for row in TOPICS[topic](quick=options.quick):
            print(row.line(), flush=True)


if __name__ == "__main__":
    main()
