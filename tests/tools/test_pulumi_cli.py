"""How a Pulumi CLI is found or got, on made-up machines: fake executables, a fake Go, a fake installer."""

import fcntl
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pulumi_build
import pulumi_cli
import pulumi_install
import pytest
from pulumi_check import COMPANIONS
from pulumi_process import Unusable

TOOLS = Path(pulumi_cli.__file__).parent
PARTS = ("pulumi", *COMPANIONS)

FAKE_GO = """
    import os, pathlib, subprocess, sys, time
    folder = pathlib.Path(__file__).parent
    arguments = sys.argv[1:]
    if arguments[0] == "list":
        print(folder / "sdk")
        sys.exit()
    with (folder / "go.log").open("a") as log:
        print(os.getpid(), arguments[-1].rpartition("/")[2], file=log)
    if (folder / "broken").exists():
        sys.exit("proxy says no")
    works = "import fcntl, sys, time; file = open(sys.argv[1], 'w'); fcntl.flock(file, fcntl.LOCK_EX); time.sleep(60)"
    compiler = subprocess.Popen([sys.executable, "-c", works, folder / "compiling"])
    for _ in range(6000):  # a minute, so that nothing is left behind when a test fails
        if not (folder / "hold").exists():
            break
        time.sleep(0.01)
    compiler.kill()
    version = next((flag.rpartition("=v")[2] for flag in arguments if flag.startswith("-ldflags")), "")
    target = pathlib.Path(arguments[arguments.index("-o") + 1])
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
    return path


class Machine:
    """A machine with a PATH, a user cache, and nothing else until a test says so."""

    def __init__(self, folder):
        self.path = folder / "path"
        self.path.mkdir()
        self.cache = folder / "cache" / "checkly-dynamic"
        self.entry = self.cache / f"pulumi-{pulumi_cli.VERSION}"
        self.env = {"PATH": str(self.path), "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
        self.env[pulumi_install.FORBIDDEN] = "1"

    def add_cli(self, folder, version=pulumi_cli.VERSION):
        """Put a complete CLI into a folder."""
        executable(folder / "pulumi", f"echo v{version}")
        for name in COMPANIONS:
            executable(folder / name)
        return folder

    def add_go(self):
        """Put a Go on PATH that makes fake executables and keeps a log."""
        go = executable(self.path / "go")
        go.write_text(f"#!{sys.executable}\n{textwrap.dedent(FAKE_GO)}")
        for script in pulumi_build.SCRIPTS:
            executable(self.path / "sdk" / script)

    def add_installer(self, sdk=FAKE_SDK, installs=PARTS):
        """Put a Pulumi SDK before the real one, with an installer that puts some parts of a CLI in place."""
        package = self.path.parent / "packages" / "pulumi"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "automation.py").write_text(textwrap.dedent(sdk))
        self.env |= {"PYTHONPATH": str(package.parent), "INSTALLS": " ".join(installs)}
        del self.env[pulumi_install.FORBIDDEN]

    def start(self, *arguments):
        """Start the script in the background."""
        command = [sys.executable, TOOLS / "pulumi_cli.py", *arguments]
        return subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *arguments, expect=0):
        """Run the script to its end and return both of its outputs."""
        process = self.start(*arguments)
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == expect, stderr
        return stdout.strip(), stderr

    def builds(self):
        """Return the programs that Go was asked to build."""
        log = self.path / "go.log"
        return [line.split()[1] for line in log.read_text().splitlines()] if log.exists() else []

    def compiles(self):
        """Tell whether a compiler that Go has started is alive: it holds a lock as long as it lives."""
        file = self.path / "compiling"
        if not file.exists():
            return False
        with file.open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def pids(self):
        """Return the process ids of the Go runs."""
        return [int(line.split()[0]) for line in (self.path / "go.log").read_text().splitlines()]


@pytest.fixture
def machine(tmp_path):
    """Return a machine without any CLI and without any way to get one."""
    return Machine(tmp_path)


def until(condition, seconds=30):
    """Wait for another process to get somewhere; fail when it does not."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


BUILT = ["pulumi-language-python", "pulumi"]


def test_a_cli_on_path_comes_first(machine):
    """A person's own CLI is used, even when the cache has another."""
    machine.add_cli(machine.path, "3.300.1")
    machine.add_cli(machine.entry / "bin")
    folder, why = machine.run()
    assert folder == str(machine.path)
    assert f"using the Pulumi CLI found on PATH: {machine.path}" in why


def test_a_linked_command_is_followed_to_its_plugins(machine, tmp_path):
    """Package managers link `pulumi` alone into a bin folder; the plugins beside the real file count."""
    real = machine.add_cli(tmp_path / "opt")
    (machine.path / "pulumi").symlink_to(real / "pulumi")
    assert machine.run()[0] == str(real)


def test_plugins_may_be_elsewhere_on_path(machine, tmp_path):
    """The engine finds plugins on PATH as well as beside itself, so such a CLI is good."""
    machine.add_cli(machine.path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in COMPANIONS:
        (machine.path / name).rename(elsewhere / name)
    machine.env["PATH"] += f":{elsewhere}"
    assert machine.run()[0] == str(machine.path)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda path: (path / COMPANIONS[0]).unlink(), f"lacks an executable {COMPANIONS[0]} beside it and on PATH"),
        (lambda path: executable(path / "pulumi", "echo v3.215.9"), "is version 3.215.9, older than 3.216.0"),
        (lambda path: executable(path / "pulumi", "echo broken >&2; exit 3"), "version ended with 3: broken"),
        (lambda path: executable(path / "pulumi", "echo hello"), "does not tell its version, but says 'hello'"),
    ],
    ids=["no language host", "too old", "does not run", "something else"],
)
def test_an_unusable_cli_on_path_is_passed_over_for_the_cache(machine, spoil, reason):
    """What would fail later is not taken; and when nothing else is there, the reason is told."""
    machine.add_cli(machine.path)
    spoil(machine.path)
    assert reason in machine.run(expect=1)[1]
    machine.add_cli(machine.entry / "bin")
    assert machine.run()[0] == str(machine.entry / "bin")


def test_a_good_cache_entry_needs_neither_go_nor_the_installer(machine):
    """The second checkout on a machine starts at once."""
    machine.add_cli(machine.entry / "bin")
    machine.add_go()
    machine.add_installer()
    folder, why = machine.run()
    assert folder == str(machine.entry / "bin")
    assert "using the Pulumi CLI found in the user cache" in why
    assert machine.builds() == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: (entry / COMPANIONS[0]).write_text(""),
        lambda entry: (entry / "pulumi").chmod(0o644),
        lambda entry: (entry / "pulumi").write_bytes(b"\x7fELF cut off"),
        lambda entry: executable(entry / "pulumi", "echo v3.258.0"),
        lambda entry: (entry / COMPANIONS[1]).unlink(),
        lambda entry: (entry / COMPANIONS[2]).chmod(0o644),
    ],
    ids=["empty language host", "not executable", "cut off", "another version", "no executor", "no dynamic host"],
)
def test_a_broken_cache_entry_is_replaced(machine, spoil):
    """A cache that an accident has spoiled heals itself, without a word to type."""
    spoil(machine.add_cli(machine.entry / "bin"))
    machine.add_go()
    folder, why = machine.run()
    assert folder == str(machine.entry / "bin")
    assert "using the Pulumi CLI got by a build with Go" in why
    assert machine.builds() == BUILT
    assert machine.run()[1].count("using the Pulumi CLI found in the user cache") == 1
    assert machine.builds() == BUILT


def test_the_installer_comes_before_go(machine):
    """With internet nobody waits for a build."""
    machine.add_installer()
    machine.add_go()
    folder, why = machine.run()
    assert folder == str(machine.entry / "bin")
    assert "using the Pulumi CLI got by the official installer" in why
    assert machine.builds() == []


def test_an_incomplete_installation_is_not_believed(machine):
    """What the installer leaves is looked at; when it lacks the language host, Go is next and the reason is told."""
    machine.add_installer(installs=["pulumi"])
    machine.add_go()
    _, why = machine.run()
    assert f"not got by the official installer: {machine.cache}" in why
    assert "lacks an executable pulumi-language-python" in why
    assert machine.builds() == BUILT


def test_an_installer_that_fails_is_one_line(machine):
    """A refused download shows its reason, not a traceback."""
    machine.add_installer("class PulumiCommand:\n    def install(root, version):\n        raise OSError('no route')")
    _, why = machine.run(expect=1)
    assert "OSError: no route" in why
    assert "Traceback" not in why


def test_an_installer_that_cannot_be_reached_is_given_up(machine, tmp_path, monkeypatch):
    """Behind a firewall that swallows packets, the next way is tried after a bounded time."""
    machine.add_installer("import time\nclass PulumiCommand:\n    def install(root, version):\n        time.sleep(600)")
    monkeypatch.setenv("PYTHONPATH", machine.env["PYTHONPATH"])
    monkeypatch.delenv(pulumi_install.FORBIDDEN, raising=False)
    monkeypatch.setattr(pulumi_install, "REACH_SECONDS", 1)
    started = time.monotonic()
    with pytest.raises(Unusable, match="no connection in time"):
        pulumi_install.install(tmp_path, pulumi_cli.VERSION)
    assert time.monotonic() - started < 30


def test_a_reached_installer_may_take_longer(machine, tmp_path, monkeypatch):
    """The short limit is for the connection only: a slow download of the CLI itself goes on."""
    sdk = """
        import pathlib, subprocess, sys
        class PulumiCommand:
            def install(root, version):
                subprocess.check_output([sys.executable, "-c", "import time; time.sleep(2)", "--install-root", root])
                pathlib.Path(root, "done").touch()
    """
    machine.add_installer(sdk)
    monkeypatch.setenv("PYTHONPATH", machine.env["PYTHONPATH"])
    monkeypatch.delenv(pulumi_install.FORBIDDEN, raising=False)
    monkeypatch.setattr(pulumi_install, "REACH_SECONDS", 1)
    pulumi_install.install(tmp_path, pulumi_cli.VERSION)
    assert (tmp_path / "done").exists()


def test_without_any_way_the_error_names_them_all(machine):
    """A person on a bare machine reads what was tried and what to do, and gets no folder and no traceback."""
    stdout, why = machine.run(expect=1)
    assert stdout == ""
    assert "Traceback" not in why
    for told in (
        "not found on PATH: there is no `pulumi`",
        f"not found in the user cache: {machine.entry}/bin does not exist",
        "not got by the official installer: PULUMI_CLI_NO_INSTALLER is set",
        "not got by a build with Go: there is no `go` on PATH",
        "install Pulumi 3.216.0 or newer",
        "connect this machine to the internet",
        f"install Go {pulumi_build.GO} or newer",
    ):
        assert told in why


def test_a_failed_build_shows_its_last_words_and_leaves_nothing(machine):
    """A build that cannot reach the proxy is told as such, and no half entry stays in the cache."""
    machine.add_go()
    (machine.path / "broken").touch()
    _, why = machine.run(expect=1)
    assert "go ended with 1: proxy says no" in why
    assert [path.name for path in machine.cache.iterdir()] == [f"{machine.entry.name}.lock"]


def test_a_cache_that_cannot_be_written_is_told(machine, tmp_path):
    """The error names the folder's problem and the variable that helps."""
    (tmp_path / "cache").write_text("a file")
    _, why = machine.run(expect=1)
    assert "the user cache cannot be written" in why
    assert "XDG_CACHE_HOME" in why


def test_two_checkouts_at_once_end_with_one_build(machine):
    """The second waits for the first and takes its result."""
    machine.add_go()
    (machine.path / "hold").touch()
    first = machine.start()
    until(machine.builds)
    second = machine.start()
    line = next(line for line in second.stderr if "another run" in line)
    assert "waiting" in line
    (machine.path / "hold").unlink()
    results = [process.communicate(timeout=60)[0].strip() for process in (first, second)]
    assert results == [str(machine.entry / "bin")] * 2
    assert machine.builds() == BUILT


def test_a_killed_build_neither_blocks_nor_litters(machine):
    """After a kill in mid-build the next run starts anew and clears up what the killed one has left."""
    machine.add_go()
    (machine.path / "hold").touch()
    killed = machine.start()
    until(machine.builds)
    go = machine.pids()[0]
    os.killpg(go, signal.SIGSTOP)  # it outlives its parent, as a real one would for a while
    try:
        killed.kill()
        killed.communicate()
        assert len(list(machine.cache.glob("*.new-*"))) == 1
        (machine.path / "hold").unlink()
        assert machine.run()[0] == str(machine.entry / "bin")
        left = sorted(path.name for path in machine.cache.iterdir())
        assert left == [machine.entry.name, f"{machine.entry.name}.lock"]
    finally:
        os.killpg(go, signal.SIGKILL)


def test_an_interrupted_build_takes_go_with_it(machine):
    """Ctrl-C ends the build's processes too and leaves no half entry."""
    machine.add_go()
    (machine.path / "hold").touch()
    process = machine.start()
    until(machine.compiles)
    process.send_signal(signal.SIGINT)
    _, why = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in why
    assert list(machine.cache.glob("*.new-*")) == []
    until(lambda: not machine.compiles())


def test_policy_packs_get_a_folder_without_a_language_host(machine):
    """The host that is built here cannot serve policy packs, so the engine must not find it there."""
    machine.add_go()
    folder = Path(machine.run("--policy")[0])
    assert folder == machine.entry / "policy" / "bin"
    assert {path.name for path in folder.iterdir()} == {
        "pulumi",
        "pulumi-resource-pulumi-python",
        "pulumi-analyzer-policy-python",
    }
    assert all(os.access(path, os.X_OK) and not path.is_symlink() for path in folder.iterdir())


def test_an_official_cli_serves_policy_packs_itself(machine):
    """Beside a CLI with a current language host nothing else is needed."""
    machine.add_cli(machine.path)
    assert machine.run("--policy")[0] == str(machine.path)


def test_the_versions_agree_with_what_go_builds():
    """The version that is promised is the one that the Go module requires, and so is the oldest Go."""
    module = (TOOLS / "pulumi" / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{pulumi_cli.VERSION}" in module
    assert f"\ngo {pulumi_build.GO}\n" in module
