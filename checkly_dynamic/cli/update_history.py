"""What ``pulumi stack history`` says about a stored state and a stored verdict. The history has whole seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import GateReport, doubted
from checkly_dynamic.report.presentation import moment

__all__ = ["doubted_after", "is_completed"]


def is_completed(stored_at: str, last: Mapping[str, Any] | None) -> bool:
    """
    Whether a state was written by an update that succeeded, not by a later one that was killed and left no history.

    Args:
        stored_at: When the state was written, ISO 8601.

        last: The newest entry of the history, if it is known.
    """
    if not last or last.get("result") != "succeeded":
        return False
    ended, written = instant(str(last.get("endTime"))), instant(stored_at)
    return ended is not None and written is not None and written.replace(microsecond=0) <= ended


def doubted_after(gate: GateReport, last: Mapping[str, Any]) -> GateReport:
    """
    Doubt a good verdict if the last update began after it and did not succeed.

    That update may have changed what the checks are about, and ended before they ran again. If it began before the verdict, the
    verdict belongs to it and stands.
    """
    began, judged = instant(str(last.get("startTime"))), instant(gate.finished_at)
    if not gate.passed or last.get("result") in (None, "succeeded") or (began and judged and began <= judged):
        return gate
    when = moment(str(last.get("startTime")))
    after = f"the last deployment{f' ({when})' if when else ''} did not succeed and began after this verdict"
    note = "The stored verdict is PASSED, from before the last deployment. Run pulumi up again."
    return doubted(gate, f"{after}, so what is deployed now may not have been checked", note)
