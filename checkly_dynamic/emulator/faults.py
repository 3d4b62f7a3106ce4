"""
Faults on demand: which request is hit, and by what.

A fault is a plain dict of the scenario schema. Only the choice is made here; what a fault does to a connection is the
business of the app.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from checkly_dynamic.emulator.document import Operation


@dataclass
class Fault:
    """A fault and how many requests have fitted it so far."""

    spec: dict[str, Any]
    fitting: int = 0
    applied: int = 0

    def fits(self, operation: Operation, check_id: str | None) -> bool:
        """Tell whether a request is one of those that the fault is about."""
        spec = self.spec
        return (
            spec["route"] in ("*", operation.name)
            and spec.get("version", operation.version) == operation.version
            and ("checkId" not in spec or spec["checkId"].lower() == check_id)
        )

    def due(self, chance: random.Random) -> bool:
        """Count a fitting request and tell whether it is hit."""
        self.fitting += 1
        nth = self.spec.get("nth")
        wanted = nth is None or self.fitting in ([nth] if isinstance(nth, int) else nth)
        hit = wanted and ("probability" not in self.spec or chance.random() < self.spec["probability"])
        self.applied += hit
        return hit


@dataclass
class Faults:
    """
    The active faults.

    Every fault counts the requests that fit it; of those that hit the same request, the first one is applied.
    """

    seed: int = 0
    active: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311 - repeatable on purpose, nothing secret

    def load(self, specs: Iterable[dict[str, Any]]) -> None:
        """Replace all faults and start counting anew."""
        self.active = [Fault(dict(spec)) for spec in specs]
        self._chance = random.Random(self.seed)  # noqa: S311 - as above

    def add(self, spec: dict[str, Any]) -> None:
        """Add a fault after the active ones."""
        self.active.append(Fault(dict(spec)))

    def pick(self, operation: Operation, check_id: str | None) -> dict[str, Any]:
        """
        Choose the fault for a request.

        Args:
            operation: The requested operation.
            check_id: The check whose session it is about, if any.

        Returns:
            The fault's spec, an empty dict when nothing goes wrong.
        """
        hits = [fault.spec for fault in self.active if fault.fits(operation, check_id) and fault.due(self._chance)]
        return hits[0] if hits else {}

    def listing(self) -> list[dict[str, Any]]:
        """Return the faults with their counts, for the admin routes."""
        return [{**fault.spec, "fitting": fault.fitting, "applied": fault.applied} for fault in self.active]
