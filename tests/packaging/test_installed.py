"""What a user installs: the wheel, in a clean environment, outside the checkout."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import pulumi_cli  # noqa: E402 - a script of the repository, found through the line above


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
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build sdist and wheel as a release would: the wheel from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    """Return the wheel."""
    (found,) = dist.glob("*.whl")
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


def test_the_sdist_can_be_tested(dist: Path) -> None:
    """Whoever packages the library finds tests, licence and constraints in the sdist."""
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"LICENSE", "README.md", "constraints.txt", "tests/packaging/test_installed.py"} <= names


def install(python_version: str, constraints: str, wheel: Path, folder: Path) -> Path:
    """Install the wheel into a new environment, and return that environment's Python."""
    (folder / "constraints.txt").write_text(constraints)
    environment = folder / "environment"
    run(interpreter(python_version), "-m", "venv", environment, cwd=folder)
    python = environment / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", "-c", "constraints.txt", f"{wheel}[cli,emulator,policy]", cwd=folder)
    where = run(python, "-c", "import checkly_dynamic; print(checkly_dynamic.__file__)", cwd=folder)
    assert str(environment) in where
    return python


def interpreter(version: str) -> str:
    """Return the command of this Python where the machine has it (also behind pyenv's shims), else of the running one."""
    command = shutil.which(f"python{version}")
    if command:
        asked = [command, "-c", "import sys; print(sys.executable)"]
        done = subprocess.run(
            asked, env={**os.environ, "PYENV_VERSION": version}, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return done.stdout.strip()
    return sys.executable


def demo(python: Path, folder: Path) -> str:
    """Run the demo with this Python, on the real engine, and return what it prints."""
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    cli = pulumi_cli.ensure()
    return run(python, "tools/demo.py", cwd=folder, PATH=f"{cli}{os.pathsep}{os.environ['PATH']}")


def test_the_demo_runs_from_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """With nothing but the wheel and the pinned versions, the demo works on the newest Python and the real engine."""
    python = install("3.13", (ROOT / "constraints.txt").read_text(), wheel, tmp_path)
    story = demo(python, tmp_path)
    assert story.count("✓") == 13, story


def declared_floors() -> str:
    """Return the oldest version that pyproject.toml allows of each library that is needed at run time, as constraints."""
    needed = re.search(r"^dependencies = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE)
    assert needed
    floors = re.findall(r'"([\w-]+)>=([\d.]+)', needed[1])
    assert {"pulumi", "requests", "urllib3", "jsonschema"} == {name for name, _ in floors}
    return "".join(f"{name}=={version}\n" for name, version in floors)


# These tests tell whether the libraries do what the HTTP layer builds on: connections, timeouts, proxies, TLS.
ON_THE_OLDEST = ["faults/test_trigger.py", "faults/test_tls_and_proxies.py", "wire/test_loading.py"]


@pytest.mark.long
def test_the_oldest_libraries_do(wheel: Path, tmp_path: Path) -> None:
    """With the oldest Python and the oldest versions that are declared, the demo works, and so do requests on real sockets."""
    # The oldest SDK needs older relatives than the pinned ones, so nothing else is pinned beside the oldest.
    python = install("3.10", declared_floors(), wheel, tmp_path)
    story = demo(python, tmp_path)
    assert story.count("✓") == 13, story
    wanted = ("pytest", "pytest-timeout", "hypothesis", "trustme")
    run(python, "-m", "pip", "install", "-q", "-c", "constraints.txt", *wanted, cwd=tmp_path)
    shutil.copytree(ROOT / "tests", tmp_path / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    options = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib")
    run(python, "-m", "pytest", *options, *(f"tests/{name}" for name in ON_THE_OLDEST), cwd=tmp_path)
