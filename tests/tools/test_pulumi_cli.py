"""How a Pulumi CLI is found or got, on simulated machines: fake executables and a fake Go."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pulumi_cli
import pytest

TOOLS = Path(pulumi_cli.__file__).parent
HOST, EXECUTOR, DYNAMIC = pulumi_cli.PARTS[1:]

FAKE_GO = """
    import pathlib, sys
    folder = pathlib.Path(__file__).parent
    arguments = sys.argv[1:]
    if arguments[0] == "list":
        print(folder / "sdk")
        sys.exit()
    version = next((flag.rpartition("=v")[2] for flag in arguments if flag.startswith("-ldflags")), "")
    target = pathlib.Path(arguments[arguments.index("-o") + 1])
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"#!/bin/sh\\necho v{version}\\n")
    target.chmod(0o755)
"""


def executable(path, text="exit 0"):
    """Write a shell script."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


class Machine:
    """A machine with a PATH, a user cache, and nothing else until a test says so."""

    def __init__(self, folder):
        self.path = folder / "path"
        self.path.mkdir()
        self.cached = folder / "cache" / "checkly-dynamic" / f"pulumi-{pulumi_cli.VERSION}" / "bin"
        self.env = {"PATH": str(self.path), "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
        self.env[pulumi_cli.NO_INSTALLER] = "1"

    def add_cli(self, folder, version=pulumi_cli.VERSION):
        """Put a complete CLI into a folder."""
        for name in pulumi_cli.PARTS:
            executable(folder / name, f"echo v{version}")
        return folder

    def add_go(self):
        """Put a Go on PATH that makes fake executables."""
        executable(self.path / "go")
        (self.path / "go").write_text(f"#!{sys.executable}\n{textwrap.dedent(FAKE_GO)}")
        executable(self.path / "sdk" / "python" / "dist" / DYNAMIC)
        executable(self.path / "sdk" / "python" / "cmd" / EXECUTOR)

    def run(self, expect=0):
        """Run the script to its end; return the folder it printed and its messages."""
        command = [sys.executable, TOOLS / "pulumi_cli.py"]
        done = subprocess.run(
            command, env=self.env, cwd=self.path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == expect, done.stderr
        assert "Traceback" not in done.stderr
        return Path(done.stdout.strip()), done.stderr


@pytest.fixture
def machine(tmp_path):
    """Return a machine without a CLI and without a source of one."""
    return Machine(tmp_path)


def test_a_cli_on_path_comes_first(machine):
    """A person's own CLI is used, even when the cache has another."""
    machine.add_cli(machine.path, "3.300.1")
    machine.add_cli(machine.cached)
    assert machine.run()[0] == machine.path


@pytest.mark.parametrize(
    ("part", "script", "reason"),
    [
        (HOST, None, f"has no {HOST}"),
        ("pulumi", "echo v3.215.9", "3.216.0 or newer"),
        ("pulumi", "exit 3", "does not run"),
    ],
    ids=["no language host", "too old", "broken"],
)
def test_an_unusable_cli_on_path_is_skipped(machine, part, script, reason):
    """A CLI that would fail later is not used; the cache is next, and without one the reason is printed."""
    machine.add_cli(machine.path)
    (machine.path / part).unlink()
    if script:
        executable(machine.path / part, script)
    assert reason in machine.run(expect=1)[1]
    machine.add_cli(machine.cached)
    assert machine.run()[0] == machine.cached


def test_a_broken_cache_is_replaced(machine):
    """A cache that lost a part is filled again, and stays good."""
    machine.add_cli(machine.cached)
    (machine.cached / HOST).unlink()
    machine.add_go()
    assert machine.run()[0] == machine.cached
    (machine.path / "go").unlink()
    assert machine.run()[0] == machine.cached


def test_without_any_source_the_error_names_them_all(machine):
    """On a bare machine the error says what was tried and what would help."""
    _, why = machine.run(expect=1)
    for part in ("there is no `pulumi`", "NO_INSTALLER is set", "there is no `go`", "install Pulumi", "install Go"):
        assert part in why


def test_the_version_is_what_go_builds():
    """The version in the script is the one that the Go module requires."""
    assert f"/pkg/v3 v{pulumi_cli.VERSION} " in (TOOLS / "pulumi" / "go.mod").read_text()
