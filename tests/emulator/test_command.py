"""``python -m checkly_dynamic.emulator``."""

import signal
import subprocess
import sys

import pytest
import requests
from click.testing import CliRunner

from checkly_dynamic.cli import commands


def test_it_serves_what_it_is_told_and_ends_on_interrupt(tmp_path):
    """It prints its address and the variables to export, serves scenario and speed, and ends cleanly on Ctrl-C."""
    scenario = tmp_path / "one.yaml"
    scenario.write_text("accountName: Mine\napiKey: its-own\nchecks: [{name: only, tags: [t], seconds: 50}]\n")
    command = [sys.executable, "-m", "checkly_dynamic.emulator", "--port", "0", "--seed", "5", "--speed", "500"]
    command += ["--scenario", str(scenario)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        printed = [server.stdout.readline() for _ in range(6)]
        url = printed[0].split()[3]
        state = requests.get(url + "/_emulator/state", timeout=10).json()
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=10)
    assert (state["account"], state["speed"], [check["name"] for check in state["checks"]]) == ("Mine", 500.0, ["only"])
    assert f"  export CHECKLY_API_URL={url}\n" in printed
    assert "  # export CHECKLY_API_KEY=…   the apiKey of your scenario\n" in printed
    assert any(line.startswith("  export CHECKLY_ACCOUNT_ID=") for line in printed)
    assert url.startswith("http://127.0.0.1:")
    assert (server.returncode, errors) == (0, "")


def test_a_bad_scenario_file_is_told():
    """A scenario that cannot be used ends ``checkly-dynamic emulator`` with status 2 and one line that names the file."""
    found = CliRunner().invoke(commands.app, ["emulator", "--port", "0", "--scenario", "/nope/missing.json"])
    assert found.exit_code == 2
    assert found.stderr.splitlines()[-1].startswith("error: /nope/missing.json: No such file")


@pytest.mark.parametrize(("missing", "code"), [
    ("click", "from checkly_dynamic.cli import main; sys.exit(main(['emulator']))"),
    ("click", "import runpy; runpy.run_module('checkly_dynamic.emulator', run_name='__main__')"),
    ("starlette", "from checkly_dynamic.emulator.command import emulator; emulator(['--port', '0'])"),
    ("starlette", "import checkly_dynamic.emulator.testing"),
])  # fmt: skip
def test_a_missing_extra_names_what_to_install(missing, code):
    """If the extra is not installed, the last line says what to install; the command shows no traceback."""
    command = [sys.executable, "-c", f"import sys; sys.modules[{missing!r}] = None; {code}"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert found.stderr.rstrip().endswith("run: pip install 'checkly-dynamic[emulator]'")
    if "testing" not in code:
        assert (found.returncode, found.stdout, found.stderr.count("\n")) == (2, "", 1)
