"""Fixtures for tests that speak to the native provider without an engine."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Tests import `native_plugin`, and the engine of tests/wire, by name.
sys.path += [str(Path(__file__).parent), str(Path(__file__).parents[1] / "wire")]

from engine import Engine
from native_plugin import NativePlugin

from checkly_dynamic.emulator.testing import LocalCheckly


@pytest.fixture
def start() -> Iterator[Callable[..., NativePlugin]]:
    """Return a function that starts a provider, which ends with the test; it takes the arguments of NativePlugin."""
    with contextlib.ExitStack() as stack:
        yield lambda **arguments: stack.enter_context(NativePlugin(**arguments))


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Run an engine that keeps what it is told to show."""
    with Engine() as listening:
        yield listening


@pytest.fixture
def make_checkly() -> Iterator[Callable[..., Any]]:
    """Return a function that starts a local Checkly with these checks, which ends with the test."""
    with contextlib.ExitStack() as stack:

        def make(*checks: dict[str, Any], **more: Any) -> LocalCheckly:
            return stack.enter_context(LocalCheckly(scenario={"checks": list(checks), **more}))

        yield make
