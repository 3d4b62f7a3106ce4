"""A pretended Checkly in virtual time, for tests of everything that a gate does."""

import sys
from pathlib import Path

import pytest

# Tests import `world` by name.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def spoken():
    """Give a list that collects what was said to people."""
    return []
