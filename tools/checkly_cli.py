"""Checkly's own command-line tool, unchanged, with its own Node, in a folder of the user's cache that all checkouts share."""

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

CLI, NODE = "checkly@9.5.0", "node@22.23.3"  # the tool needs Node 22.13 or newer
INSTALL_SECONDS = 240


def ensure() -> Path:
    """Return the folder of its programs, `checkly` and `node`; install them with npm first if they are missing."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "checkly-dynamic"
    folder = cache / f"official-cli-{CLI}-{NODE}".replace("@", "-")
    programs = folder / "node_modules" / ".bin"
    if (programs / "checkly").exists():
        return programs
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as fresh:
        command = ["npm", "install", "--prefix", fresh, "--no-audit", "--no-fund", "--loglevel=error", CLI, NODE]
        subprocess.run(command, stdout=subprocess.DEVNULL, timeout=INSTALL_SECONDS, check=True, cwd=fresh)
        # Renamed when it is complete, so that the next run never finds a broken installation. If another process was
        # faster, its folder is as good.
        with contextlib.suppress(OSError):
            Path(fresh).rename(folder)
    return programs


def run(*arguments: str, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run ``checkly checks run`` in an empty folder, pointed at a local Checkly by these variables."""
    programs = ensure()
    own = {"CHECKLY_ENV": "local", "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "CI": "1"}
    return subprocess.run(
        [programs / "checkly", "checks", "run", *arguments],
        cwd=folder,
        env={**own, **env, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
