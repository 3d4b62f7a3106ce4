"""What the plugin host spends on a check and a diff, and how time and memory grow with the number of checks."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import plugin
from lag import ends
from measuring import HERE, TAG, Row, checkly
from pulumi.runtime.proto import provider_pb2 as pb

ENV = {"CHECKLY_API_KEY": "made-up", "CHECKLY_ACCOUNT_ID": "11111111-2222-4333-8444-555555555555"}
TAGS = [["production", "!slow"], ["checkout"]]
NUMBERS = (1, 3, 10, 30, 100, 300, 1000, 2000, 3000)


def rows(*, quick: bool) -> Iterator[Row]:
    """Measure with the real plugin host, over gRPC; memory in a process that does what the host does."""
    calls = 20 if quick else 200
    many = _trigger([[f"tag-{number}"] for number in range(1_000)])
    with tempfile.TemporaryDirectory() as folder, plugin.Plugin(Path(folder), env=ENV) as host:
        for name, inputs, provider, times, reach in (
            ("check or diff", _trigger(TAGS), plugin.TRIGGER, calls, 2),
            ("check or diff, 1,000 tags", many, plugin.TRIGGER, calls // 4, 20),
            ("check or diff, gate over 1,000 sessions", _gate(1_000), plugin.VERDICT, calls // 10, None),
        ):
            # The barrier's check and diff look at one value, so the rest of such a call is Pulumi's own.
            call, nothing = _call(host, inputs, provider, times), _call(host, inputs, plugin.BARRIER, times)
            yield Row(f"{name}, above a provider that does nothing", call - nothing, "ms", reach, {"whole call": call})
    with checkly(ends(1_000, first=1.0, spread=2.0)) as server:
        found = [grown(server.env) for _ in range(1 if quick else 3)]
    yield Row(
        "memory of a gate over 1,000 sessions, above idle", statistics.median(f["memory"] for f in found), "MB", 40
    )


def growth(*, quick: bool) -> Iterator[dict[str, Any]]:
    """Measure a trigger and a gate over more and more checks that take no time, without a rate limit."""
    for number in NUMBERS[:4] if quick else NUMBERS:
        with checkly([0.0] * number) as server:
            runs = [grown(server.env) for _ in range(1 if quick else 3)]
        yield {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def grown(env: dict[str, str]) -> dict[str, float]:
    """Run a trigger and its gate in a fresh process; see ``worker.py``."""
    done = subprocess.run(
        [sys.executable, HERE / "worker.py", TAG],
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _trigger(groups: list[list[str]]) -> dict[str, Any]:
    return {"resourceName": "smoke", "target": {"matchTags": groups}, "deployVersion": "1"}


def _gate(number: int) -> dict[str, Any]:
    ids = [f"{n:08}-0000-4000-8000-000000000000" for n in range(number)]
    texts = {key: [f"{key} {n}" for n in range(number)] for key in ("links", "checkTypes", "names")}
    awaited = {"sessionIds": ids, "checkIds": ids, **texts, "missingCheckIds": [], "noMatchAllowed": False}
    return {"resourceName": "passed", "waitFor": [awaited]}


def _call(host: plugin.Plugin, inputs: dict[str, Any], provider: str, times: int) -> float:
    """Return the median milliseconds of one call of the engine, check and diff alike."""
    bag = plugin.struct(inputs, provider)
    stored = plugin.struct({**inputs, "conclusion": "PASSED", "passed": True}, provider)
    check = ("Check", pb.CheckRequest(news=bag))
    diff = ("Diff", pb.DiffRequest(id="id", olds=stored, news=bag))
    taken = []
    for verb, request in [check, diff] * (times + 2):
        begin = time.perf_counter()
        host._call(verb, request)  # noqa: SLF001 - its other methods compare the answers, which takes time
        taken.append(time.perf_counter() - begin)
    return max(statistics.median(taken[first + 4 :: 2]) for first in (0, 1)) * 1000
