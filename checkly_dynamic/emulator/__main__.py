"""``python -m checkly_dynamic.emulator``: the same command as ``checkly-dynamic emulator``."""

import sys

from checkly_dynamic.emulator import INSTALL

try:
    from checkly_dynamic.emulator.command import emulator
except ModuleNotFoundError as error:
    print(f"error: {error.name} is not installed; run: {INSTALL}", file=sys.stderr)
    sys.exit(2)

if __name__ == "__main__":
    emulator(prog_name="python -m checkly_dynamic.emulator")
