"""The local Checklys of the schedules."""

import contextlib
from collections.abc import Iterator

import pytest
from operating import clean_environment  # noqa: F401 - a fixture of all these tests

from checkly_dynamic.emulator.testing import LocalCheckly

AT_ONCE = 4
"""The number of schedules that are played at once, because they mostly wait."""


@pytest.fixture(scope="session")
def checklys() -> Iterator[list[LocalCheckly]]:
    """Run local Checklys, forty times faster than real time."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(LocalCheckly({"checks": []}, speed=40)) for _ in range(AT_ONCE)]
