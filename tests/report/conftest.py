"""Fixtures for tests of reports: the stories, and a headless browser."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Tests import `report_cases` and `browser` by name.
sys.path.insert(0, str(Path(__file__).parent))

from browser import Browser, missing_programs


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Return a headless Chromium, shared by all tests of a run; each test opens its own page."""
    missing = missing_programs()
    if missing and not os.environ.get("CI"):
        pytest.skip(f"needs {' and '.join(missing)}; with CI set this is a failure")
    with Browser() as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """Return the browser with nothing emulated and no messages left from the test before."""
    chromium.reset()
    return chromium
