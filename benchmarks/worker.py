"""
Do in a fresh process what the plugin host does for a trigger and its gate, and tell what that took.

Prints one JSON object: seconds, processor seconds, and the memory above that of an idle host, in MB.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import dill
import grpc
import pulumi.dynamic
from pulumi.runtime import proto

from checkly_dynamic.provider import CheckSessionTriggerProvider, CheckSessionVerdictProvider
from checkly_dynamic.api.transport import budget

IDLE_HOST = (dill, grpc, pulumi.dynamic, proto)  # what it holds, whatever it is asked for


def wait_for(trigger: dict[str, Any]) -> dict[str, Any]:
    """Describe a trigger as the gate's program does."""
    sessions = trigger["sessions"]
    columns = {"checkIds": "checkId", "checkTypes": "checkType", "names": "name"}
    return {
        "sessionIds": trigger["sessionIds"],
        "links": trigger["links"],
        **{name: [session[key] for session in sessions] for name, key in columns.items()},
        "deployVersion": "1",
        "missingCheckIds": [],
        "noMatchAllowed": False,
    }


def main() -> None:
    """Run once."""
    budget.Budget.shared = lambda *_: budget.Budget(10**6)  # what is measured here is our own work
    idle, begin, cpu = memory(), time.monotonic(), time.process_time()
    target = {"matchTags": [[sys.argv[1]]]}
    trigger = (
        CheckSessionTriggerProvider().create({"resourceName": "smoke", "target": target, "deployVersion": "1"}).outs
    )
    verdict = CheckSessionVerdictProvider().create({"resourceName": "passed", "waitFor": [wait_for(trigger)]}).outs
    assert verdict["passed"], verdict["reason"]
    found = {
        "seconds": time.monotonic() - begin,
        "cpu": time.process_time() - cpu,
        "memory": memory() - idle,
        "checks": len(verdict["sessions"]),
    }
    print(json.dumps(found))


def memory() -> float:
    """Return the most memory that this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where getrusage counts what the parent held before it became this process
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


if __name__ == "__main__":
    main()
