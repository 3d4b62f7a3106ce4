"""Make the fault server importable, and give all schedules one local Checkly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "faults")]

from checkly_dynamic.emulator.testing import LocalCheckly


@pytest.fixture(scope="session")
def checkly() -> Iterator[LocalCheckly]:
    """Run a local Checkly, forty times faster than real time."""
    with LocalCheckly({"checks": []}, speed=40) as server:
        yield server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep proxies and certificates of this machine out."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
