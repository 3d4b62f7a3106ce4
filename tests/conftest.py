"""Shared by all tests: settings that make a result independent of the machine and of earlier tests."""

import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is not a failure: the result of an example does not depend on its duration.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# A shell that runs these tests in the background makes them ignore Ctrl-C, and so would all the programs that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def whole_tracebacks():
    """Undo what a provider's expected error does to its process, where Pulumi's mocks need the whole stack of calls."""
    yield
    vars(sys).pop("tracebacklimit", None)
