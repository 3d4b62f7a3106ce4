"""The tutorials are played on the real engine as a reader would: files are saved, commands run, output expected."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pulumi_cli
import pytest

from checkly_dynamic.emulator.scenario import default
from checkly_dynamic.emulator.testing import LocalCheckly

ROOT = Path(__file__).resolve().parents[2]

SHOWN_URL = "http://127.0.0.1:3000"

# What the test has done before it starts, and what is for a real account only.
SKIPPED = (
    r"python3 -m venv .*",
    r"\. venv/.*",
    r"pip install .*",
    r"checkly-dynamic (emulator|doctor)",
    r"pulumi config .*",
)

pytestmark = pytest.mark.engine


class Shell:
    """A terminal. A command may change its folder and its variables, which are kept in a file between commands."""

    def __init__(self, folder: Path, kept: Path, env: dict[str, str]) -> None:
        self.kept = kept
        self.env = {**env, "PWD": str(folder)}

    @property
    def folder(self) -> Path:
        """The current folder."""
        return Path(self.env["PWD"])

    def run(self, command: str) -> tuple[int, str]:
        """Run one command; return its exit code and all that it printed."""
        script = f'exec 2>&1 < /dev/null\n{command}\ncode=$?; env -0 > "{self.kept}"; exit $code'
        shell = ["bash", "-c", script]
        done = subprocess.run(shell, cwd=self.folder, env=self.env, stdout=subprocess.PIPE, text=True, check=False)
        self.env = dict(variable.split("=", 1) for variable in self.kept.read_text().split("\0") if variable)
        return done.returncode, done.stdout


def steps(page: str) -> Iterator[tuple[str, str]]:
    """Return what the page tells a reader to do, in order: kind and text. A file's kind is its name."""
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$|^<!-- test: (.*?) -->$", page, re.MULTILINE | re.DOTALL):
        paragraph = page[: match.start()].strip().rpartition("\n\n")[2]
        saved = re.search(r" as `([\w.]+)`[.:]", paragraph)
        if match[3]:
            yield "remark", match[3]
        elif match[1] == "console":
            for part in re.split(r"^\$ ", match[2], flags=re.MULTILINE)[1:]:
                yield "command", part
        elif saved:
            yield saved[1], match[2]


def expect(command: str, shown: list[str], printed: str) -> None:
    """Assert that each line of the page is in the output, in order; … matches anything, and durations do not count."""
    lines = [comparable(line) for line in printed.splitlines()]
    position = 0
    for line in map(comparable, shown):
        pattern = re.compile(".*".join(map(re.escape, line.split("…"))))
        found = next((i for i in range(position, len(lines)) if pattern.search(lines[i])), None)
        assert found is not None, f"$ {command}\ndoes not print, or not in this order:\n{line}\n\n{printed}"
        position = found + 1


def comparable(line: str) -> str:
    """Leave out what differs from machine to machine."""
    return re.sub(r"\b\d+(\.\d+)? m?s\b", "N s", " ".join(line.split()))


@pytest.mark.parametrize(
    ("page", "language_host"),
    [("first-gate.md", pulumi_cli.ensure), ("first-gate-yaml.md", pulumi_cli.yaml_bin)],
    ids=["Python", "YAML"],
)
def test_the_tutorial_works_as_it_is_written(page: str, language_host: Callable[[], Path], tmp_path: Path) -> None:
    """Each file, command and line of output of the page is right."""
    cli = pulumi_cli.ensure()
    work = tmp_path / "work"
    work.mkdir()
    scripts = Path(sys.executable).parent
    env = {
        "HOME": os.environ["HOME"],
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join([str(scripts), str(language_host()), str(cli), os.environ["PATH"]]),
        "PULUMI_PYTHON_CMD": sys.executable,
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "NO_COLOR": "1",
    }
    shell = Shell(work, tmp_path / "variables", env)
    checks = {check["name"]: check["id"] for check in default()["checks"]}
    played = []
    with LocalCheckly(speed=10) as checkly:
        shell.env |= checkly.env
        for kind, text in steps((ROOT / "docs" / page).read_text(encoding="utf-8")):
            if kind == "remark":
                told = re.fullmatch(r'the next run of "(.+)" ends (\w+)', text)
                assert told, text
                checkly.next_outcome(checks[told[1]], told[2])
                continue
            if kind != "command":
                (shell.folder / kind).write_text(text, encoding="utf-8")
                continue
            line, *shown = text.splitlines()
            command, _, comment = line.partition("  # ")
            if any(re.fullmatch(skipped, command) for skipped in SKIPPED):
                continue
            code, printed = shell.run(command)
            bad = comment in ("fails", "exit code 1")
            assert (code != 0) is bad, f"$ {command}\nended with {code}:\n{printed}"
            expect(command, [line for line in shown if line.strip()], printed.replace(checkly.url, SHOWN_URL))
            played.append(command)
            if command.startswith("mkdir shop"):
                (shell.folder / "venv").symlink_to(sys.prefix)
    assert sum(command.startswith("pulumi up") for command in played) == 4
