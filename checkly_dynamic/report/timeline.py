"""
A time axis that all sessions of a report share, with long pauses folded.

A deployment that is repaired the next morning has sessions of two days; without folding, every bar would be a hairline.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from checkly_dynamic.report.times import duration

__all__ = ["Axis", "Bar", "Tick", "axis_of"]

_FOLD = 0.06
"""How much of the axis a folded pause takes."""

_LONG_PAUSE = 60.0
"""Shorter pauses, in seconds, are never folded."""

_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400)
_MOST_TICKS = 5


@dataclass(frozen=True)
class Tick:
    """A mark on the axis: where, in per cent, and what it says."""

    at: float
    label: str


@dataclass(frozen=True)
class Bar:
    """Where a bar begins and how wide it is, in per cent of the axis."""

    at: float
    width: float


@dataclass(frozen=True)
class Axis:
    """
    The shared axis.

    Attributes:
        start: When the first session began.
        stretches: The times in which something ran: begin and end in seconds after the start, and where the stretch begins and
            ends on the axis, from 0 to 1.
    """

    start: datetime
    stretches: tuple[tuple[float, float, float, float], ...]

    def bar(self, begin: datetime, end: datetime) -> Bar:
        """Return the bar of a session, wide enough to be seen."""
        left, right = self._place(begin) * 100, self._place(end) * 100
        width = min(max(right - left, 0.4), 100.0)
        return Bar(round(min(left, 100 - width), 2), round(width, 2))

    def ticks(self) -> list[Tick]:
        """Return the marks: seconds since the start, and after a folded pause the time since then."""
        busy = sum(end - begin for begin, end, _, _ in self.stretches)
        step = next((s for s in _STEPS if busy / s <= _MOST_TICKS), max(_STEPS[-1], busy / _MOST_TICKS))
        found: list[Tick] = []
        for index, (begin, end, left, right) in enumerate(self.stretches):
            if index:
                found.append(Tick(round(left * 100, 2), f"{duration(begin)} later"))
            ticks = int((end - begin) / step + 1e-9)
            for number in range(1 if index else 0, ticks + 1):
                where = left + (right - left) * (number * step / (end - begin) if end > begin else 0)
                if not index or where - left > _FOLD * 2:
                    label = _label(number * step) if number else "start"
                    found.append(Tick(round(where * 100, 2), f"+{label}" if index else label))
        return found

    def _place(self, moment: datetime) -> float:
        second = (moment - self.start).total_seconds()
        for begin, end, left, right in self.stretches:
            if second <= end:
                inside = max(0.0, second - begin) / (end - begin) if end > begin else 0.0
                return left + (right - left) * inside
        return 1.0


def axis_of(spans: Iterable[tuple[datetime, datetime]]) -> Axis | None:
    """Return the axis for these sessions' begin and end; None without any."""
    ordered = sorted(spans)
    if not ordered:
        return None
    start = ordered[0][0]
    seconds = [((begin - start).total_seconds(), (end - start).total_seconds()) for begin, end in ordered]
    stretches = _stretches(seconds)
    busy = sum(end - begin for begin, end in stretches) or 1.0
    room = 1.0 - min(0.5, _FOLD * (len(stretches) - 1))
    fold = (1.0 - room) / max(1, len(stretches) - 1)
    placed: list[tuple[float, float, float, float]] = []
    left = 0.0
    for begin, end in stretches:
        right = left + room * (end - begin) / busy
        placed.append((begin, end, left, min(1.0, right)))
        left = right + fold
    return Axis(start, tuple(placed))


def _label(seconds: float) -> str:
    """Show a round time as short as it goes."""
    for unit, name in ((3600, "h"), (60, "min"), (1, "s")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds / unit:g} {name}"
    return f"{seconds:g} s" if seconds < 60 else duration(seconds)


def _stretches(seconds: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Join what overlaps or is separated by a pause that is short, in itself or beside all the work."""
    busy = _length(_joined(seconds, 0.0))
    return _joined(seconds, max(_LONG_PAUSE, busy))


def _joined(seconds: list[tuple[float, float]], pause: float) -> list[tuple[float, float]]:
    found = [seconds[0]]
    for begin, end in seconds[1:]:
        if begin - found[-1][1] > pause:
            found.append((begin, end))
        else:
            found[-1] = (found[-1][0], max(found[-1][1], end))
    return found


def _length(stretches: list[tuple[float, float]]) -> float:
    return sum(end - begin for begin, end in stretches)
