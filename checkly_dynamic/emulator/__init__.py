"""
A local Checkly: Checkly's API for check sessions and test sessions on this machine, without an account.

Start it with ``checkly-dynamic emulator``, or in tests with :class:`checkly_dynamic.emulator.testing.LocalCheckly`.
It does not import the rest of the library: client and emulator read the API document separately, so that one
misreading cannot cancel out.
"""

from importlib import resources

INSTALL = "pip install 'checkly-dynamic[emulator]'"


def packaged_text(path: str) -> str:
    """Read a file of the package; *path* begins below ``checkly_dynamic``."""
    return resources.files("checkly_dynamic").joinpath(path).read_text(encoding="utf-8")
