"""Make the stories and the browser importable by name; provide the browser to the page tests."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from browser import browser, chromium  # noqa: E402, F401 - fixtures are used by their names
