"""
Whole runs of a trigger and a gate, against the local Checkly, with faults that hypothesis draws, on real sockets.

``make test-all`` plays ``CHAOS_N`` schedules (N of the Makefile), ``CHAOS_SEED`` says which ones.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from fault_server import FaultServer, drop
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
from play import Play, Schedule, schedules

from checkly_dynamic.emulator.testing import LocalCheckly

SHARDS = 4
"""Parallel runs share them."""

MANY = int(os.environ.get("CHAOS_N", "2000"))
SEED = int(os.environ.get("CHAOS_SEED", "0"))


@pytest.mark.parametrize("kind", ["check", "test"])
@pytest.mark.parametrize("shard", range(SHARDS // 2))
@pytest.mark.parametrize(
    ("number", "first"),
    [(200, 0), pytest.param(MANY, (SEED + 1) * 1_000, marks=[pytest.mark.long, pytest.mark.timeout(120 + MANY)])],
    ids=["some", "many"],
)
def test_chaos(checklys: list[LocalCheckly], kind: str, shard: int, number: int, first: int) -> None:
    """Whatever goes wrong on the way: nothing doubled, nothing lost, nothing leaked, nothing green without proof, in time."""

    @seed(first + shard)
    @settings(
        max_examples=-(-number // SHARDS // len(checklys)),
        deadline=None,
        database=None,
        phases=[Phase.generate],  # real time cannot be shrunk; the schedule itself says what happened
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(schedules, min_size=len(checklys), max_size=len(checklys)))
    def play_all(several: list[Schedule]) -> None:
        with ThreadPoolExecutor(len(checklys)) as pool:
            list(pool.map(play, checklys, several))

    def play(checkly: LocalCheckly, schedule: Schedule) -> None:
        with FaultServer([drop]) as server:
            Play(checkly, server, kind, schedule).all()

    play_all()
