"""A simulated Checkly in virtual time, for all tests of a gate."""

import sys
from pathlib import Path

# Tests import `world` and `updates` by name.
sys.path.insert(0, str(Path(__file__).parent))
