"""
The plugin host as a place to live in: its stderr, its engine, and the way it shows errors.

Knows how Pulumi runs dynamic providers, but needs nothing of Pulumi.
"""

from __future__ import annotations

import contextlib
import gc
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, NoReturn

from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import ChecklyError

__all__ = ["clean_errors", "engine_address", "reachable", "say_for", "warm_up"]


def say_for(inputs: Mapping[str, Any]) -> Callable[[str], None]:
    """
    Return what prints one whole line on the host's stderr, which the engine shows on the stack's row.

    Args:
        inputs: The resource's properties; ``resourceName`` stands before each line.

    Returns:
        A function of a text. It never raises: when the engine was killed, nobody listens any more.
    """
    name = str(inputs.get("resourceName") or "checkly")

    def say(line: str) -> None:
        with _SPEAKING, contextlib.suppress(OSError, ValueError):
            sys.stderr.write(printable(f"{name}: {line}", limit=_LONGEST_LINE) + "\n")
            sys.stderr.flush()

    return say


_SPEAKING = threading.Lock()
_LONGEST_LINE = 2_000


def warm_up(*rooms: str) -> None:
    """Load what will be needed beside the engine's own work; whoever needs it earlier waits for it, as for any import."""
    with contextlib.suppress(RuntimeError):  # no more threads to be had
        threading.Thread(target=_load, args=rooms, name="checkly-warm-up", daemon=True).start()


def _load(*rooms: str) -> None:
    """
    Load rooms, and let the garbage collector leave alone what stands by then.

    That is Pulumi, gRPC and we: modules, which live as long as the process. The engine waits for the host's end, in which Python
    would search all of them for cycles several times, for longer than everything else that this library costs a deployment.
    """
    with contextlib.suppress(Exception):  # a create meets the same error, and tells it
        for room in rooms:
            import_module(f"checkly_dynamic.{room}")
        if not gc.get_freeze_count():
            gc.freeze()


def engine_address() -> tuple[str, int] | None:
    """Return the engine's address, which is the last argument of the plugin host."""
    host, _, port = sys.argv[-1].rpartition(":")
    return (host, int(port)) if host and port.isdecimal() else None


def reachable(address: tuple[str, int] | None) -> tuple[str, int] | None:
    """Return an address when it accepts a connection now, otherwise None; also when it is no address at all."""
    if address is None:
        return None
    try:
        socket.create_connection(address, timeout=2).close()
    except (OSError, ValueError, OverflowError):
        return None
    return address


@contextlib.contextmanager
def clean_errors() -> Iterator[None]:
    """Show an expected error as one clean line; an unexpected one keeps its traceback."""
    try:
        yield
    except ChecklyError as error:
        expected = error
    else:
        return
    _raise_clean(expected)


def _raise_clean(error: ChecklyError) -> NoReturn:
    """
    Raise an error so that the host prints ``Name: message`` and nothing else.

    The host sends ``traceback.format_exc()`` to the user. Without a traceback limit and a class that seems to be built in, that
    is a page of Python. The limit is process-wide and cannot be set back without racing the host, so it is set only here.
    """
    sys.tracebacklimit = 0
    plain = type(type(error).__name__, (RuntimeError,), {"__module__": "builtins"})
    raise plain(str(error)) from None
