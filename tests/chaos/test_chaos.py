"""
Whole runs of a trigger and a gate, against the local Checkly, with faults that hypothesis draws, on real sockets.

``CHAOS_N`` says how many schedules are played in this process (200 unless told otherwise; a quarter as many more in the real
plugin host), ``CHAOS_SEED`` which ones.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from canary import ACCOUNT, KEY, leaks
from fault_server import FaultServer, drop
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
from mangler import Mangler
from play import TRIGGER_SECONDS, Play, Refused, Schedule, schedules

sys.path.insert(0, str(Path(__file__).parents[1] / "wire"))
import plugin
from checkly_dynamic.api.transport import Budget, Retries, Transport
from checkly_dynamic.core.awaited import Awaited

from checkly_dynamic.api.client import Client
from checkly_dynamic.api.settings import Settings
from checkly_dynamic.core.deadline import Deadline
from checkly_dynamic.core.gate import Gate
from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.errors import ChecklyError, NoMatchingChecks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from checkly_dynamic.emulator.testing import LocalCheckly

SHARDS = 8
NUMBER = int(os.environ.get("CHAOS_N", "200"))
SEED = int(os.environ.get("CHAOS_SEED", "0"))

pytestmark = pytest.mark.timeout(120 + NUMBER * 5)  # each schedule may use up its deadlines


def play_many(number: int, which: int, drawn: st.SearchStrategy[Schedule], play: Callable[[Schedule], None]) -> None:
    """Play *number* schedules, the same ones in each run; *which* tells them from those of other calls."""

    @seed(SEED * 2 * SHARDS + which)
    @settings(
        max_examples=max(1, number),
        database=None,
        phases=[Phase.generate],  # real time cannot be shrunk; the schedule itself says what happened
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn)
    def play_all(schedule: Schedule) -> None:
        play(schedule)

    play_all()


def environment(url: str, version: str) -> dict[str, str]:
    """Return the settings, as environment variables."""
    return {
        "CHECKLY_API_KEY": KEY,
        "CHECKLY_ACCOUNT_ID": ACCOUNT,
        "CHECKLY_API_URL": url,
        "CHECKLY_API_VERSION": version,
    }


class InThisProcess(Play):
    """The client and the gate; counts how often something was to be started."""

    def all(self) -> None:
        """Play with a client of its own."""
        where = Settings.load(lambda _: None, environment(self.mangler.server.url, self.schedule.version))
        retries = Retries(first_wait=0.01, longest_wait=0.05)
        self.asked = 0
        with Client(where, Transport(where, connections=8, retries=retries, budget=Budget())) as self.client:
            super().all()
        assert len(self.checkly.triggers) <= self.asked, "a POST ran more often than it was asked for"

    def start(self) -> list[Mapping[str, Any]]:
        """Trigger."""
        try:
            sessions = self.trigger({"target": {"matchTags": [["x"]]}}, deadline=Deadline(TRIGGER_SECONDS))
        except ChecklyError as error:
            failed = error
        else:
            return [session.to_api() for session in sessions]
        if self.checkly.triggers:
            assert getattr(failed, "sent", None) != "no"
            assert not isinstance(failed, NoMatchingChecks)
        raise Refused

    def update(self, wait_for: Sequence[Mapping[str, Any]], stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """Run the gate."""
        gate = Gate(self.schedule.policy, Awaited.from_state(wait_for), self, say=self.lines.append)
        before = [CheckSession.from_state(raw) for raw in (stored or {}).get("sessions", [])]
        record = gate.run(before, {session.check_id for session in before})
        return record.to_state(self.schedule.policy.fail_on)

    def trigger(self, *args: Any, **kwargs: Any) -> list[CheckSession]:
        """Start sessions; nothing that an error would show holds a piece of the key."""
        self.asked += 1
        try:
            return self.client.trigger(*args, **kwargs)
        except ChecklyError as error:
            failed = error
        assert leaks("".join(traceback.format_exception(failed)) + repr(failed)) == []
        self.errors.append(str(failed))
        raise failed

    def completion(self, *args: Any, **kwargs: Any) -> CheckSession | None:
        """Ask once."""
        return self.client.completion(*args, **kwargs)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_chaos(checkly: LocalCheckly, shard: int) -> None:
    """Whatever goes wrong on the way: nothing doubled, nothing lost, nothing leaked, nothing green without proof, in time."""

    def play(schedule: Schedule) -> None:
        with FaultServer([drop]) as server:
            InThisProcess(checkly, server, schedule).all()

    play_many(NUMBER // SHARDS, shard, schedules, play)


IMPATIENT_HOST = f"""
import random, runpy
from checkly_dynamic import provider
    from checkly_dynamic.core import gate, polling as waiting, trigger
from checkly_dynamic.api.transport import Budget, Retries, exchange

trigger._START_SECONDS = {TRIGGER_SECONDS}
gate._SHORTEST_RERUN = exchange._SHORTEST_SEND = 0.2
waiting._SHORTEST_ROUND = 0.1
provider._OUTPUTS_FIRST = 0.0
Retries.__new__.__defaults__ = (5, 0.01, 0.05, 60.0, random.random)
Budget.shared = lambda *_: Budget()
runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
"""
"""The real host, with times that are shorter than in life, as the fixture ``quick`` makes them for this process."""


class InTheHost(Play):
    """The real plugin host, the same one for many schedules, so each of them shows that it lived on after the one before."""

    host: plugin.Plugin

    def start(self) -> list[Mapping[str, Any]]:
        """Create a trigger."""
        outputs = self._call(plugin.TRIGGER, {"resourceName": "smoke", "target": {"matchTags": [["x"]]}})
        return outputs["sessions"]

    def update(self, wait_for: Sequence[Mapping[str, Any]], stored: Mapping[str, Any] | None) -> dict[str, Any]:
        """Create or update a verdict, and let a barrier judge it."""
        policy = self.schedule.policy
        inputs = {
            "resourceName": "gate",
            "waitFor": list(wait_for),
            "timeoutSeconds": policy.timeout_seconds,
            "failOn": list(policy.fail_on),
            "attempts": policy.attempts,
            "failFast": policy.fail_fast,
        }
        state = self._call(plugin.VERDICT, inputs, stored)
        opened = True
        try:
            self._call(plugin.BARRIER, {key: state[key] for key in ("passed", "conclusion", "reason", "problems")})
        except Refused:
            opened = False
        assert opened is state["passed"]
        return state

    def _call(self, kind: str, inputs: dict[str, Any], stored: Mapping[str, Any] | None = None) -> dict[str, Any]:
        said = len(self.host.stderr)
        try:
            return self.host.update(dict(stored), inputs, kind) if stored else self.host.create(inputs, kind)[1]
        except plugin.Refused as error:
            self.errors.append(str(error))
            raise Refused from error
        finally:
            self.lines += self.host.stderr[said:].splitlines()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_chaos_in_the_plugin_host(checkly: LocalCheckly, tmp_path: Path, version: str) -> None:
    """The same as seen by the engine, through the real host: it never dies, and after each schedule the next resource works."""
    with FaultServer([drop]) as server:
        env = environment(server.url, version)
        with plugin.Plugin(tmp_path, env=env, start=("-c", IMPATIENT_HOST)) as host:

            def play(schedule: Schedule) -> None:
                played = InTheHost(checkly, server, schedule)
                played.host = host
                played.all()
                Mangler(checkly.url, server)
                assert played.start()

            drawn = schedules.filter(lambda schedule: schedule.version == version)
            play_many(NUMBER // SHARDS, SHARDS + int(version[1:]), drawn, play)
