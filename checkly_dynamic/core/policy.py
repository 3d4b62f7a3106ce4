"""How a gate waits and judges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON

__all__ = ["Policy"]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How a gate waits and judges; see ``CheckSessionGate`` for the meaning of each field."""

    timeout_seconds: float = 900.0
    fail_on: tuple[str, ...] = DEFAULT_FAIL_ON
    attempts: int = 1
    fail_fast: bool = False
    non_blocking: tuple[str, ...] = ()
    record_only: bool = False
    failure_details: bool = True

    @classmethod
    def from_state(cls, inputs: Mapping[str, Any]) -> Policy:
        """Read the policy from validated inputs, where numbers are floats and defaults are absent."""
        default = cls()
        return cls(
            timeout_seconds=float(inputs.get("timeoutSeconds", default.timeout_seconds)),
            fail_on=tuple(inputs.get("failOn", default.fail_on)),
            attempts=int(inputs.get("attempts", default.attempts)),
            fail_fast=bool(inputs.get("failFast", default.fail_fast)),
            non_blocking=tuple(inputs.get("nonBlocking") or ()),
            record_only=inputs.get("onFailure") == "record",
            failure_details=bool(inputs.get("failureDetails", default.failure_details)),
        )

    def is_non_blocking(self, check_id: str, name: str = "") -> bool:
        """Whether ``non_blocking`` names a check, by its id or its exact name."""
        return bool(name and name in self.non_blocking) or check_id.lower() in map(str.lower, self.non_blocking)
