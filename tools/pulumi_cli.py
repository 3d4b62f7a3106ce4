"""
Find a usable Pulumi CLI, or get one, and print its folder.

Tried in this order: ``pulumi`` on PATH; the user cache, which all checkouts share; Pulumi's official installer; a build with Go
from the module proxy. The last two fill the cache. Only for POSIX systems.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

VERSION = "3.259.0"
"""The version to install or build; ``pulumi/go.mod`` requires the same one."""

MINIMUM = (3, 216, 0)
"""The oldest version that is accepted on PATH: the oldest SDK that the package allows."""

PARTS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")
"""What the engine needs to run a Python program with dynamic providers."""

NO_INSTALLER = "PULUMI_CLI_NO_INSTALLER"
"""The environment variable that forbids the official installer, which is a script from the internet."""

TOOLS = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "checkly-dynamic"
ENTRY = CACHE / f"pulumi-{VERSION}"
SDK = "github.com/pulumi/pulumi/sdk/v3"
YAML_HOST = "pulumi-language-yaml"
ANALYZER = '#!/bin/sh\nexec "${PULUMI_PYTHON_CMD:-python3}" -u -m pulumi.policy "$1" "$2"\n'


class Unusable(Exception):
    """There is no usable Pulumi CLI, or one source of it failed; the message says why."""


def ensure() -> Path:
    """
    Return the folder of a usable Pulumi CLI, and get one first if there is none.

    Put it on PATH after the virtual environment: it can be a system folder with another Python in it, and the language host that
    is built here ignores ``runtime.options.virtualenv``.

    Raises:
        Unusable: No source worked. The message says why each one failed and what would help.
    """
    tried: list[str] = []
    if folder := _try("on PATH", _on_path, tried) or _try("in the user cache", _cached, tried):
        return folder
    with _lock():
        folder = (
            _try("in the user cache", _cached, [])  # another process may have put it there while this one waited
            or _try("from the official installer", lambda: _fill_cache(_install), tried)
            or _try("built with Go", lambda: _fill_cache(_build), tried)
        )
    if folder:
        return folder
    reasons = "\n".join(f"  - {reason}" for reason in tried)
    oldest = ".".join(map(str, MINIMUM))
    raise Unusable(
        f"no usable Pulumi CLI. Tried:\n{reasons}\nAny one of these helps:\n"
        f"  - install Pulumi {oldest} or newer (https://www.pulumi.com/docs/install/);\n"
        f"  - allow the official installer: connect to the internet and unset {NO_INSTALLER};\n"
        "  - install Go 1.25.11 or newer, with access to a Go module proxy."
    )


def policy_bin() -> Path:
    """
    Return the folder whose CLI runs Python policy packs.

    It is the folder of :func:`ensure`, except for a CLI that was built here: its old language host cannot serve policy packs.
    Without a language host the engine uses an analyzer plugin, so that build has a second folder with the plugin and no
    language host. Programs run inline (Automation API) with it.
    """
    folder = ensure()
    separate = folder.parent / "policy" / "bin"
    return separate if separate.is_dir() else folder


def yaml_bin() -> Path:
    """
    Return the folder of the language host for YAML programs, and build it with Go if the CLI came without one.

    Raises:
        Unusable: There is no CLI, or the host cannot be built.
    """
    folder = ensure()
    cache = ENTRY / "bin"
    places = (folder, cache, *map(Path, os.get_exec_path()))
    if found := next((place for place in places if _runnable(place / YAML_HOST)), None):
        return found
    with _lock(), tempfile.TemporaryDirectory(prefix=f"{ENTRY.name}.new-", dir=CACHE) as scratch:
        if not _runnable(cache / YAML_HOST):
            built = Path(scratch, YAML_HOST)
            _go_build("pulumi_language_yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml", built)
            cache.mkdir(parents=True, exist_ok=True)
            built.rename(cache / YAML_HOST)
    return cache


def sdk_generator() -> Path:
    """
    Return a program that writes SDKs as ``pulumi package gen-sdk`` does, and build it with Go first if there is none.

    The CLI needs a language host for that, and those for Node.js and for current Python are not on the module proxy. Call it
    with a language (``nodejs`` or ``python``), the file of a package schema, and a folder.

    Raises:
        Unusable: It cannot be built.
    """
    generator = ENTRY / "bin" / "generate-sdk"
    with _lock(), tempfile.TemporaryDirectory(prefix=f"{ENTRY.name}.new-", dir=CACHE) as scratch:
        if not _runnable(generator):
            built = Path(scratch, generator.name)
            _go_build("pulumi", "./generate_sdk", built)
            generator.parent.mkdir(parents=True, exist_ok=True)
            built.rename(generator)
    return generator


def _try(where: str, get: Callable[[], Path], tried: list[str]) -> Path | None:
    try:
        folder = get()
    except Unusable as reason:
        tried.append(f"{where}: {reason}")
        return None
    _say(f"using the Pulumi CLI {where}: {folder}")
    return folder


def _on_path() -> Path:
    found = shutil.which("pulumi")
    if found is None:
        raise Unusable("there is no `pulumi`")
    # Package managers link the command alone; the plugins are beside the file that the link points to.
    real = Path(found).resolve()
    return _checked(real.parent if real.name == "pulumi" else Path(found).absolute().parent)


def _cached() -> Path:
    return _checked(ENTRY / "bin", exactly=VERSION)


def _checked(folder: Path, *, exactly: str = "") -> Path:
    """Return a folder if its CLI runs and is complete; an exact version must have all parts in the folder itself."""
    missing = [part for part in PARTS if not _runnable(folder / part) and (exactly or shutil.which(part) is None)]
    if missing:
        raise Unusable(f"{folder} has no {' and no '.join(missing)}" + ("" if exactly else ", and PATH neither"))
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        command = [str(folder / "pulumi"), "version"]
        try:
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
        except (OSError, subprocess.SubprocessError) as error:
            raise Unusable(f"{folder / 'pulumi'} does not run: {error}") from None
    version = done.stdout.strip().removeprefix("v")
    numbers = re.match(r"(\d+)\.(\d+)\.(\d+)", version)
    if numbers is None or tuple(map(int, numbers.groups())) < MINIMUM or version != (exactly or version):
        needed = exactly or f"{'.'.join(map(str, MINIMUM))} or newer"
        raise Unusable(f"{folder / 'pulumi'} is version {version!r}; needed is {needed}")
    return folder


def _runnable(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK) and path.stat().st_size > 0


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Let one process at a time fill the cache. The system releases the lock when its holder dies."""
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        lock = (CACHE / f"{ENTRY.name}.lock").open("w")
    except OSError as error:
        raise Unusable(f"the user cache is not writable: {error}; set XDG_CACHE_HOME to another folder") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another process is getting the Pulumi CLI; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in CACHE.glob(f"{ENTRY.name}.new-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        yield


def _fill_cache(get: Callable[[Path], None]) -> Path:
    """Fill a new folder, test it, and move it into the cache in one step, so that nobody sees half of it."""
    with tempfile.TemporaryDirectory(prefix=f"{ENTRY.name}.new-", dir=CACHE) as scratch:
        new = Path(scratch, "entry")
        new.mkdir()
        get(new)
        _checked(new / "bin", exactly=VERSION)
        if ENTRY.exists():
            ENTRY.rename(Path(scratch, "broken"))
        new.rename(ENTRY)
    return ENTRY / "bin"


def _install(entry: Path) -> None:
    if os.environ.get(NO_INSTALLER):
        raise Unusable(f"{NO_INSTALLER} is set")
    _say(f"installing Pulumi {VERSION}")
    socket.setdefaulttimeout(20)  # the SDK downloads its installer without a time limit
    try:
        from pulumi.automation import PulumiCommand  # noqa: PLC0415 - may be missing
        from semver import VersionInfo  # noqa: PLC0415 - comes with pulumi

        PulumiCommand.install(root=str(entry), version=VersionInfo.parse(VERSION))
    except Exception as error:  # noqa: BLE001 - whatever happened, a build with Go may work
        raise Unusable(f"{type(error).__name__}: {error}") from None
    finally:
        socket.setdefaulttimeout(None)


def _build(entry: Path) -> None:
    target = entry / "bin"
    _go_build("pulumi_language_python", f"{SDK}/python/cmd/pulumi-language-python", target / "pulumi-language-python")
    stamp = f"-ldflags=-w -s -X {SDK}/go/common/version.Version=v{VERSION}"
    flags = ("-tags=osusergo,grpcnotrace", stamp)
    _go_build("pulumi", "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi", target / "pulumi", *flags)
    sources = Path(_go("list", "-mod=readonly", "-m", "-f", "{{.Dir}}", SDK, module="pulumi"))
    for script in ("python/dist/pulumi-resource-pulumi-python", "python/cmd/pulumi-language-python-exec"):
        shutil.copyfile(sources / script, target / Path(script).name)
        (target / Path(script).name).chmod(0o755)
    policy = entry / "policy" / "bin"
    policy.mkdir(parents=True)
    os.link(target / "pulumi", policy / "pulumi")  # no symbolic link: the CLI looks for plugins beside its target
    shutil.copy2(target / "pulumi-resource-pulumi-python", policy)
    (policy / "pulumi-analyzer-policy-python").write_text(ANALYZER)
    (policy / "pulumi-analyzer-policy-python").chmod(0o755)


def _go_build(module: str, package: str, target: Path, *flags: str) -> None:
    _say(f"building {target.name} with Go; the first time takes minutes")
    _go("build", "-mod=readonly", *flags, "-o", str(target), package, module=module)  # readonly: go.sum stays as it is


def _go(*arguments: str, module: str) -> str:
    """Run Go in the folder of one of the modules beside this file; its progress and errors go to standard error."""
    if shutil.which("go") is None:
        raise Unusable("there is no `go` on PATH")
    env = {**os.environ, "GOWORK": "off"}  # a workspace around the checkout must not change what is built
    done = subprocess.run(
        ["go", *arguments], cwd=TOOLS / module, env=env, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise Unusable(f"go {arguments[0]} failed with exit code {done.returncode}; its messages are above")
    return done.stdout.strip()


def _say(text: str) -> None:
    print(f"pulumi_cli: {text}", file=sys.stderr, flush=True)


def main() -> int:
    """Print the folder on standard output and progress on standard error."""
    parser = argparse.ArgumentParser(description="Find a usable Pulumi CLI, or get one, and print its folder.")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--policy", action="store_true", help="print the folder whose CLI runs policy packs")
    which.add_argument("--yaml", action="store_true", help="print the folder of the language host for YAML programs")
    options = parser.parse_args()
    try:
        print(policy_bin() if options.policy else yaml_bin() if options.yaml else ensure())
    except Unusable as problem:
        _say(f"error: {problem}")
        return 1
    except KeyboardInterrupt:
        _say("interrupted; nothing incomplete stays in the cache")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
