"""``python -m checkly_dynamic``: the command line."""

import sys

from checkly_dynamic.cli import main

if __name__ == "__main__":
    sys.exit(main())
