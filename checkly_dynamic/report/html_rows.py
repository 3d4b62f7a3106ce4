"""The table of the page: one row for each check, with a bar for each attempt over the shared axis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from html import escape

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.core.verdict import is_bad
from checkly_dynamic.report.html_text import ICONS, bdi, linked, status_word
from checkly_dynamic.report.model import CheckResult, GateReport
from checkly_dynamic.report.safe import title, words
from checkly_dynamic.report.timeline import Axis, Bar
from checkly_dynamic.report.times import duration, elapsed, span

__all__ = ["Row", "filter_word", "head", "row"]

_LANE = 18
_LABEL = 24.0
"""How much of the axis a label takes, in per cent, at most."""


@dataclass(frozen=True)
class Row:
    """
    One check on the page.

    Attributes:
        gate: Its gate.
        result: What is known of it.
        anchor: The row's id on the page.
        spans: Begin and end of each attempt that has them.
        until: Where a session that still ran is cut.
        mark: How it differs from the previous run: ``newly failing``, ``fixed``, ``slower`` or nothing.
    """

    gate: GateReport
    result: CheckResult
    anchor: str
    spans: tuple[tuple[datetime, datetime], ...]
    until: datetime | None
    mark: str


def filter_word(entry: Row) -> str:
    """Return the word by which a row is filtered: its status, or ``FLAKY``."""
    return "FLAKY" if entry.result.outcome == "flaky" else words(entry.result.session.status, limit=40) or "UNKNOWN"


def head(axis: Axis | None) -> str:
    """Return the head of the table, with the axis' marks."""
    cells = '<th scope="col">Status</th><th scope="col">Check</th><th scope="col" class="took">Took</th>'
    if axis is not None:
        labels = "".join(
            f'<text x="{tick.at}%" y="11" {_anchor(tick.at)}>{escape(tick.label)}</text>' for tick in axis.ticks()
        )
        marks = f'<svg class="axis" aria-hidden="true">{labels}</svg>'
        cells += f'<th scope="col" class="time"><span class="quiet">Timeline</span>{marks}</th>'
    return f"<thead><tr>{cells}</tr></thead>"


def row(entry: Row, axis: Axis | None) -> str:
    """Return one row of the table."""
    session, outcome = entry.result.session, entry.result.outcome
    seconds = elapsed(session)
    begin = entry.spans[0][0].timestamp() if entry.spans else 0
    name = linked(session, f"<bdi>{escape(title(session))}</bdi>")
    cells = [
        f'<td class="status"><span class="pill {outcome}">{ICONS[outcome]} {escape(_shown_status(entry))}</span></td>',
        f'<td class="check"><div class="name">{name}{_marks(entry)}</div>{_details(entry)}</td>',
        f'<td class="took">{escape(duration(seconds))}</td>',
    ]
    if axis is not None:
        cells.append(f'<td class="time">{_lanes(entry, axis)}</td>')
    data = f'data-s="{escape(filter_word(entry))}" data-t="{seconds or 0:.3f}" data-b="{begin:.0f}"'
    return f'<tr id="{entry.anchor}" {data}>{"".join(cells)}</tr>'


def _shown_status(entry: Row) -> str:
    status = status_word(entry.result.session.status) or "Unknown"
    return "Flaky" if entry.result.outcome == "flaky" and status == "Passed" else status


def _marks(entry: Row) -> str:
    return f' <span class="mark {entry.mark.replace(" ", "-")}">{entry.mark}</span>' if entry.mark else ""


def _details(entry: Row) -> str:
    session = entry.result.session
    facts = [status for status in (session.check_type, ", ".join(session.run_locations)) if status]
    parts = [f'<div class="facts">{" · ".join(bdi(fact, limit=120) for fact in facts)}</div>'] if facts else []
    if session.detail:
        parts.append(f'<div class="detail">{bdi(session.detail, limit=300)}</div>')
    if len(entry.result.attempts) > 1:
        runs = " ".join(_attempt(attempt) for attempt in entry.result.attempts)
        parts.append(f'<div class="attempts">Attempts: {runs}</div>')
    return "".join(parts)


def _attempt(session: CheckSession) -> str:
    took = duration(elapsed(session))
    label = f"{session.attempt}. {escape(status_word(session.status))}{f' {took}' if took else ''}"
    return linked(session, f"<span>{label}</span>")


def _lanes(entry: Row, axis: Axis) -> str:
    lanes: list[str] = []
    for session in entry.result.attempts:
        found = span(session, entry.until)
        if found is not None:
            lanes.append(_lane(entry, session, found, axis, len(lanes) * _LANE))
    if not lanes:
        return '<span class="quiet">no times known</span>'
    return f'<svg class="lanes" height="{len(lanes) * _LANE}">{"".join(lanes)}</svg>'


def _lane(entry: Row, session: CheckSession, found: tuple[datetime, datetime], axis: Axis, top: int) -> str:
    bar = axis.bar(*found)
    outcome = _attempt_outcome(entry, session)
    took = duration(elapsed(session)) or "not ended"
    label = f"{status_word(session.status)}, {took}"
    times = f"{found[0]:%H:%M:%S} to {found[1]:%H:%M:%S}" if session.finished else f"since {found[0]:%H:%M:%S}"
    attempt = f"attempt {session.attempt}, " if len(entry.result.attempts) > 1 else ""
    text = f'<text {_beside(bar)} y="{top + 13}">{escape(label)}</text>'
    state = outcome if session.finished else f"{outcome} open"
    place = f'x="{bar.at}%" y="{top + 3}" width="{bar.width}%" height="{_LANE - 6}" rx="3"'
    return f'<g class="{state}"><rect {place}><title>{escape(attempt + label)}, {times} UTC</title></rect>{text}</g>'


def _beside(bar: Bar) -> str:
    """Place a bar's label where there is room: behind it, before it, or else in it."""
    end = bar.at + bar.width
    if 100 - end >= _LABEL:
        return f'x="{end:.2f}%" dx="5"'
    if bar.at >= _LABEL:
        return f'x="{bar.at}%" dx="-5" text-anchor="end"'
    return f'x="{bar.at}%" dx="7" class="in"'


def _attempt_outcome(entry: Row, session: CheckSession) -> str:
    """What one attempt alone means: the last one of a flaky check passed."""
    if session is entry.result.session and entry.result.outcome != "flaky":
        return entry.result.outcome
    if not session.finished:
        return "running"
    if is_bad(session, entry.gate.fail_on):
        return "failed"
    return "passed" if session.status == "PASSED" else "warned"


def _anchor(at: float) -> str:
    return 'text-anchor="end"' if at > 93 else 'text-anchor="middle"' if at > 3 else ""
