"""``python -m checkly_dynamic.emulator``: start the local Checkly, see :mod:`checkly_dynamic.emulator.command`."""

import sys

if __name__ == "__main__":
    try:
        from checkly_dynamic.emulator.command import main
    except ModuleNotFoundError as error:
        sys.exit(f"error: {error.name} is not installed; run: pip install 'checkly-dynamic[emulator]'")
    sys.exit(main())
