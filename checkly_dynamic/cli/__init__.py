"""The command ``checkly-dynamic``. It needs the extra ``cli``; without it, one line says what to install."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line, by default with the arguments of the process, and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A check's name can have characters that this terminal or log cannot show.
            stream.reconfigure(errors="replace")
    try:
        from checkly_dynamic.cli.commands import run  # noqa: PLC0415 - click is in an extra

        return run(arguments)
    except ModuleNotFoundError as error:
        extra = "emulator" if "emulator" in (arguments or sys.argv) else "cli"
        print(f"error: {error.name} is not installed; run: pip install 'checkly-dynamic[{extra}]'", file=sys.stderr)
        return 2
