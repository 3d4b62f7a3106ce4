"""
The command ``checkly-dynamic``; ``python -m checkly_dynamic`` is the same.

The commands need the extra ``cli``; without it, one line says so.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """
    Run the command line.

    Args:
        arguments: What follows the command's name; by default the arguments of the process.

    Returns:
        The exit code: 0 for good, 1 for bad, 2 if there is no answer.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A check's name may hold characters that this terminal or log cannot show; a report must not end there.
            stream.reconfigure(errors="replace")
    try:
        from checkly_dynamic.cli.commands import run  # noqa: PLC0415 - click and rich are an extra

        return run(arguments)  # a command imports more of the extra
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in ("click", "rich", "junitparser", "jinja2"):
            raise
        print(f"error: {missing} is not installed; run: pip install 'checkly-dynamic[cli]'", file=sys.stderr)
        return 2
