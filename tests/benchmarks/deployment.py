"""
One deployment of many: run a trigger and its gate in a process of its own, when told to on standard input.

Prints ``ready`` once everything is imported, and in the end how the verdict counts its sessions.
"""

from __future__ import annotations

import json
import sys

from checkly_dynamic.core import gate, trigger  # noqa: F401 - loaded before it is ready, so that all begin at once
from checkly_dynamic.provider import CheckSessionTriggerProvider, CheckSessionVerdictProvider

print("ready", flush=True)
sys.stdin.readline()
started = CheckSessionTriggerProvider().create({"resourceName": "smoke", "target": {"matchTags": [["bench"]]}}).outs
wait_for = [
    {
        "sessionIds": started["sessionIds"],
        "links": started["links"],
        "checkIds": [session["checkId"] for session in started["sessions"]],
        "missingCheckIds": [],
        "noMatchAllowed": False,
    }
]
verdict = CheckSessionVerdictProvider().create({"resourceName": "passed", "waitFor": wait_for}).outs
print(json.dumps({"conclusion": verdict["conclusion"], "counts": verdict["counts"]}))
