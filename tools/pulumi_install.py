"""Get the Pulumi CLI with Pulumi's own installer, through the Automation API."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from pulumi_process import Unusable, run

if TYPE_CHECKING:
    from pathlib import Path

FORBIDDEN = "PULUMI_CLI_NO_INSTALLER"
"""The environment variable that keeps the installer, a script from the internet, from being run."""

REACH_SECONDS = 20
"""How long it may take until the installer has been downloaded: a machine without internet must not hang."""

LIMIT_SECONDS = 600.0


def install(entry: Path, version: str) -> None:
    """
    Install a release of the CLI into ``entry/bin``.

    Args:
        entry: An existing, empty folder.
        version: The release, without a leading v.

    Raises:
        Unusable: The installer is forbidden here, cannot be reached, or failed.
    """
    if os.environ.get(FORBIDDEN):
        raise Unusable(f"{FORBIDDEN} is set")
    if importlib.util.find_spec("pulumi") is None:
        raise Unusable(f"the Python package pulumi is not installed for {sys.executable}")
    run(
        [sys.executable, __file__, str(entry), version, str(REACH_SECONDS)],
        label="installing the Pulumi CLI",
        limit=LIMIT_SECONDS,
    )


def _main(root: str, version: str, reach_seconds: str) -> None:
    """Install in a process of its own, which the alarm ends when the installer cannot be downloaded in time."""
    from pulumi.automation import PulumiCommand  # noqa: PLC0415 - only this process needs it, and it is slow to import
    from semver import VersionInfo  # noqa: PLC0415 - same

    def stop_the_clock(event: str, arguments: tuple[Any, ...]) -> None:
        # The SDK downloads a script and then runs it. Once it runs, there is a connection and the real work begins.
        if event == "subprocess.Popen" and "--install-root" in arguments[1]:
            signal.alarm(0)

    sys.addaudithook(stop_the_clock)
    signal.alarm(int(reach_seconds))
    try:
        PulumiCommand.install(root=root, version=VersionInfo.parse(version))
    except Exception as error:  # noqa: BLE001 - whatever it is, the next way is tried; the reason is one line
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
