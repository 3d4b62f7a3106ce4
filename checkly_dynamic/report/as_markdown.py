"""
A report as GitHub-flavoured Markdown, for a job summary or a comment on a pull request.

Foreign text is escaped: no markup, no HTML, no links, no mentions, no references to issues.
"""

from __future__ import annotations

import re
from collections import Counter

from checkly_dynamic.report import presentation as show
from checkly_dynamic.report.compare import KINDS, Changes
from checkly_dynamic.report.model import CheckResult, GateReport, Report
from checkly_dynamic.report.results import results

__all__ = ["COMMENT_LIMIT", "SUMMARY_LIMIT", "escaped", "render"]

COMMENT_LIMIT = 65_536
"""The longest comment that GitHub accepts, in characters."""

SUMMARY_LIMIT = 1024 * 1024
"""The largest job summary of a step that GitHub accepts, in bytes."""

_USED = 0.95
"""The part of a limit that is used: GitHub drops job summaries that are only just small enough."""

_PUNCTUATION = re.compile(r"([!#$*:@\[\\\]^_`{|}~]|(?<=www)\.)", re.IGNORECASE)
"""What means something inside a line, and what GitHub turns into a link. Foreign text never starts a line."""

_NO_REFERENCE = "\N{WORD JOINER}"
_MOST_CHANGES = 20


def render(report: Report, changes: Changes | None = None, *, limit: int = COMMENT_LIMIT) -> str:
    """
    Return the report as Markdown.

    Args:
        report: The report.

        changes: The differences from a previous run, if there is one.

        limit: What the reader of the report accepts, in bytes. The report stays 5 % below it. Good checks are left out before
            bad ones, and the report says how many are left out.
    """
    limit = int(limit * _USED)
    for most in (10_000, 1000, 300, 100, 30, 10, 3, 0):
        text = _render(report, changes, most)
        if len(text.encode()) <= limit:
            return text
    return "\n".join(_head(report)).encode()[:limit].decode(errors="ignore")


def escaped(text: str, limit: int = 500) -> str:
    """Return foreign text as Markdown that shows exactly this text, on one line."""
    marked = _PUNCTUATION.sub(r"\\\1", show.one_line(text, limit))
    # A backslash stops Markdown, but GitHub looks for mentions and references later, in the resulting text.
    unlinked = re.sub(r"(\\[@#])(?=\w)", rf"\1{_NO_REFERENCE}", marked)
    return unlinked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _render(report: Report, changes: Changes | None, most: int) -> str:
    lines = _head(report)
    if changes is not None:
        lines += _changes(changes, most)
    for gate in report.gates:
        lines += _gate(gate, most, alone=len(report.gates) == 1)
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(report: Report) -> list[str]:
    stack = f" · {escaped(report.stack, 100)}" if report.stack else ""
    lines = [f"## {show.EMOJI[show.CONCLUSION_OUTCOMES[report.conclusion]]} {report.conclusion}{stack}", ""]
    return lines if len(report.gates) == 1 else [*lines, show.headline(report), ""]


def _gate(gate: GateReport, most: int, *, alone: bool) -> list[str]:
    name, sign = escaped(gate.name, 100), show.EMOJI[show.CONCLUSION_OUTCOMES[gate.conclusion]]
    lines = [] if alone else [f"### {sign} {name}", ""]
    lines += [f"**{name if alone else gate.conclusion}**: {escaped(gate.reason)}", ""]
    lines += [line for note in gate.notes for line in (f"> **Note:** {escaped(note)}", "")]
    lines += [escaped(show.sentence(gate), 2000), ""] if show.sentence(gate) else []
    found = results(gate)
    bad = show.needs_attention(found)
    good = found[len(bad) :]  # sorted: these come last
    lines += _table(bad, most)
    if good:
        counts = Counter(result.run.status for result in good)
        summary = ", ".join(f"{number} {escaped(word, 40)}" for word, number in counts.items())
        lines += ["<details>", f"<summary>{summary}</summary>", "", *_table(good, most), "</details>", ""]
    return lines


def _table(found: list[CheckResult], most: int) -> list[str]:
    if not found:
        return []
    lines = ["| | Check | Status | Took | Locations |", "|---|---|---|---:|---|"] if most else []
    lines += [_row(result) for result in found[:most]]
    if len(found) > most:
        lines += ["", f"… and {len(found) - most} more: see the whole report."]
    return [*lines, ""]


def _row(result: CheckResult) -> str:
    run = result.run
    below = [text for text in (run.detail, *show.error_lines(result)) if text]
    shown = escaped(show.status(result), 80)
    if run.attempt > 1:
        before = ", ".join(escaped(attempt.status, 40) for attempt in result.earlier[-5:])
        shown += f", attempt {run.attempt}" + (f" (before: {before})" if before else "")
    cells = [
        show.EMOJI[result.outcome],
        "<br>".join([_linked(result), *(escaped(text, 300) for text in below)]),
        shown,
        show.duration(show.elapsed(run)),
        escaped(", ".join(run.run_locations), 120),
    ]
    return f"| {' | '.join(cells)} |"


def _linked(result: CheckResult) -> str:
    name, url = escaped(result.name, 120), show.link(result.run.link)
    for char in "()*_~[]$!":  # these end a link or mean something in a table
        url = url.replace(char, f"%{ord(char):02X}")
    return f"[{name}]({url})" if url else name


def _changes(changes: Changes, most: int) -> list[str]:
    if not changes:
        return ["Nothing changed since the previous run.", ""]
    lines: list[str] = []
    for kind in KINDS:
        found = changes.of(kind)
        shown = found[: min(most, _MOST_CHANGES)]
        lines += [f"- {kind}: {_linked(change.now)} ({escaped(change.difference)})" for change in shown]
        lines += [f"- {kind}: {len(found) - len(shown)} more"] if len(found) > len(shown) else []
    return ["**Since the previous run**", "", *lines, *(f"- {line}" for line in changes.membership), ""]
