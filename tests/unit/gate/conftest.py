"""A pretended Checkly in virtual time, for tests of everything that a gate does."""

import sys
from pathlib import Path

# Tests import `world` and `updates` by name.
sys.path.insert(0, str(Path(__file__).parent))
