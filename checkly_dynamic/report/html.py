"""
A report as one self-contained page: no request leaves it, and no foreign text in it can do anything.

Everything foreign is escaped; besides, a content security policy lets only the page's own style and script run, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from html import escape
from importlib import resources

from checkly_dynamic import _version
from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.compare import Changes
from checkly_dynamic.report.html_rows import Row, filter_word, head, row
from checkly_dynamic.report.html_text import CONCLUSION_WORDS, ICONS, bdi, change_list, status_word
from checkly_dynamic.report.model import OUTCOMES, GateReport, Report, results
from checkly_dynamic.report.safe import words
from checkly_dynamic.report.timeline import Axis, axis_of
from checkly_dynamic.report.times import duration, moment, span

__all__ = ["render"]

_OUTCOME_OF = {"PASSED": "passed", "FAILED": "failed", "PENDING": "running", "UNKNOWN": "unknown"}
_ICON_COLORS = {"PASSED": "1a7f37", "FAILED": "cf222e", "PENDING": "0969da", "UNKNOWN": "8250df"}


def render(report: Report, changes: Changes | None = None) -> str:
    """
    Return the report as an HTML page.

    Args:
        report: What to tell.

        changes: What is different from a previous run, if one was given.
    """
    rows = _rows(report, changes)
    axis = axis_of(found for entry in rows for found in entry.spans)
    style, script = _file("page.css") + _grid(axis), _file("page.js")
    outcome = _OUTCOME_OF[report.conclusion]
    title = " · ".join(part for part in (CONCLUSION_WORDS[report.conclusion], words(report.stack, limit=80)) if part)
    body = [
        _hero(report, outcome),
        change_list(changes) if changes is not None else "",
        _toolbar(rows) if rows else "",
        *(_section(report, gate, [r for r in rows if r.gate is gate], axis) for gate in report.gates),
        _footer(report),
    ]
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(style, script)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(title)}</title>",
            f'<link rel="icon" href="{_icon(report.conclusion)}">',
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            *(part for part in body if part),
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _rows(report: Report, changes: Changes | None) -> list[Row]:
    found: list[Row] = []
    marks = changes.marks() if changes else {}
    for gate in report.gates:
        until = instant(gate.finished_at)
        for result in results(gate):
            spans = [found_span for s in result.attempts if (found_span := span(s, until)) is not None]
            mark = marks.get((gate.name, result.session.check_id.lower()), "")
            found.append(Row(gate, result, f"c{len(found) + 1}", tuple(spans), until, mark))
    return found


def _hero(report: Report, outcome: str) -> str:
    gate = report.gates[0] if len(report.gates) == 1 else None
    if gate is not None:
        line = f"{bdi(gate.name, limit=100)}: {bdi(gate.reason)}"
    elif report.gates:
        good = sum(g.passed for g in report.gates)
        line = f"{good} of {len(report.gates)} gates passed"
    else:
        line = "No gate was found, so nothing is known."
    facts = [("Stack", bdi(report.stack, limit=100))] if report.stack else []
    facts += _gate_facts(gate) if gate is not None else [_gate_link(g, i) for i, g in enumerate(report.gates[:20], 1)]
    return (
        f'<header class="hero {outcome}"><span class="sign" aria-hidden="true">{ICONS[outcome]}</span><div>'
        f'<h1>{CONCLUSION_WORDS[report.conclusion]}</h1><p class="reason">{line}</p>{_facts(facts)}</div>'
        f"{_notes(gate) if gate is not None else ''}</header>"
    )


def _gate_link(gate: GateReport, number: int) -> tuple[str, str]:
    outcome = _OUTCOME_OF[gate.conclusion]
    link = f'<a class="{outcome}" href="#g{number}">{ICONS[outcome]} {CONCLUSION_WORDS[gate.conclusion]}</a>'
    return bdi(gate.name, limit=60), link


def _section(report: Report, gate: GateReport, rows: list[Row], axis: Axis | None) -> str:
    number = next(number for number, other in enumerate(report.gates, 1) if other is gate)
    parts = [f'<section class="gate" id="g{number}">']
    if len(report.gates) > 1:
        outcome = _OUTCOME_OF[gate.conclusion]
        parts += [
            f'<h2><span class="sign {outcome}" aria-hidden="true">{ICONS[outcome]}</span>',
            f'{bdi(gate.name, limit=100)} <small class="{outcome}">{CONCLUSION_WORDS[gate.conclusion]}</small></h2>',
            f'<p class="reason">{bdi(gate.reason)}</p>',
            _facts(_gate_facts(gate)),
            _notes(gate),
        ]
    if rows:
        parts += [f'<table class="{"timed" if axis else "untimed"}">', head(axis), "<tbody>"]
        parts += [row(entry, axis) for entry in rows]
        parts += ["</tbody>", "</table>"]
    else:
        parts.append('<p class="empty">No check session.</p>')
    parts.append("</section>")
    return "\n".join(part for part in parts if part)


def _gate_facts(gate: GateReport) -> list[tuple[str, str]]:
    facts = [("Deploy version", bdi(version, limit=100)) for version in gate.deploy_versions[:10]]
    facts += [("Judged", _time(gate.finished_at))] if moment(gate.finished_at) else []
    # From the last look, not from the trigger: what was repaired a day later did not take a day.
    took = _took(gate.started_at or gate.triggered_at, gate.finished_at)
    facts += [("Waited", escape(took))] if took else []
    facts += [("Effect", "only recorded, stops nothing")] if gate.records_only else []
    return facts


def _facts(facts: list[tuple[str, str]]) -> str:
    if not facts:
        return ""
    return f'<dl class="facts">{"".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts)}</dl>'


def _notes(gate: GateReport) -> str:
    return "".join(f'<p class="note">{bdi(note)}</p>' for note in gate.notes)


def _toolbar(rows: list[Row]) -> str:
    counts = Counter((OUTCOMES.index(entry.result.outcome), filter_word(entry)) for entry in rows)
    outcomes = {filter_word(entry): entry.result.outcome for entry in rows}
    share, before = "", 0
    for (_, word), number in sorted(counts.items()):
        left, width = before / len(rows) * 100, number / len(rows) * 100
        share += f'<rect class="{outcomes[word]}" x="{left:.3f}%" width="{width:.3f}%" height="100%"/>'
        before += number
    chips = "".join(
        f'<button type="button" class="chip {outcomes[word]}" data-filter="{escape(word)}" aria-pressed="false">'
        f"{ICONS[outcomes[word]]} {escape(status_word(word))} <b>{number}</b></button>"
        for (_, word), number in sorted(counts.items())
    )
    return (
        f'<svg class="share" role="img" aria-label="Share of each status" preserveAspectRatio="none">{share}</svg>'
        '<nav class="toolbar" aria-label="Filter" hidden>'
        f'<button type="button" class="chip all" data-filter="" aria-pressed="true">All <b>{len(rows)}</b></button>{chips}'
        '<input type="search" id="search" placeholder="Search name, location…" aria-label="Search checks"> '
        '<select id="sort" aria-label="Order"><option value="worst">worst first</option>'
        '<option value="slow">slowest first</option><option value="start">by start</option>'
        '<option value="name">by name</option></select>'
        '<output id="shown" aria-live="polite"></output></nav>'
    )


def _footer(report: Report) -> str:
    stored = f"State of {_time(report.stored_at)} · " if moment(report.stored_at) else ""
    return f"<footer>{stored}checkly-dynamic {escape(_version.__version__)} · all times in UTC</footer>"


def _time(text: str) -> str:
    found = instant(text)
    machine = found.strftime("%Y-%m-%dT%H:%M:%SZ") if found else ""
    return f'<time datetime="{machine}">{escape(moment(text))}</time>'


def _took(start: str, stop: str) -> str:
    begin, end = instant(start), instant(stop)
    return duration((end - begin).total_seconds()) if begin and end and end >= begin else ""


def _grid(axis: Axis | None) -> str:
    """Draw the axis' marks behind the bars, as a part of the style, because the policy allows no style attributes."""
    ticks = axis.ticks() if axis else []
    if not ticks:
        return ""
    images = ",".join(["linear-gradient(var(--grid),var(--grid))"] * len(ticks))
    places = ",".join(f"{tick.at}% 0" for tick in ticks)
    return f"td.time{{background-image:{images};background-position:{places}}}"


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _icon(conclusion: str) -> str:
    circle = f"%3Ccircle cx='8' cy='8' r='7' fill='%23{_ICON_COLORS[conclusion]}'/%3E"
    return f"data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E{circle}%3C/svg%3E"


def _file(name: str) -> str:
    return resources.files("checkly_dynamic.report").joinpath(name).read_text(encoding="utf-8")
