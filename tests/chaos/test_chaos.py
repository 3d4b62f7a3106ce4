"""
Whole runs of a trigger and a gate, against the local Checkly, with faults that hypothesis draws, on real sockets.

Each run is compared with what the server knows. ``make test-all`` plays ``CHAOS_N`` schedules (``N`` in the Makefile);
``CHAOS_SEED`` selects them.
"""

import os
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from fault_server import FaultServer, drop
from hypothesis import HealthCheck, Phase, given, seed, settings, strategies as st
from mangler import FAULTS, Mangler
from operating import ACCOUNT, KEY, Lines, fast, leaks, operation

from checkly_dynamic.core.operation import Operation, ProcessState
from checkly_dynamic.core.triggers import CheckSessionTriggerResource, TestSessionTriggerResource
from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource
from checkly_dynamic.core.wait_for import wait_for_element
from checkly_dynamic.emulator.testing import LocalCheckly
from checkly_dynamic.errors import ChecklyError

SHARDS = 4  # parallel runs share the schedules
MANY = int(os.environ.get("CHAOS_N", "2000"))
SEED = int(os.environ.get("CHAOS_SEED", "0"))

# A trigger has 180 seconds; here half a second.
TRIGGER_SECONDS, TRIGGER_FASTER, GATE_FASTER = 180, 360, 20

RESOURCES = {"check": CheckSessionTriggerResource(), "test": TestSessionTriggerResource()}
VERDICT = CheckSessionVerdictResource()

STATUSES = ["PASSED", "PASSED", "PASSED", "PASSED", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED"]
FAIL_ON = [["FAILED", "TIMED_OUT", "CANCELLED"], ["FAILED"], ["FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED"]]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """The outcomes of the checks, the policy, the faults by request number, and the fault of all requests from a number on."""

    outcomes: list[list[str]]
    seconds: list[float]
    version: str
    policy: dict[str, Any]
    faults: dict[int, str]
    outage: tuple[int, str] | None


fault = st.sampled_from(FAULTS)
schedules = st.builds(
    Schedule,
    outcomes=st.lists(st.lists(st.sampled_from(STATUSES), min_size=1, max_size=3), min_size=1, max_size=6),
    seconds=st.lists(st.sampled_from([0.0, 2.0, 5.0, 10.0, 60.0]), min_size=6, max_size=6),
    version=st.sampled_from(["v1", "v2"]),
    policy=st.fixed_dictionaries(
        {
            "timeoutSeconds": st.sampled_from([8.0, 12.0]),
            "failOn": st.sampled_from(FAIL_ON),
            "attempts": st.integers(1, 3),
            "failFast": st.booleans(),
        }
    ),
    faults=st.builds(
        lambda first, later: {**later, **({0: first} if first else {})},
        st.none() | st.none() | fault,
        st.dictionaries(st.integers(1, 20), fault, max_size=10),
    ),
    outage=st.none() | st.none() | st.tuples(st.integers(1, 10), fault),
)


class Play:
    """A schedule of faults, and the server that plays them in front of a local Checkly."""

    def __init__(self, checkly: LocalCheckly, server: FaultServer, kind: str, schedule: Schedule) -> None:
        checks = [
            {"name": f"check {n}", "tags": ["x"], "outcomes": outcomes, "seconds": schedule.seconds[n]}
            for n, outcomes in enumerate(schedule.outcomes)
        ]
        checkly.scenario({"checks": checks, "apiKey": KEY, "accountId": ACCOUNT, "rateLimit": None})
        self.checkly, self.kind, self.schedule = checkly, kind, schedule
        start, name = schedule.outage or (0, "")
        outage = dict.fromkeys(range(start, 999), name) if name else {}
        self.mangler = Mangler(checkly.url, server, {**outage, **schedule.faults})
        self.log, self.process = Lines(), ProcessState()
        self.shown: list[str] = []

    def all(self) -> None:
        """Trigger, update the gate, update it again as a second ``pulumi up`` does, and verify all results."""
        trigger = {"resourceName": "smoke", "target": {"matchTags": [["x"]]}, "deployVersion": "1"}
        if outputs := self._trigger(trigger):
            gate = {"resourceName": "gate", "waitFor": [wait_for_element(outputs)], **self.schedule.policy}
            if self.kind == "test":
                gate["rerun"] = [{**trigger, "sessionId": outputs["sessionId"]}]
            first = self._update(gate, {})
            if VERDICT.diff(first, gate):
                self._update(gate, first)
            else:
                assert first["passed"], "only a good verdict needs no update"
        text = "\n".join([*(line for _, line in self.log.shown), *self.shown])
        assert leaks(text + repr(self.checkly.requests)) == []
        assert "Traceback" not in text
        assert not any(char in text for char in "\x1b\x07")
        assert self.checkly.violations == []

    def _operation(self, faster: float) -> Operation:
        return operation(
            self.mangler.server.url,
            version=self.schedule.version,
            clock=fast(faster),
            log=self.log,
            process=self.process,
        )

    def _trigger(self, inputs: dict[str, Any]) -> dict[str, Any] | None:
        """Create a trigger; if that fails, create it again, as a user's hook may ask the engine to do."""
        resource = RESOURCES[self.kind]
        began = time.monotonic()
        try:
            return resource.run({}, inputs, self._operation(TRIGGER_FASTER))
        except ChecklyError as error:
            first = str(error)
        finally:
            assert time.monotonic() - began <= 2, "the trigger outlasted its deadline"
            assert len(self.checkly.triggers) <= 1
        self.shown.append(first)
        self._every_id_is_told(first, began + TRIGGER_SECONDS / TRIGGER_FASTER)
        if not self.checkly.triggers:
            return None
        assert "Checks may have started" in first, "checks started and the error does not say so"
        with pytest.raises(ChecklyError) as again:
            resource.run({}, inputs, self._operation(TRIGGER_FASTER))
        assert str(again.value) == first
        assert len(self.checkly.triggers) == 1, "a POST of unknown outcome was sent again"
        return None

    def _update(self, inputs: dict[str, Any], stored: Mapping[str, Any]) -> dict[str, Any]:
        """Update the verdict."""
        before = {check: len(ids) for check, ids in self._by_check().items()}
        began = time.monotonic()
        state = VERDICT.run(stored, inputs, self._operation(GATE_FASTER))
        # The deadline, five seconds for details, and ticks of half a second in real time.
        assert time.monotonic() - began <= (inputs["timeoutSeconds"] + 5) / GATE_FASTER + 2, "it outlasted its deadline"
        self.shown += [repr(state), state["reason"]]
        self._every_id_is_told(repr(state), began + inputs["timeoutSeconds"] / GATE_FASTER)
        for check, ids in self._by_check().items():
            runs = inputs["attempts"] - (0 if stored else 1)
            assert len(ids) - before.get(check, 0) <= runs, "a check ran again more often than allowed"
        if state["passed"]:
            self._is_really_good(state["sessions"])
        return state

    def _truth(self) -> dict[tuple[str, str], set[str]]:
        """Return how each session and check ended, from the server itself; empty while it runs."""
        if self.kind == "check":
            return {(id_, one["checkId"]): {one["status"]} for id_, one in self.checkly.sessions.items()}
        truth: dict[tuple[str, str], set[str]] = {}
        for id_, one in self.checkly.test_sessions.items():
            for row in one["results"]:
                ended = truth.setdefault((id_, row["checkId"]), set())
                if row["resultType"] == "FINAL":
                    bad = row["hasErrors"] or row["hasFailures"] or row["aborted"]
                    ended.add("FAILED" if bad else "DEGRADED" if row["isDegraded"] else row["status"])
        return truth

    def _by_check(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for session_id, check_id in self._truth():
            found.setdefault(check_id, []).append(session_id)
        return found

    def _every_id_is_told(self, text: str, deadline: float) -> None:
        """Assert that no session id is lost. An answer that comes at the client's deadline may be too late, as the error says."""
        text += "".join(self.shown) + repr(self.log.shown)
        for moment, status, body in self.mangler.told:
            for session in [body, *body.get("sessions", [])] if status == 201 and moment < deadline - 0.3 else []:
                session_id = session.get("checkSessionId") or session.get("testSessionId")
                assert session_id is None or session_id in text, "an id that the client saw is lost"
        self.mangler.told.clear()

    def _is_really_good(self, sessions: Sequence[Mapping[str, Any]]) -> None:
        """Assert that, on the server, the last session of each check really ended well."""
        truth = self._truth()
        ids = {"check": "checkSessionId", "test": "testSessionId"}[self.kind]
        checks = [
            one for one in sessions if not one.get("wholeSession")
        ]  # a whole session that was cancelled ran again
        last = {one["checkId"]: one[ids] for one in sorted(checks, key=lambda one: one["attempt"])}
        assert len(last) == len(self.schedule.outcomes), "a check was forgotten"
        for check_id, session_id in last.items():
            statuses = truth[session_id, check_id]
            assert statuses, "green although it runs"
            assert statuses <= {"PASSED", "DEGRADED", "TIMED_OUT", "CANCELLED"}
            assert not statuses & set(self.schedule.policy["failOn"]), f"green although {statuses}"


@pytest.mark.parametrize("kind", ["check", "test"])
@pytest.mark.parametrize("shard", range(SHARDS // 2))
@pytest.mark.parametrize(
    ("number", "first"),
    [(200, 0), pytest.param(MANY, (SEED + 1) * 1_000, marks=[pytest.mark.long, pytest.mark.timeout(120 + MANY)])],
    ids=["some", "many"],
)
def test_chaos(checklys: list[LocalCheckly], kind: str, shard: int, number: int, first: int) -> None:
    """With any fault, nothing is sent twice, lost, leaked or green without proof, and all of it ends in time."""

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
