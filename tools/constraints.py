"""
Renew ``constraints.txt``: the exact versions that development and checks install.

Everything is resolved again in a temporary virtual environment. Run it with the oldest supported Python: what installs there also
installs on newer ones, while the newest releases often no longer support the oldest Python.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

OLDEST = (3, 10)
ROOT = Path(__file__).parents[1]
HEADER = """\
# Exact versions of everything in the virtual environment. They restrict, they do not require: pyproject.toml says what
# is needed. Written by `make constraints`, with the oldest supported Python; do not edit.
"""


def main(arguments: list[str]) -> None:
    """Resolve what ``pip install`` is to install, such as ``-e .[cli] --group test``, and write ``constraints.txt``."""
    if sys.version_info[:2] != OLDEST:
        needed = ".".join(map(str, OLDEST))
        sys.exit(f"constraints: run it with Python {needed}, for example PYTHON=python{needed}")
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        pip = [str(Path(folder, "bin", "python")), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        subprocess.run([*pip, "install", "--upgrade", "pip"], check=True)
        # Old Pythons come with an old setuptools, which would satisfy every requirement for it.
        subprocess.run([*pip, "uninstall", "--yes", "setuptools"], check=True)
        subprocess.run([*pip, "install", *arguments], check=True, cwd=ROOT)
        freeze = [*pip, "freeze", "--all", "--exclude-editable"]
        pins = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout.splitlines()
    if strange := [pin for pin in pins if "==" not in pin]:
        sys.exit(f"constraints: not exact versions: {', '.join(strange)}")
    (ROOT / "constraints.txt").write_text(HEADER + "\n".join(pins) + "\n")
    print(f"constraints: wrote {len(pins)} versions")


if __name__ == "__main__":
    main(sys.argv[1:])
