"""Which libraries do the work, and where they are loaded."""

from __future__ import annotations

import subprocess
import sys

from plugin import BARRIER, TRIGGER, VERDICT

COUNTING_HOST = """
import os, runpy, sys
import jsonschema, requests

def counted(owner, name):
    real = getattr(owner, name)
    def call(*args, **kwargs):
        os.write(2, f"{owner.__module__}.{name}\\n".encode())
        return real(*args, **kwargs)
    setattr(owner, name, call)

counted(requests.Session, "send")
counted(jsonschema.Draft202012Validator, "iter_errors")
runpy.run_module("pulumi.dynamic", run_name="__main__", alter_sys=True)
"""


def test_requests_and_jsonschema_do_the_work(start, checkly):
    """On a green run every request is sent by requests, and every input and payload is validated by jsonschema."""
    checkly.scenario({"checks": [{"name": "home", "tags": ["smoke"], "outcomes": ["PASSED"], "seconds": 0.1}]})
    host = start(env=checkly.env, start=("-c", COUNTING_HOST))
    inputs = {"target": {"matchTags": [["smoke"]]}}
    assert host.check(inputs) == []
    _, trigger = host.create(inputs, TRIGGER)
    gate = {"waitFor": [{"sessionIds": trigger["sessionIds"], "links": trigger["links"]}], "timeoutSeconds": 10.0}
    assert host.check(gate, VERDICT) == []
    _, verdict = host.create(gate, VERDICT)
    assert verdict["passed"] is True
    host.create({"passed": True}, BARRIER)
    used = host.stderr.splitlines()
    assert used.count("requests.sessions.send") == len(checkly.requests) == 2
    assert used.count("jsonschema.validators.iter_errors") >= 5, "check and create of both, and the request's body"


def test_a_program_loads_neither():
    """``import checkly_dynamic`` costs a Pulumi program neither requests nor jsonschema."""
    ask = "import checkly_dynamic, sys; print(sorted({'requests', 'urllib3', 'jsonschema'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
