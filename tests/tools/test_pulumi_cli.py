"""How a Pulumi CLI is found or got, on simulated machines: fake executables, a fake Go, a fake installer."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pulumi_cli
import pytest

TOOLS = Path(pulumi_cli.__file__).parent
HOST, EXECUTOR, DYNAMIC = pulumi_cli.PARTS[1:]
BUILT = [HOST, "pulumi"]

FAKE_GO = """
    import pathlib, sys, time
    folder = pathlib.Path(__file__).parent
    arguments = sys.argv[1:]
    if arguments[0] == "list":
        print(folder / "sdk")
        sys.exit()
    with (folder / "go.log").open("a") as log:
        print(arguments[-1].rpartition("/")[2], file=log)
    if (folder / "broken").exists():
        sys.exit("proxy says no")
    while (folder / "hold").exists():
        time.sleep(0.01)
    version = next((flag.rpartition("=v")[2] for flag in arguments if flag.startswith("-ldflags")), "")
    target = pathlib.Path(arguments[arguments.index("-o") + 1])
    target.parent.mkdir(exist_ok=True)
    target.write_text(f"#!/bin/sh\\necho v{version}\\n")
    target.chmod(0o755)
"""

FAKE_SDK = """
    import pathlib, os
    class PulumiCommand:
        @classmethod
        def install(cls, root, version):
            for name in os.environ["INSTALLS"].split():
                path = pathlib.Path(root, "bin", name)
                path.parent.mkdir(exist_ok=True)
                path.write_text(f"#!/bin/sh\\necho v{version}\\n")
                path.chmod(0o755)
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
        self.cache = folder / "cache" / "checkly-dynamic"
        self.cached = self.cache / f"pulumi-{pulumi_cli.VERSION}" / "bin"
        self.env = {"PATH": str(self.path), "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
        self.env[pulumi_cli.NO_INSTALLER] = "1"

    def add_cli(self, folder, version=pulumi_cli.VERSION):
        """Put a complete CLI into a folder."""
        for name in pulumi_cli.PARTS:
            executable(folder / name, f"echo v{version}")
        return folder

    def add_go(self):
        """Put a Go on PATH that makes fake executables and keeps a log."""
        executable(self.path / "go")
        (self.path / "go").write_text(f"#!{sys.executable}\n{textwrap.dedent(FAKE_GO)}")
        executable(self.path / "sdk" / "python" / "dist" / DYNAMIC)
        executable(self.path / "sdk" / "python" / "cmd" / EXECUTOR)

    def add_installer(self, sdk=FAKE_SDK, installs=pulumi_cli.PARTS):
        """Put a Pulumi SDK before the real one, with an installer that puts some parts of a CLI in place."""
        package = self.path.parent / "packages" / "pulumi"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "automation.py").write_text(textwrap.dedent(sdk))
        self.env |= {"PYTHONPATH": str(package.parent), "INSTALLS": " ".join(installs)}
        del self.env[pulumi_cli.NO_INSTALLER]

    def start(self, *arguments):
        """Start the script in the background."""
        command = [sys.executable, TOOLS / "pulumi_cli.py", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=self.env, stdout=pipe, stderr=pipe, text=True, start_new_session=True, cwd=self.path
        )

    def run(self, *arguments, expect=0):
        """Run the script to its end; return the folder it printed and its messages."""
        process = self.start(*arguments)
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == expect, stderr
        assert "Traceback" not in stderr
        return Path(stdout.strip()), stderr

    def builds(self):
        """Return the programs that Go was asked to build."""
        log = self.path / "go.log"
        return log.read_text().split() if log.exists() else []


@pytest.fixture
def machine(tmp_path):
    """Return a machine without a CLI and without a source of one."""
    return Machine(tmp_path)


def until(condition, seconds=30):
    """Wait for another process to get somewhere; fail if it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_cli_on_path_comes_first(machine):
    """A person's own CLI is used, even when the cache has another."""
    machine.add_cli(machine.path, "3.300.1")
    machine.add_cli(machine.cached)
    assert machine.run()[0] == machine.path


def test_a_linked_command_is_followed_to_its_plugins(machine, tmp_path):
    """Package managers link `pulumi` alone into a bin folder; the plugins are beside the real file."""
    real = machine.add_cli(tmp_path / "opt")
    (machine.path / "pulumi").symlink_to(real / "pulumi")
    assert machine.run()[0] == real


def test_plugins_may_be_elsewhere_on_path(machine, tmp_path):
    """The engine also finds plugins on PATH, so such a CLI is usable."""
    machine.add_cli(machine.path)
    (tmp_path / "elsewhere").mkdir()
    (machine.path / HOST).rename(tmp_path / "elsewhere" / HOST)
    machine.env["PATH"] += f":{tmp_path / 'elsewhere'}"
    assert machine.run()[0] == machine.path


@pytest.mark.parametrize(
    ("part", "script", "reason"),
    [
        (HOST, None, f"has no {HOST}"),
        ("pulumi", "echo v3.215.9", "3.216.0 or newer"),
        ("pulumi", "exit 3", "does not run"),
        ("pulumi", "echo hello", "'hello'"),
    ],
    ids=["no language host", "too old", "broken", "another program"],
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


@pytest.mark.parametrize("part", ["pulumi", HOST])
def test_a_broken_cache_is_replaced(machine, part):
    """A cache that lost a part is filled again, and stays good."""
    machine.add_cli(machine.cached)
    (machine.cached / part).write_text("")
    machine.add_go()
    assert machine.run()[0] == machine.cached
    assert machine.run()[0] == machine.cached
    assert machine.builds() == BUILT


def test_the_installer_comes_before_go(machine):
    """With internet access nobody waits for a build."""
    machine.add_installer()
    machine.add_go()
    assert machine.run()[0] == machine.cached
    assert machine.builds() == []


@pytest.mark.parametrize(
    ("sdk", "reason"),
    [
        (FAKE_SDK, f"has no {HOST}"),
        (
            "class PulumiCommand:\n    def install(root, version):\n        raise OSError('no route')",
            "OSError: no route",
        ),
    ],
    ids=["incomplete", "unreachable"],
)
def test_go_builds_what_the_installer_cannot_deliver(machine, sdk, reason):
    """A failed or incomplete installation is not used; the reason is one line, and Go is next."""
    machine.add_installer(sdk, installs=["pulumi"])
    assert reason in machine.run(expect=1)[1]
    machine.add_go()
    assert machine.run()[0] == machine.cached
    assert machine.builds() == BUILT


def test_without_any_source_the_error_names_them_all(machine):
    """On a bare machine the error says what was tried and what would help."""
    _, why = machine.run(expect=1)
    for part in ("there is no `pulumi`", "NO_INSTALLER is set", "there is no `go`", "install Pulumi", "install Go"):
        assert part in why


def test_a_failed_build_leaves_nothing(machine):
    """Go's own message is printed, and no half entry stays in the cache."""
    machine.add_go()
    (machine.path / "broken").touch()
    assert "proxy says no" in machine.run(expect=1)[1]
    assert list(machine.cache.glob("pulumi-*[!k]")) == []


def test_a_cache_that_is_not_writable_is_an_error_with_advice(machine, tmp_path):
    """The error names the problem and the variable that helps."""
    (tmp_path / "cache").write_text("a file")
    assert "XDG_CACHE_HOME" in machine.run(expect=1)[1]


def test_two_checkouts_at_once_share_one_build(machine):
    """The second waits for the first and uses its result."""
    machine.add_go()
    (machine.path / "hold").touch()
    first = machine.start()
    until(machine.builds)
    second = machine.start()
    assert any("another process" in line for line in second.stderr)
    (machine.path / "hold").unlink()
    results = [process.communicate(timeout=60)[0].strip() for process in (first, second)]
    assert results == [str(machine.cached)] * 2
    assert machine.builds() == BUILT


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["interrupted", "killed"])
def test_a_build_that_is_cut_off_leaves_no_half_cache(machine, how):
    """After Ctrl-C or a kill the cache has no entry; the next run builds again and removes what is left over."""
    machine.add_go()
    (machine.path / "hold").touch()
    process = machine.start()
    until(machine.builds)
    os.killpg(process.pid, how)
    process.communicate(timeout=60)
    assert process.returncode == (130 if how == signal.SIGINT else -how)
    assert not machine.cached.exists()
    (machine.path / "hold").unlink()
    assert machine.run()[0] == machine.cached
    assert list(machine.cache.glob("*.new-*")) == []


def test_policy_packs_get_a_folder_without_a_language_host(machine):
    """The host that is built here cannot serve policy packs, so the engine must not find it there."""
    machine.add_go()
    folder, _ = machine.run("--policy")
    assert {path.name for path in folder.iterdir()} == {"pulumi", DYNAMIC, "pulumi-analyzer-policy-python"}
    assert all(os.access(path, os.X_OK) and not path.is_symlink() for path in folder.iterdir())


def test_the_yaml_host_is_built_once_into_the_cache(machine):
    """YAML programs need one more program; it stands beside the CLI that was built here."""
    machine.add_go()
    assert machine.run("--yaml")[0] == machine.cached
    assert machine.run("--yaml")[0] == machine.cached
    assert machine.builds() == [*BUILT, pulumi_cli.YAML_HOST]


def test_an_official_cli_needs_nothing_else(machine):
    """It serves policy packs itself and brings the YAML host along."""
    machine.add_cli(machine.path)
    executable(machine.path / pulumi_cli.YAML_HOST)
    assert machine.run("--policy")[0] == machine.run("--yaml")[0] == machine.path


def test_the_version_is_what_go_builds():
    """The version in the script is the one that the Go module requires."""
    assert f"/pkg/v3 v{pulumi_cli.VERSION} " in (TOOLS / "pulumi" / "go.mod").read_text()
