"""What the host loads beside the engine's work."""

from __future__ import annotations

import subprocess
import sys

import pytest

CONFIGURE = """
import gc, sys, threading
{before}
from pulumi.dynamic import Config, ConfigureRequest
from checkly_dynamic import provider
def loaded():
    for thread in threading.enumerate():
        if thread.name == "checkly-warm-up":
            thread.join()
request = ConfigureRequest(Config({{"checkly:apiKey": "cu_key", "checkly:accountId": "{account}"}}, "project"))
it = provider.CheckSession{what}Provider()
it.configure(request)
{after}
loaded()
print(*(room for room in ("trigger", "gate") if "checkly_dynamic." + room in sys.modules))
print(*(library for library in ("urllib3", "requests", "stamina", "jsonschema") if library in sys.modules))
print("frozen" if gc.get_freeze_count() else "")
"""

CREATE = """
from checkly_dynamic.core import trigger
trigger.start = lambda *_, **__: {}
assert "checkly_dynamic.core.gate" not in sys.modules
it.create({"resourceName": "smoke", "target": {"matchTags": [["a"]]}})
"""


def run(what: str, *, before: str = "", after: str = "") -> list[str]:
    """Configure a provider in a Python of its own; return which of our rooms, and which libraries, are loaded then."""
    code = CONFIGURE.format(what=what, before=before, after=after, account="00000000-0000-0000-0000-000000000000")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("what", "rooms", "libraries", "frozen"),
    [("Trigger", "trigger", "urllib3", "frozen"), ("Verdict", "gate", "urllib3", "frozen"), ("Barrier", "", "", "")],
)
def test_what_a_create_needs_is_loaded_early(what, rooms, libraries, frozen):
    """Configuring a provider is enough for its room to be loaded, but not for what few need; the host's end has less to do."""
    assert run(what) == [rooms, libraries, frozen]


AGAIN = """
import weakref
class Loop: pass
loaded()
loop = Loop()
loop.itself = loop
gone = weakref.ref(loop)
it.configure(request)
loaded()
del loop
gc.collect()
assert gone() is None
"""


def test_the_collector_goes_on_for_what_comes_later():
    """Only what stands when the host has loaded is left alone, once: what later resources make is collected as ever."""
    assert run("Trigger", after=AGAIN)[-1] == "frozen"


def test_a_gate_is_loaded_behind_its_trigger():
    """What the gate needs is loaded when the trigger's request is through, and not beside it, where it would delay it."""
    assert run("Trigger", after=CREATE) == ["trigger gate", "urllib3", "frozen"]


NO_THREADS = """
def start(thread):
    raise RuntimeError("can't start new thread")
threading.Thread.start = start
"""


def test_without_a_thread_nothing_is_loaded_early():
    """Where no thread can be started the step that needs it loads it; what a request has started is not lost for that."""
    assert run("Trigger", before=NO_THREADS) == ["", "", ""]


def test_what_cannot_be_loaded_is_not_told_twice():
    """A broken installation is told by the step that needs it, in its own words; loading early says nothing."""
    assert run("Trigger", before="sys.modules['urllib3'] = None") == ["", "urllib3", ""]
