"""What the host loads beside the engine's work."""

from __future__ import annotations

import subprocess
import sys

CONFIGURE = """
import sys, threading
{before}
from pulumi.dynamic import Config, ConfigureRequest
from checkly_dynamic.provider import CheckSessionBarrierProvider
CheckSessionBarrierProvider().configure(ConfigureRequest(Config({{}}, "project")))
for thread in threading.enumerate():
    if thread.name == "checkly-warm-up":
        thread.join()
print("checkly_dynamic.gate" in sys.modules, "urllib3" in sys.modules, "jsonschema" in sys.modules)
"""


def run(before: str = "") -> subprocess.CompletedProcess[str]:
    """Configure a provider in a Python of its own."""
    command = [sys.executable, "-c", CONFIGURE.format(before=before)]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_what_a_create_needs_is_loaded_early():
    """Configuring a provider is enough for the HTTP library to be loaded, but not the validator, which few need."""
    assert run().stdout.strip() == "True True False"


def test_what_cannot_be_loaded_is_not_told_twice():
    """A broken installation is told by the step that needs it, in its own words; loading early says nothing."""
    done = run("sys.modules['urllib3'] = None")
    assert done.stdout.strip() == "False True False"
    assert done.stderr == ""
