"""Fixtures for tests that speak to a provider process without an engine."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from plugin import NATIVE_PROVIDER, Engine, Plugin

from checkly_dynamic.emulator.testing import LocalCheckly


@pytest.fixture
def start() -> Iterator[Callable[..., Plugin]]:
    """Return a function that starts a provider with the arguments of :class:`Plugin`; it ends with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *command, **arguments: stack.enter_context(Plugin(*command, **arguments))


@pytest.fixture
def native(start: Callable[..., Plugin]) -> Callable[..., Plugin]:
    """Return a function that starts the native provider."""
    return functools.partial(start, NATIVE_PROVIDER)


@pytest.fixture
def engine() -> Iterator[Engine]:
    """Run an engine that keeps the messages that it is told to show."""
    with Engine() as listening:
        yield listening


@pytest.fixture
def make_checkly() -> Iterator[Callable[..., LocalCheckly]]:
    """Return a function that starts a local Checkly with some checks; it ends with the test."""
    with contextlib.ExitStack() as stack:

        def make(*checks: dict[str, Any], **more: Any) -> LocalCheckly:
            return stack.enter_context(LocalCheckly(scenario={"checks": list(checks), **more}))

        yield make


@pytest.fixture
def checkly() -> Iterator[LocalCheckly]:
    """Run a local Checkly with the demo's checks."""
    with LocalCheckly() as server:
        yield server
