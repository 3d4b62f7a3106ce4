"""Make the fault server importable, and give all schedules one local Checkly."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "faults"))

from checkly_dynamic.emulator.testing import LocalCheckly


@pytest.fixture(scope="session")
def checkly() -> Iterator[LocalCheckly]:
    """Run a local Checkly, twenty times faster than life."""
    with LocalCheckly({"checks": []}, speed=20) as server:
        yield server


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the shortest times shorter than in life, so that a whole schedule takes less than a second or two."""
    monkeypatch.setattr("checkly_dynamic.core.gate._SHORTEST_RERUN", 0.2)
    monkeypatch.setattr("checkly_dynamic.api.transport.exchange._SHORTEST_SEND", 0.2)
    monkeypatch.setattr("checkly_dynamic.core.polling._SHORTEST_ROUND", 0.1)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
