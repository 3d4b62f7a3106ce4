"""
Find a usable Pulumi CLI, or get one, and print its folder.

Tried in this order: ``pulumi`` on PATH; the user cache, which all checkouts share; Pulumi's official installer; a build with Go
from the module proxy. The last two fill the cache. Only for POSIX systems.
"""

import contextlib
import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

# The version to install or build; ``pulumi/go.mod`` requires the same one.
VERSION = "3.259.0"
# The oldest version that is accepted on PATH: the oldest SDK that the package allows.
MINIMUM = (3, 216, 0)
# What the engine needs to run a Python program with dynamic providers.
PARTS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec", "pulumi-resource-pulumi-python")
# The environment variable that forbids the official installer, which is a script from the internet.
NO_INSTALLER = "PULUMI_CLI_NO_INSTALLER"
HELP = f"""Any one of these helps:
  - install Pulumi {".".join(map(str, MINIMUM))} or newer (https://www.pulumi.com/docs/install/);
  - allow the official installer: connect to the internet and unset {NO_INSTALLER};
  - install Go 1.25.11 or newer, with access to a Go module proxy."""

TOOLS = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache").absolute() / "checkly-dynamic"
ENTRY = CACHE / f"pulumi-{VERSION}"
BIN = ENTRY / "bin"
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
    """
    sources: dict[str, Callable[[], Path]] = {
        "on PATH": _on_path,
        "in the user cache": lambda: _checked(BIN),
        "from the official installer": lambda: _fill_cache(_install),
        "built with Go": lambda: _fill_cache(_build),
    }
    tried = []
    for where, find in sources.items():
        try:
            folder = find()
        except Unusable as reason:
            tried.append(f"  - {where}: {reason}")
        else:
            _say(f"using the Pulumi CLI {where}: {folder}")
            return folder
    raise Unusable("\n".join(["no usable Pulumi CLI. Tried:", *tried, HELP]))


def policy_bin() -> Path:
    """
    Return the folder whose CLI runs Python policy packs.

    The language host that is built here cannot serve them. Without a language host the engine uses an analyzer plugin, so that
    build has a second folder with the plugin and no language host. Programs run inline (Automation API) with it.
    """
    folder = ensure()
    separate = folder.parent / "policy" / "bin"
    return separate if separate.is_dir() else folder


def yaml_bin() -> Path:
    """Return the folder of the language host for YAML programs, and build it with Go if the CLI came without one."""
    if found := _which(YAML_HOST, ensure()):
        return Path(found).parent
    return _built(YAML_HOST, "pulumi_language_yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml").parent


def sdk_generator() -> Path:
    """
    Return a program that writes SDKs as ``pulumi package gen-sdk`` does, and build it with Go first if there is none.

    The CLI needs a language host for that, and those for Node.js and for current Python are not on the module proxy.
    """
    return _built("generate-sdk", "pulumi", "./generate_sdk")


def _on_path() -> Path:
    found = shutil.which("pulumi")
    if found is None:
        raise Unusable("there is no `pulumi`")
    # Package managers link the command alone; the plugins are beside the file that the link points to.
    real = Path(found).resolve()
    return _checked(real.parent if real.name == "pulumi" else Path(found).absolute().parent)


def _checked(folder: Path) -> Path:
    """Return a folder if its CLI runs, is new enough, and finds its plugins in the folder itself or on PATH."""
    missing = [part for part in PARTS if _which(part, folder) is None]
    if missing:
        raise Unusable(f"{folder} has no {' and no '.join(missing)}")
    cli = folder / "pulumi"
    env = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run([cli, "version"], env=env, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise Unusable(f"{cli} does not run: {error}") from None
    numbers = re.match(r"v?(\d+)\.(\d+)\.(\d+)", done.stdout)
    if numbers is None or tuple(map(int, numbers.groups())) < MINIMUM:
        raise Unusable(f"{cli} is version {done.stdout.strip()!r}; needed is {'.'.join(map(str, MINIMUM))} or newer")
    return folder


def _which(program: str, folder: Path) -> str | None:
    """Find a program in a folder, or else on PATH."""
    return shutil.which(program, path=os.pathsep.join([str(folder), *os.get_exec_path()]))


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """Let one process at a time fill the cache. The system releases the lock when its holder dies."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{ENTRY.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fill_cache(get: Callable[[Path], None]) -> Path:
    """Fill a new folder, test it, and move it into the cache in one step, so that nobody sees half of it."""
    new = ENTRY.with_name(f"{ENTRY.name}.new")
    with _lock():
        with contextlib.suppress(Unusable):
            return _checked(BIN)  # another process has put it there while this one waited
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        get(new)
        _checked(new / "bin")
        shutil.rmtree(ENTRY, ignore_errors=True)
        new.rename(ENTRY)
    return BIN


def _built(name: str, module: str, package: str) -> Path:
    """Return a program in the cache; build it with Go first if it is missing."""
    with _lock():
        if not (BIN / name).exists():
            new = BIN / f"{name}.new"
            _go_build(module, package, new)
            new.rename(BIN / name)
    return BIN / name


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
        _write_script(target / Path(script).name, (sources / script).read_text())
    policy = entry / "policy" / "bin"
    policy.mkdir(parents=True)
    os.link(target / "pulumi", policy / "pulumi")  # no symbolic link: the CLI looks for plugins beside its target
    shutil.copy2(target / "pulumi-resource-pulumi-python", policy)
    _write_script(policy / "pulumi-analyzer-policy-python", ANALYZER)


def _write_script(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def _go_build(module: str, package: str, target: Path, *flags: str) -> None:
    _say(f"building {target.name} with Go; the first time takes minutes")
    _go("build", "-mod=readonly", *flags, "-o", str(target), package, module=module)  # readonly: go.sum stays as it is


def _go(*arguments: str, module: str) -> str:
    """Run Go in the folder of a module beside this file; its progress and errors go to standard error."""
    env = {**os.environ, "GOWORK": "off"}  # a workspace around the checkout must not change what is built
    command = ["go", *arguments]
    try:
        done = subprocess.run(command, cwd=TOOLS / module, env=env, stdout=subprocess.PIPE, text=True, check=True)
    except FileNotFoundError:
        raise Unusable("there is no `go` on PATH") from None
    except subprocess.CalledProcessError as error:
        raise Unusable(f"go {arguments[0]} failed with exit code {error.returncode}; its messages are above") from None
    return done.stdout.strip()


def _say(text: str) -> None:
    print(f"pulumi_cli: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        print(ensure())
    except Unusable as problem:
        sys.exit(f"pulumi_cli: error: {problem}")
