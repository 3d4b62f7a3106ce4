"""
The command ``checkly-dynamic``; ``python -m checkly_dynamic`` is the same.

A door only: the commands need the extra ``cli``, and without it one line says so.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """
    Run the command line.

    Args:
        arguments: What stands behind the command's name; by default what the process was given.

    Returns:
        The exit code: 0 for good, 1 for bad, 2 when the question could not be answered.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A check's name may hold characters that this terminal or log cannot show; a report must not end there.
            stream.reconfigure(errors="replace")
    try:
        from checkly_dynamic.cli.commands import run  # noqa: PLC0415 - click and rich are an extra
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich", "junitparser"):
            raise
        print(f"error: {error.name} is not installed; run: pip install 'checkly-dynamic[cli]'", file=sys.stderr)
        return 2
    return run(arguments)
