"""The comparison with a real account, tried on the local Checkly: nothing differs, and what differs is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checkly_dynamic.emulator.testing import LocalCheckly

SCRIPT = Path(__file__).parents[2] / "tools" / "verify_account.py"
CHECK = {"name": "Home", "id": "2e6095ca-28da-5c51-bc91-7142e68ae059", "checkType": "URL", "seconds": 0.2}


@pytest.fixture
def checkly():
    """Run a local Checkly with one check."""
    with LocalCheckly({"checks": [{**CHECK, "locations": ["eu-central-1", "us-east-1"]}]}) as server:
        yield server


def verify(checkly):
    """Run the script; return exit code and output."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CHECKLY_")}
    command = [sys.executable, str(SCRIPT), "--yes", "--check-id", CHECK["id"]]
    done = subprocess.run(
        command, env={**clean, **checkly.env}, capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_nothing_differs_at_the_local_checkly(checkly):
    """All answers follow the document and the list of guesses; the check runs once in each kind of session."""
    code, printed = verify(checkly)
    assert code == 0, printed
    assert "No differences" in printed
    assert "Rows of a test session name their check" in printed
    assert [trigger["route"] for trigger in checkly.triggers] == ["trigger", "test-trigger"]
    assert checkly.env["CHECKLY_API_KEY"] not in printed


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ({"route": "test-completion", "merge": {"results": "none"}}, "the comparison ended early"),
        ({"route": "locations", "status": 401}, "A request without the X-Checkly-Account header"),
        ({"route": "completion", "merge": {"status": "SIDEWAYS"}}, "completion 200: body.status: 'SIDEWAYS' is not"),
    ],
    ids=str,
)
def test_what_differs_is_named(checkly, fault, named):
    """A shape, a status or a value that is not as expected is printed."""
    checkly.add_fault(**fault)
    code, printed = verify(checkly)
    assert named in printed
    assert code == (2 if "early" in named else 1), printed
