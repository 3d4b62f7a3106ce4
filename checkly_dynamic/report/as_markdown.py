"""A report as GitHub-flavoured Markdown. In foreign text, no markup, HTML, link, mention or reference to an issue works."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from checkly_dynamic.report import presentation as show
from checkly_dynamic.report.model import Change, CheckResult, GateReport, Report

_EMOJI = defaultdict(lambda: "⚠️", failed="❌", unknown="❔", running="⏳", flaky="🔁", passed="✅")

_PUNCTUATION = re.compile(r"([!#$*:@\[\\\]^_`{|}~]|(?<=www)\.)", re.IGNORECASE)
"""Markup inside a line, and text that GitHub turns into a link. Text from outside never starts a line."""

_NO_REFERENCE = "\N{WORD JOINER}"
_GOOD = ("warned", "passed")


def render(report: Report, *, limit: int = 65_536) -> str:
    """Return the report as Markdown, 5 % below the limit in bytes. Long tables are cut and say how many checks are left out."""
    limit = limit * 95 // 100  # GitHub drops job summaries that are just below the limit
    head = _head(report)
    for most in (10_000, 1000, 300, 100, 30, 10, 3, 0):
        lines = head + ([] if report.changes is None else _changes(report.changes, most))
        lines += [line for gate in report.gates for line in _gate(gate, most)]
        text = "\n".join(lines).rstrip("\n") + "\n"
        if len(text.encode()) <= limit:
            return text
    return "\n".join(head).encode()[:limit].decode(errors="ignore")


def _escaped(text: str) -> str:
    """Return text as Markdown that shows exactly this text."""
    marked = _PUNCTUATION.sub(r"\\\1", text)
    # A backslash stops Markdown, but GitHub looks for mentions and references later, in the resulting text.
    unlinked = re.sub(r"(\\[@#]|\bGH-)(?=\w)", rf"\1{_NO_REFERENCE}", marked)
    return unlinked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _head(report: Report) -> list[str]:
    stack = f" · {_escaped(report.stack)}" if report.stack else ""
    sign = _EMOJI[show.CONCLUSION_OUTCOMES[report.conclusion]]
    lines = [f"## {sign} {report.conclusion}{stack}", ""]
    return lines if len(report.gates) == 1 else [*lines, show.headline(report), ""]


def _gate(gate: GateReport, most: int) -> list[str]:
    sign = _EMOJI[show.CONCLUSION_OUTCOMES[gate.conclusion]]
    lines = [f"### {sign} {_escaped(gate.name)}", "", f"**{gate.conclusion}**: {_escaped(gate.reason)}", ""]
    lines += [line for note in gate.notes for line in (f"> **Note:** {_escaped(note)}", "")]
    lines += [_escaped(show.sentence(gate)), ""] if show.sentence(gate) else []
    lines += _table([result for result in gate.results if result.outcome not in _GOOD], most)
    if good := [result for result in gate.results if result.outcome in _GOOD]:
        counts = Counter(result.run.status for result in good)
        summary = ", ".join(f"{number} {_escaped(word)}" for word, number in counts.items())
        lines += ["<details>", f"<summary>{summary}</summary>", "", *_table(good, most), "</details>", ""]
    return lines


def _table(results: Sequence[CheckResult], most: int) -> list[str]:
    if not results:
        return []
    lines = ["| | Check | Status | Took | Locations |", "|---|---|---|---:|---|"] if most else []
    lines += [_row(result) for result in results[:most]]
    if len(results) > most:
        lines += ["", f"… and {len(results) - most} more: see the whole report."]
    return [*lines, ""]


def _row(result: CheckResult) -> str:
    run = result.run
    below = (_escaped(line) for line in (run.detail, *result.errors) if line)
    cells = [
        _EMOJI[result.outcome],
        "<br>".join([_linked(result), *below]),
        _escaped(result.status) + (f", attempt {run.attempt}" if run.attempt > 1 else ""),
        show.duration(show.elapsed(run)),
        _escaped(show.locations(run)),
    ]
    return f"| {' | '.join(cells)} |"


def _linked(result: CheckResult) -> str:
    name, url = _escaped(result.name), result.run.link
    return f"[{name}]({url})" if url else name


def _changes(changes: Sequence[Change], most: int) -> list[str]:
    if not changes:
        return ["Nothing changed since the previous run.", ""]
    lines = [f"- {change.kind}: {_linked(change.now)} ({_escaped(change.difference)})" for change in changes[:most]]
    lines += [f"- {len(changes) - most} more"] if len(changes) > most else []
    return ["**Since the previous run**", "", *lines, ""]
