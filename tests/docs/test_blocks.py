"""Every code block and command of the README and the documentation is tried here, or names the test that does."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from checkly_dynamic.emulator.testing import LocalCheckly

ROOT = Path(__file__).resolve().parents[2]
PRELUDE = Path(__file__).with_name("prelude.py")
# The pages that docs/conf.py makes of other files are in docs/examples and docs/project.
SITE = [*(ROOT / "docs").glob("*.md"), *(ROOT / "docs" / "api").glob("*.md")]
PAGES = sorted([*ROOT.glob("*.md"), *SITE, *ROOT.glob("examples/**/README.md")])
# Their files and commands belong together: test_tutorials.py plays them.
TUTORIALS = ("first-gate.md", "first-gate-yaml.md")


@dataclass(frozen=True)
class Block:
    """A fenced block: its place, its language, its text."""

    where: str
    language: str
    text: str


def blocks(*languages: str) -> list[Block]:
    """Return the blocks in these languages from all pages except the tutorials."""
    found = []
    for page in (page for page in PAGES if page.name not in TUTORIALS):
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            line = text[: match.start()].count("\n") + 1
            if match[1] in languages:
                found.append(Block(f"{page.relative_to(ROOT)}:{line}", match[1], match[2]))
    return found


def commands() -> list[tuple[str, str]]:
    """Return every command line of the console and shell blocks, with its place."""
    found = []
    for block in blocks("console", "bash", "sh", "shell"):
        for line in block.text.replace("\\\n", " ").splitlines():
            command = line.removeprefix("$ ").partition("  #")[0].strip()
            if (block.language != "console" or line.startswith("$ ")) and command and not command.startswith("#"):
                found.append((block.where, command))
    return found


def run(*command: str, **options: Any) -> str:
    """Run Python with these arguments and return its output, or fail with it."""
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=60, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def checkly():
    """Run a local Checkly for all blocks."""
    with LocalCheckly() as local:
        yield local


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.where)
def test_python_blocks_run(block: Block, checkly: LocalCheckly, tmp_path: Path) -> None:
    """A Python block runs unchanged, as a program with Pulumi's mocks or as a test with the fixture."""
    source = f"{PRELUDE.read_text()}\n\n{block.text}\n"
    if re.search(r"^def test_", block.text, re.MULTILINE):
        (tmp_path / "test_block.py").write_text(source)
        command = ["-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "test_block.py"]
    else:
        (tmp_path / "__main__.py").write_text(
            f"{source}\npulumi.runtime.sync_await._sync_await(pulumi.runtime.stack.wait_for_rpcs())\n"
        )
        command = ["__main__.py"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI_", "CHECKLY_"))}
    run(*command, cwd=tmp_path, env={**clean, **checkly.env})


@pytest.mark.parametrize("block", blocks("json", "yaml"), ids=lambda block: block.where)
def test_data_blocks_are_well_formed(block: Block) -> None:
    """A JSON or YAML block can be read."""
    data = json.loads(block.text) if block.language == "json" else yaml.safe_load(block.text)
    assert data


# Command → the test that runs it.
PROVEN = {
    r"make demo": "tests/packaging/test_installed.py",
    r"make (test|lint|docs|help)( .*)?": "the checks of every commit",
    r"git clone \S+ \S+ && cd \S+": "nothing to prove",
    r"pip install .*(checkly-dynamic|\.\[emulator\]).*": "tests/packaging/test_installed.py",
    r"python tools/verify_account\.py .*": "tests/tools/test_verify_account.py",
    r"pulumi config set .*": "tests/engine/test_secrets.py",
    r"pulumi (up|preview|refresh|destroy|cancel|stack|policy)\b.*": "tests/engine",
    r"python -m checkly_dynamic\.emulator.*": "tests/emulator/test_command.py",
    r"pulumi package (add|gen-sdk) .*": "tests/engine/test_native_sdks.py",
    r"npm install": "tests/engine/test_native_sdks.py",
    r"(export|cd|cat) .*": "nothing to prove",
    r"python deploy\.py.*": "tests/engine/test_examples.py",
    r"npx checkly checks run .*": "tests/emulator/test_official_cli.py",
    r'eval "\$\(_CHECKLY_DYNAMIC_COMPLETE=bash_source checkly-dynamic\)"': "test_shell_completion, below",
    r"checkly-dynamic \w+( .*)?": "test_commands_exist, below",
}


@pytest.mark.parametrize(("where", "command"), commands(), ids=str)
def test_commands_exist(where: str, command: str) -> None:
    """Each command is run by a test that exists. Of this library's own, subcommand and options are known."""
    proofs = [proof for pattern, proof in PROVEN.items() if re.fullmatch(pattern, command)]
    assert proofs, f"{where}: no test runs `{command}`"
    assert not proofs[0].startswith("tests/") or (ROOT / proofs[0]).exists()
    program, _, rest = command.partition(" ")
    if program == "checkly-dynamic":
        shown = run("-m", "checkly_dynamic", rest.split()[0], "--help")
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in shown, f"{where}: {option}"


def test_shell_completion() -> None:
    """The console script prints a completion for bash, as the documentation says."""
    script = Path(sys.executable).with_name("checkly-dynamic")
    env = {**os.environ, "_CHECKLY_DYNAMIC_COMPLETE": "bash_source"}
    shown = subprocess.run([script], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert "complete" in shown.stdout
    assert "_checkly_dynamic_completion" in shown.stdout


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link names a file of the repository."""
    lost = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not lost
