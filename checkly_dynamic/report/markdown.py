"""
A report as GitHub-flavoured Markdown: for a job summary or a comment on a pull request.

Foreign text is escaped so that it stays text: no markup, no HTML, no links, no mentions, no references to issues.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.report.compare import Change, Changes
from checkly_dynamic.report.model import CheckResult, GateReport, Report, results
from checkly_dynamic.report.safe import link, title, words
from checkly_dynamic.report.times import duration, elapsed, moment

__all__ = ["COMMENT_LIMIT", "SUMMARY_LIMIT", "escaped", "render"]

COMMENT_LIMIT = 65_536
"""The longest comment that GitHub takes, in characters."""

SUMMARY_LIMIT = 1024 * 1024
"""The largest job summary of a step that GitHub takes, in bytes."""

SIGNS = {"PASSED": "✅", "FAILED": "❌", "PENDING": "⏳", "UNKNOWN": "❔"}
"""One sign for each conclusion."""

_OUTCOME_SIGNS = {"failed": "❌", "unknown": "❔", "running": "⏳", "flaky": "🔁", "warned": "⚠️", "passed": "✅"}
_PUNCTUATION = re.compile(r"([!#$*:@\[\\\]^_`{|}~]|(?<=www)\.)", re.IGNORECASE)
"""What means something inside a line, and what makes GitHub see a link; nothing foreign stands at the start of a line."""

_NO_REFERENCE = "\N{WORD JOINER}"
_MOST_CHANGES = 20


def render(report: Report, changes: Changes | None = None, *, limit: int = COMMENT_LIMIT) -> str:
    """
    Return the report as Markdown.

    Args:
        report: What to tell.

        changes: What is different from a previous run, if one was given.

        limit: The longest result, in bytes of UTF-8, so that it holds for a limit in characters too. Good results are left out
            before bad ones, and what was left out is said.
    """
    for most in (10_000, 1000, 300, 100, 30, 10, 3, 0):
        text = _render(report, changes, most)
        if len(text.encode()) <= limit:
            return text
    head = "\n".join(_head(report))
    return head.encode()[:limit].decode(errors="ignore")


def escaped(text: str, *, limit: int = 500) -> str:
    """Return foreign text as Markdown that shows just this text, on one line."""
    marked = _PUNCTUATION.sub(r"\\\1", words(text, limit=limit))
    # A backslash keeps Markdown from reading markup, but GitHub looks for mentions and references later, in the text.
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
    if not report.gates:
        return ["## ❔ No gate", "", "No gate was found, so nothing is known.", ""]
    stack = f" · {escaped(report.stack, limit=100)}" if report.stack else ""
    if len(report.gates) == 1:
        return [f"## {SIGNS[report.conclusion]} {report.conclusion}{stack}", ""]
    good = sum(gate.passed for gate in report.gates)
    return [
        f"## {SIGNS[report.conclusion]} {report.conclusion}{stack}",
        "",
        f"{good} of {len(report.gates)} gates passed.",
        "",
    ]


def _gate(gate: GateReport, most: int, *, alone: bool) -> list[str]:
    name = escaped(gate.name, limit=100)
    lines = [f"**{name}**: {escaped(gate.reason)}" if alone else f"### {SIGNS[gate.conclusion]} {name}", ""]
    if not alone:
        lines += [f"{gate.conclusion}: {escaped(gate.reason)}", ""]
    lines += [line for note in gate.notes for line in (f"> **Note:** {escaped(note)}", "")]
    facts = [f"deploy version **{escaped(version, limit=100)}**" for version in gate.deploy_versions[:10]]
    facts += [f"judged {moment(gate.finished_at)}"] if moment(gate.finished_at) else []
    facts += ["only recorded, stops nothing"] if gate.records_only else []
    lines += [" · ".join(facts), ""] if facts else []
    found = results(gate)
    bad = [result for result in found if result.outcome not in ("passed", "warned")]
    good = found[len(bad) :]
    lines += _table(bad, most)
    if good:
        summary = ", ".join(
            f"{number} {escaped(word)}" for word, number in Counter(r.session.status for r in good).items()
        )
        lines += ["<details>", f"<summary>{summary}</summary>", "", *_table(good, most), "</details>", ""]
    return lines


def _table(found: list[CheckResult], most: int) -> list[str]:
    if not found:
        return []
    left_out = len(found) - most
    lines = ["| | Check | Status | Took | Locations |", "|---|---|---|---:|---|"] if most else []
    lines += [_row(result) for result in found[:most]]
    if left_out > 0:
        lines += ["", f"… and {left_out} more: see the whole report."]
    return [*lines, ""]


def _row(result: CheckResult) -> str:
    session = result.session
    status = escaped(session.status, limit=40)
    if len(result.attempts) > 1:
        before = ", ".join(escaped(attempt.status, limit=40) for attempt in result.earlier[-5:])
        status += f", attempt {session.attempt} (before: {before})"
    elif session.attempt > 1:
        status += f", attempt {session.attempt}"
    detail = f"<br>{escaped(session.detail, limit=300)}" if session.detail else ""
    cells = [
        _OUTCOME_SIGNS[result.outcome],
        f"{_linked(session)}{detail}",
        status,
        duration(elapsed(session)),
        escaped(", ".join(session.run_locations), limit=120),
    ]
    return f"| {' | '.join(cells)} |"


def _linked(session: CheckSession) -> str:
    name = escaped(title(session))
    url = link(session.link)
    return f"[{name}]({_in_markdown(url)})" if url else name


def _in_markdown(url: str) -> str:
    """Encode what would end a link or a table cell; the rest was made harmless before."""
    for char in "()*_~[]$!":
        url = url.replace(char, f"%{ord(char):02X}")
    return url


def _changes(changes: Changes, most: int) -> list[str]:
    if not changes:
        return ["Nothing changed since the previous run.", ""]
    lines: list[str] = []
    kinds: list[tuple[str, tuple[Change, ...], Callable[[CheckSession], str]]] = [
        ("newly failing", changes.newly_failing, _status),
        ("fixed", changes.fixed, _status),
        ("slower by more than half", changes.slower, _took),
    ]
    for label, found, show in kinds:
        shown = found[: min(most, _MOST_CHANGES)]
        lines += [
            f"- {label}: {_linked(change.now.session)} ({show(change.before.session)} → {show(change.now.session)})"
            for change in shown
        ]
        lines += [f"- {label}: {len(found) - len(shown)} more"] if len(found) > len(shown) else []
    lines += [f"- {line}" for line in changes.membership]
    return ["**Since the previous run**", "", *lines, ""]


def _status(session: CheckSession) -> str:
    return escaped(session.status, limit=40)


def _took(session: CheckSession) -> str:
    return duration(elapsed(session))
