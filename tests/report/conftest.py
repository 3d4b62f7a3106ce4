"""The browser and a simulated Pulumi CLI."""

import os
import sys
from pathlib import Path

import pytest
from browser import browser, chromium  # noqa: F401 - fixtures are used by their names

PULUMI = """#!{python}
import sys
from pathlib import Path
words = [word for word in sys.argv[1:] if not word.startswith("-")]
file = Path(__file__).with_name("-".join(words[:2]))
page = file.with_name(f"{{file.name}}-{{words[-1]}}")
file = page if page.exists() else file
if not file.exists():
    sys.exit("warning: old\\nerror: no stack named 'x' at https://user:p@ss@host found\\nmore")
print(file.read_text())
"""


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a simulated Pulumi CLI first on PATH; each command prints the file of its folder with the command's name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "pulumi"
    program.write_text(PULUMI.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder
