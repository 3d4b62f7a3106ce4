"""
Find a usable Pulumi CLI on this machine, or get one.

A CLI is usable when ``pulumi version`` runs and the parts that a Python program needs are there: the language host with
its executor, and the host of dynamic providers. These ways are tried in this order:

1. ``pulumi`` on PATH;
2. one that an earlier run put into the user cache, which all checkouts share;
3. Pulumi's official installer, through the Automation API (needs internet);
4. a build with Go from the module proxy (see :mod:`pulumi_build`).

Run as a script it prints the folder on standard output and what it does on standard error. It knows POSIX systems only.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import functools
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pulumi_build
import pulumi_install
from pulumi_check import MINIMUM, check, on_path
from pulumi_process import Unusable, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VERSION = "3.259.0"
"""The version that is installed or built; the Go modules beside this file require the same one."""

DOCS = "https://www.pulumi.com/docs/install/"


def ensure() -> Path:
    """
    Return the folder of a usable Pulumi CLI, getting one first when there is none.

    The folder belongs on PATH behind the virtual environment's: it may be a system folder, with another Python in it.

    Returns:
        The folder that holds ``pulumi`` and the Python language host.

    Raises:
        Unusable: No way worked. The text names every way, why it failed and what would help.
    """
    reasons: list[str] = []
    for name, look in (("found on PATH", on_path), ("found in the user cache", cached)):
        if folder := _attempt(name, look, reasons):
            return folder
    with _locked():
        # Another checkout may have finished the work while this one waited for the lock.
        with contextlib.suppress(Unusable):
            folder = cached()
            say(f"using the Pulumi CLI that another run has put into the user cache: {folder}")
            return folder
        for name, get in (
            ("by the official installer", pulumi_install.install),
            ("by a build with Go", pulumi_build.build),
        ):
            say(f"getting Pulumi CLI {VERSION} {name}")
            if folder := _attempt(f"got {name}", functools.partial(_new_entry, get), reasons):
                return folder
    raise Unusable(_all_ways(reasons))


def _attempt(name: str, way: Callable[[], Path], reasons: list[str]) -> Path | None:
    try:
        folder = way()
    except Unusable as reason:
        say(f"not {name}: {reason}")
        reasons.append(f"not {name}: {reason}")
        return None
    say(f"using the Pulumi CLI {name}: {folder}")
    return folder


def policy_bin() -> Path:
    """
    Return a folder from which the CLI runs Python policy packs.

    An official language host serves policy packs itself; the one that can be built here is too old for that. Without a
    language host the engine falls back to an analyzer plugin, so the build makes a second folder, which holds that
    plugin and no language host. Programs that use it run inline (Automation API), with no language host on PATH.

    Returns:
        The folder beside the one of :func:`ensure` when the CLI was built here, else the same one.
    """
    folder = ensure()
    separate = folder.parent / "policy" / "bin"
    return separate if separate.is_dir() else folder


def cached() -> Path:
    """
    Return the folder of the CLI in the user cache.

    Raises:
        Unusable: There is none, or it is broken.
    """
    folder = _entry() / "bin"
    if not folder.is_dir():
        raise Unusable(f"{folder} does not exist")
    check(folder, exactly=VERSION)
    return folder


def _cache() -> Path:
    # The XDG rule: an empty or relative value counts as not set.
    configured = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(configured) if configured.startswith("/") else Path.home() / ".cache") / "checkly-dynamic"


def _entry() -> Path:
    return _cache() / f"pulumi-{VERSION}"


@contextlib.contextmanager
def _locked() -> Iterator[None]:
    """Let one process at a time get a CLI. The system frees the lock when its holder dies, however that happens."""
    try:
        _cache().mkdir(parents=True, exist_ok=True)
        lock = _entry().with_name(f"pulumi-{VERSION}.lock").open("w")
    except OSError as error:
        raise Unusable(f"the user cache cannot be written: {error}; set XDG_CACHE_HOME to a folder that can") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another run is getting the Pulumi CLI; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _new_entry(get: Callable[[Path, str], None]) -> Path:
    """
    Make a new entry of the cache, and return its folder when it has been found good.

    It appears in one rename, so that nobody ever sees half of one. Call it under the lock.
    """
    for leftover in _cache().glob(f"pulumi-{VERSION}.new-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"pulumi-{VERSION}.new-", dir=_cache()) as scratch:
        entry = Path(scratch, "entry")
        entry.mkdir()
        get(entry, VERSION)
        check(entry / "bin", exactly=VERSION)
        if _entry().exists():
            _entry().rename(Path(scratch, "broken"))
        entry.rename(_entry())
    return cached()


def _all_ways(reasons: list[str]) -> str:
    tried = "\n".join(f"  - {reason}" for reason in reasons)
    return (
        f"there is no usable Pulumi CLI, and none could be got. Tried:\n{tried}\n"
        "Any one of these helps:\n"
        f"  - install Pulumi {'.'.join(map(str, MINIMUM))} or newer, so that `pulumi` and `pulumi-language-python` "
        f"are on PATH ({DOCS});\n"
        "  - connect this machine to the internet, so that the official installer can run "
        f"(and unset {pulumi_install.FORBIDDEN});\n"
        f"  - install Go {pulumi_build.GO} or newer and let it reach a Go module proxy; the CLI is then built, once, "
        "in five to ten minutes."
    )


def main() -> int:
    """Print the folder of a usable CLI as the only line on standard output."""
    parser = argparse.ArgumentParser(description="Find a usable Pulumi CLI, or get one, and print its folder.")
    parser.add_argument("--policy", action="store_true", help="print the folder from which policy packs can be run")
    arguments = parser.parse_args()
    try:
        print(policy_bin() if arguments.policy else ensure())
    except Unusable as problem:
        say(f"error: {problem}")
        return 1
    except KeyboardInterrupt:
        say("interrupted; what was done so far is kept by Go's own cache")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
