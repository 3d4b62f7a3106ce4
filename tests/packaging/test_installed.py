"""
What a user installs: the wheel, in a clean environment, outside the checkout.

With the pinned versions, and with the oldest ones that are declared.
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pulumi_cli
import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, cwd: Path, **env: str) -> str:
    """Run a command, fail with its output, return it."""
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith(("CHECKLY_", "PYTHON", "VIRTUAL"))
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**outside, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "NO_COLOR": "1", **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel as a release does, from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (found,) = folder.glob("*.whl")
    return found


def test_the_wheel_holds_everything_that_is_read_at_run_time(wheel: Path) -> None:
    """Schemas, the local Checkly's pages, its default scenario and py.typed are in the wheel; tests and tools are not."""
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "checkly_dynamic"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert set(tracked) <= names
    assert "checkly_dynamic/py.typed" in names
    strangers = {name.split("/")[0] for name in names} - {"checkly_dynamic"}
    assert all(re.fullmatch(r"checkly_dynamic-[\d.]+\.dist-info", name) for name in strangers)


def declared_floors() -> str:
    """Return the oldest version that pyproject.toml allows of each library that is needed at run time, as constraints."""
    needed = re.search(r"^dependencies = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE)
    assert needed
    return "".join(f"{name}=={version}\n" for name, version in re.findall(r'"([\w-]+)>=([\d.]+)', needed[1]))


# What shows that the HTTP libraries do what the client relies on: pauses, timeouts, proxies, TLS.
BELOW = ("tests/unit/test_retries.py", "tests/faults/test_trigger.py", "tests/faults/test_tls_and_proxies.py")


def the_whole_story_is_told(story: str) -> None:
    """Red with the reason, the report, a re-run of one check, green, nothing to do, a new version and destroy."""
    promises = [line.strip() for line in story.splitlines() if "✓" in line and "PASSED" not in line]
    assert len(promises) == 12, story
    error, _, after = story.partition("$ checkly-dynamic report")
    assert "smoke-passed: 1 of 6 checks did not pass (1 FAILED)" in error
    why = "Error: step 'Pay by card' failed: expected status 200, received 502"
    assert why in error, "the error of the red run says why"
    assert why in after, "and so does the report"
    assert "version 1.1.0 is live" in after
    assert "Traceback" not in story


@pytest.mark.parametrize(
    ("python_version", "versions"),
    [pytest.param("3.10", "oldest", marks=pytest.mark.long), pytest.param("3.13", "pinned")],
)
def test_the_demo_runs_from_an_installed_wheel(python_version: str, versions: str, wheel: Path, tmp_path: Path) -> None:
    """With nothing but the wheel, `make demo` works on the real engine; with the oldest versions, what lies below does too."""
    # The oldest SDK needs older relatives than the pinned ones, so nothing else is pinned beside the oldest.
    pins = (ROOT / "constraints.txt").read_text() if versions == "pinned" else declared_floors()
    (tmp_path / "constraints.txt").write_text(pins)
    environment = tmp_path / "environment"
    interpreter = shutil.which(f"python{python_version}") or sys.executable  # pyenv's shims ask for PYENV_VERSION
    run(interpreter, "-m", "venv", environment, cwd=tmp_path, PYENV_VERSION=python_version)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "-c", "constraints.txt", f"{wheel}[cli,emulator,policy]", cwd=tmp_path)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))

    cli = pulumi_cli.ensure()
    story = run(python, "tools/demo.py", cwd=tmp_path, PATH=f"{cli}{os.pathsep}{os.environ['PATH']}")

    the_whole_story_is_told(story)
    where = run(python, "-c", "import checkly_dynamic, pulumi; print(checkly_dynamic.__file__)", cwd=tmp_path)
    assert str(environment) in where
    assert not list(ROOT.glob("Pulumi.*.yaml")), "the demo runs from a copy"
    if versions == "pinned":
        return  # the suite itself runs with these

    run(python, "-m", "pip", "install", "-q", "-c", "constraints.txt", "pytest", "hypothesis", "trustme", cwd=tmp_path)
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    options = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib", "-o", "pythonpath=tests/faults tests/wire")
    run(python, "-m", "pytest", *options, *BELOW, cwd=tmp_path)
