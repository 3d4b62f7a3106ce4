"""
Do in a fresh process what the plugin host does for a trigger and its gate.

Prints ``ready`` when everything is loaded, starts at the first line of standard input, and then prints one JSON object: when the
verdict was known (seconds since 1970), how long both took, the memory above that of an idle host in MB, and the verdict.
"""

import json
import resource
import sys
import time
from pathlib import Path

import dill  # noqa: F401 - an idle host has loaded these
import grpc  # noqa: F401 - as above
import pulumi.dynamic  # noqa: F401 - as above
from pulumi.runtime import proto  # noqa: F401 - as above


def memory() -> float:
    """Return the most memory that this process has held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # Linux, where getrusage counts what the parent held before it became this process
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def main() -> None:
    """Run once, for all checks with the tag ``bench``."""
    idle = memory()
    from checkly_dynamic.provider import CheckSessionTriggerProvider, CheckSessionVerdictProvider  # noqa: PLC0415 - counts

    print("ready", flush=True)
    sys.stdin.readline()
    begin = time.monotonic()
    inputs = {"resourceName": "smoke", "target": {"matchTags": [["bench"]]}, "deployVersion": "1"}
    trigger = CheckSessionTriggerProvider().create(inputs).outs
    wait_for = {
        "sessionIds": trigger["sessionIds"],
        "links": trigger["links"],
        "checkIds": [session["checkId"] for session in trigger["sessions"]],
        "missingCheckIds": [],
        "noMatchAllowed": False,
    }
    verdict = CheckSessionVerdictProvider().create({"resourceName": "passed", "waitFor": [wait_for]}).outs
    known = time.time()
    found = {
        "known": known,
        "seconds": time.monotonic() - begin,
        "memory": memory() - idle,
        "conclusion": verdict["conclusion"],
        "counts": verdict["counts"],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
