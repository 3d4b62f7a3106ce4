"""Times and durations: read as they are stored, shown as people read them."""

from __future__ import annotations

from datetime import datetime, timedelta

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.timestamps import instant

__all__ = ["duration", "elapsed", "moment", "span"]


def moment(text: str | None) -> str:
    """Show a time as ``2026-11-23 07:48:41 UTC``; an empty text when it cannot be read."""
    found = instant(text)
    return found.strftime("%Y-%m-%d %H:%M:%S UTC") if found else ""


def duration(seconds: float | None) -> str:
    """Show a length of time with two figures that matter: ``50 ms``, ``2.3 s``, ``1 min 05 s``, ``2 h 10 min``."""
    if seconds is None or seconds < 0:
        return ""
    if round(seconds, 3) < 1:
        return f"{seconds * 1000:.0f} ms"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def elapsed(session: CheckSession) -> float | None:
    """Return how long a session that has ended took, in seconds; None while it runs or when Checkly did not say."""
    if not session.finished:
        return None
    if session.time_elapsed is not None and session.time_elapsed > 0:
        return session.time_elapsed / 1000
    start, stop = instant(session.started_at), instant(session.stopped_at)
    if start is None or stop is None or stop < start:
        return None
    return (stop - start).total_seconds()


def span(session: CheckSession, until: datetime | None) -> tuple[datetime, datetime] | None:
    """
    Return from when to when a session ran, for a timeline.

    Args:
        session: Any session.

        until: Where a session without a known end is cut: when the gate looked last.

    Returns:
        Start and end, the end never before the start; None when the start is not known.
    """
    start = instant(session.started_at)
    if start is None:
        return None
    stop = instant(session.stopped_at)
    if stop is None:
        took = elapsed(session)
        try:
            stop = start + timedelta(seconds=took) if took is not None else until
        except OverflowError:
            stop = until
    return start, max(start, stop or start)
