"""What all tests share: names of cases that are the same in every process."""

import os
import re
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is no failure: how long an example takes says nothing about what it shows.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

# A shell that runs these tests in the background makes them ignore Ctrl-C, and so would all the programs that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object) -> str | None:
    """
    Name a case without the address that an object's ``repr`` may hold.

    Parallel runs compare the names that each of their processes collects.
    """
    shown = repr(val)
    return re.sub(r" at 0x[0-9a-f]+", "", shown) if re.search(r" at 0x[0-9a-f]+", shown) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let each of the parallel processes begin with its share of the slow modules, so that none of them is left for the end."""
    modules: dict[Path, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.path, []).append(item)
    slow = ("packaging", "engine", "docs", "chaos")
    ordered = sorted(modules, key=lambda path: slow.index(path.parent.name) if path.parent.name in slow else len(slow))
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    items[:] = [item for first in range(processes) for path in ordered[first::processes] for item in modules[path]]


@pytest.fixture(autouse=True)
def whole_tracebacks():
    """Undo what a provider's expected error does to its process, where Pulumi's mocks need the whole stack of calls."""
    yield
    vars(sys).pop("tracebacklimit", None)
