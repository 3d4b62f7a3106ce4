"""The time that a trigger and a gate add to a deployment whose checks take no time; see docs/performance.md."""

import itertools
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pulumi_cli
from harness import Project
from measuring import TAG, Checkly, Row, checkly, cli_is_there, cli_run, median_difference, paired

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

NAIVE = """
import pulumi
from naive import Gate, Trigger

smoke = Trigger("smoke", {"sessions": None})
passed = Gate("passed", {"sessions": smoke.sessions, "passed": None})
pulumi.export("passed", passed.passed)
"""

NAIVE_MODULE = f"""
import os
import pulumi
import requests
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

def ask(method, path, **more):
    url = os.environ["CHECKLY_API_URL"] + path
    key, account = os.environ["CHECKLY_API_KEY"], os.environ["CHECKLY_ACCOUNT_ID"]
    headers = {{"Authorization": "Bearer " + key, "X-Checkly-Account": account}}
    answer = requests.request(method, url, headers=headers, timeout=60, **more)
    answer.raise_for_status()
    return answer.json()

class TriggerProvider(ResourceProvider):
    def create(self, props):
        found = ask("POST", "/v1/check-sessions/trigger", json={{"target": {{"matchTags": [["{TAG}"]]}}}})
        return CreateResult("id", {{"sessions": [session["checkSessionId"] for session in found["sessions"]]}})

class Trigger(Resource):
    sessions: pulumi.Output[list]
    def __init__(self, name, props):
        super().__init__(TriggerProvider(), name, props)

class GateProvider(ResourceProvider):
    def create(self, props):
        ended = [ask("GET", "/v1/check-sessions/" + each + "/completion") for each in props["sessions"]]
        if any(session["status"] != "PASSED" for session in ended):
            raise Exception("a check failed")
        return CreateResult("id", {{**props, "passed": True}})

class Gate(Resource):
    passed: pulumi.Output[bool]
    def __init__(self, name, props):
        super().__init__(GateProvider(), name, props)
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
            return cli_run(server) - begin

        measures = [up(OURS), up(NOTHING), up(NAIVE), *([command_line] if cli_is_there() else [])]
        ours, nothing, naive, *theirs = paired(2 if quick else 40, *measures)
    extra, plain = median_difference(ours, nothing), median_difference(naive, nothing)
    medians = {"up with": statistics.median(ours), "up without": statistics.median(nothing), "naive": plain}
    yield Row("cost of a deployment", extra, "s", None, medians)
    if theirs:
        median = statistics.median(theirs[0])
        name = "cost of a deployment / one run of Checkly's CLI"
        yield Row(name, extra / median, "x", 0.45, {"naive": plain / median})


def _up(folder: Path, number: str, cli: Path, program: str, server: Checkly) -> float:
    """Deploy a new stack and return how many seconds that took."""
    own = folder / number
    own.mkdir()
    with Project(own, cli, env=server.env) as project:
        project.init(folder / "template")
        project.write(program)
        (project.work / "nothing.py").write_text(NOTHING_MODULE)
        (project.work / "naive.py").write_text(NAIVE_MODULE)
        return project.up().seconds
