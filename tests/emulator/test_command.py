"""``python -m checkly_dynamic.emulator``."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner

from checkly_dynamic.emulator.command import emulator

COMMAND = [sys.executable, "-m", "checkly_dynamic.emulator"]


def test_it_serves_what_it_is_told_and_ends_on_interrupt(tmp_path):
    """It prints its address and the variables to export, serves scenario and speed, and ends cleanly on Ctrl-C."""
    (tmp_path / "one.yaml").write_text(
        "accountName: Mine\napiKey: its-own\nchecks: [{name: only, tags: [t], seconds: 50}]\n"
    )
    arguments = ["--port", "0", "--scenario", str(tmp_path / "one.yaml"), "--seed", "5", "--speed", "500"]
    with subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        printed = [server.stdout.readline() for _ in range(6)]
        url = printed[0].split()[3]
        state = requests.get(url + "/_emulator/state", timeout=10).json()
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=10)
    rest = "".join(printed)
    assert (state["account"], state["speed"], [check["name"] for check in state["checks"]]) == ("Mine", 500.0, ["only"])
    assert f"export CHECKLY_API_URL={url}\n" in rest
    assert "# export CHECKLY_API_KEY=…   the apiKey of your scenario" in rest
    assert "export CHECKLY_ACCOUNT_ID=" in rest
    assert url.startswith("http://127.0.0.1:")
    assert (server.returncode, errors) == (0, "")


@pytest.mark.parametrize(("arguments", "words"), [
    (["--port", "70000"], "Error: Invalid value for '--port': 70000 is not in the range"),
    (["--port", "0", "--scenario", "/nope/missing.json"], "error: /nope/missing.json: No such file"),
])  # fmt: skip
def test_bad_arguments_are_told(arguments, words):
    """An argument that cannot be used ends with status 2 and one line that repeats it as it was typed."""
    found = CliRunner().invoke(emulator, arguments)
    assert found.exit_code == 2
    assert found.stderr.splitlines()[-1].startswith(words)


def test_both_names_are_one_command():
    """``checkly-dynamic emulator`` has the options and help of ``python -m checkly_dynamic.emulator``."""
    script = str(Path(sys.executable).with_name("checkly-dynamic"))
    helps = [
        subprocess.run([*name, "--help"], capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
        for name in ([script, "emulator"], COMMAND)
    ]
    assert helps[0][1:] == helps[1][1:]
    assert not any("…" in line or "..." in line for line in helps[0])


@pytest.mark.parametrize("missing", ["click", "starlette"])
def test_a_missing_extra_names_what_to_install(missing):
    """Where the extra is not installed, the command ends with status 2 and one line, and an import says the same."""
    block = f"import sys; sys.modules[{missing!r}] = None; "
    command = (
        block
        + "import runpy; sys.argv = ['x', '--port', '0']; runpy.run_module('checkly_dynamic.emulator', run_name='__main__')"
    )
    found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=30, check=False)
    assert (found.returncode, found.stdout) == (2, "")
    assert re.fullmatch(r"error: .*pip install 'checkly-dynamic\[emulator\]'\n", found.stderr)
    if missing != "click":
        command = block + "import checkly_dynamic.emulator.testing"
        found = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, timeout=30, check=False)
        assert found.stderr.splitlines()[-1].endswith("run: pip install 'checkly-dynamic[emulator]'")
        assert found.stderr.count("Traceback") == 1
