"""The time that a trigger and a gate add to a deployment whose checks take no time; see docs/performance.md."""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pulumi_cli
import rival
from harness import Project
from measuring import TAG, Checkly, Row, checkly, paired

OURS = f"""
import pulumi
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger

smoke = CheckSessionTrigger("smoke", target={{"match_tags": [["{TAG}"]]}}, deploy_version="1")
passed = CheckSessionGate("passed", wait_for=smoke)
pulumi.export("passed", passed.passed)
"""

NOTHING = """
import pulumi
from nothing import Nothing

first = Nothing("first", {"value": "1"})
second = Nothing("second", {"value": first.id})
pulumi.export("second", second.id)
"""

NOTHING_MODULE = """
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Provider(ResourceProvider):
    def create(self, props):
        return CreateResult("id", {**props})

class Nothing(Resource):
    def __init__(self, name, props):
        super().__init__(Provider(), name, props)
"""


def cost(*, quick: bool) -> Iterator[Row]:
    """Measure with one check that takes no time."""
    cli, numbers = pulumi_cli.ensure(), itertools.count()
    with tempfile.TemporaryDirectory() as folder, checkly([0.0]) as server:

        def up(program: str) -> Callable[[], float]:
            return lambda: _up(Path(folder), f"{next(numbers)}", cli, program, server)

        def command_line() -> float:
            begin = time.time()
            return rival.run(server) - begin

        measures = [up(OURS), up(NOTHING), *([command_line] if rival.is_there() else [])]
        ours, nothing, *theirs = paired(2 if quick else 15, *measures)
    extra = statistics.median(a - b for a, b in zip(ours, nothing, strict=True))
    medians = {"up with": statistics.median(ours), "up without": statistics.median(nothing)}
    yield Row("cost of a deployment", extra, "s", None, medians)
    if theirs:
        yield Row("cost of a deployment / one run of Checkly's CLI", extra / statistics.median(theirs[0]), "x", 0.45)


def _up(folder: Path, number: str, cli: Path, program: str, server: Checkly) -> float:
    """Deploy a new stack and return how many seconds that took."""
    own = folder / number
    own.mkdir()
    with Project(own, cli, env=server.env) as project:
        project.init(folder / "template")
        project.write(program)
        (project.work / "nothing.py").write_text(NOTHING_MODULE)
        return project.up().seconds
