"""
Measure the speed and memory of the library, print a table, and write the numbers as JSON.

Nothing here fails because of a number: they depend on the machine and on what else it does. ``python benchmarks --help`` lists
the options.
"""

import sys
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parent.parent
# The throw-away Pulumi projects of the tests, and the finder of the CLI.
sys.path[:0] = [str(ROOT / "tests" / "engine"), str(ROOT / "tools")]

import deploy  # noqa: E402 - needs the line above
import many_sessions  # noqa: E402 - as above
import measuring  # noqa: E402 - as above

TOPICS = {"lag": many_sessions.lag, "deploy": deploy.cost, "scale": many_sessions.scale, "memory": many_sessions.memory}


@click.command()
@click.argument("topics", nargs=-1, type=click.Choice(list(TOPICS)))
@click.option("--quick", is_flag=True, help="Few runs and small numbers, to see that everything works.")
@click.option("--to", type=click.Path(path_type=Path), default="artifacts/benchmarks", help="Folder for table.json.")
def main(*, topics: tuple[str, ...], quick: bool, to: Path) -> None:
    """Run the chosen benchmarks, by default all."""
    rows = []
    for topic in topics or TOPICS:
        for row in TOPICS[topic](quick=quick):
            rows.append(row)
            print(row.line(), flush=True)
    to.mkdir(parents=True, exist_ok=True)
    (to / "table.json").write_text(measuring.as_json(rows) + "\n")
    print(f"written to {to}")


if __name__ == "__main__":
    main()
