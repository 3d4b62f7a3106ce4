"""Fixtures for tests that speak to the real plugin host."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Tests import `plugin` by name.
sys.path.insert(0, str(Path(__file__).parent))

from plugin import Plugin

from checkly_dynamic.emulator.testing import LocalCheckly


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Plugin]]:
    """Return a function that starts a plugin host, which ends with the test; it takes the arguments of :class:`Plugin`."""
    with contextlib.ExitStack() as stack:

        def plugin(**arguments: Any) -> Plugin:
            return stack.enter_context(Plugin(tmp_path, **arguments))

        yield plugin


@pytest.fixture(scope="session")
def running_checkly() -> Iterator[LocalCheckly]:
    """Run one local Checkly for all tests of this folder."""
    with LocalCheckly() as server:
        yield server


@pytest.fixture
def checkly(running_checkly: LocalCheckly) -> LocalCheckly:
    """Return a local Checkly with the demo's checks, which has seen nothing yet."""
    from checkly_dynamic.emulator import scenario

    running_checkly.scenario(scenario.default())
    return running_checkly
