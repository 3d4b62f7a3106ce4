"""
A report for a terminal, and, plain and in lines that grep can use, for a log.

Foreign text is never read as markup, and holds nothing that a terminal would obey.
"""

from __future__ import annotations

import io
from collections.abc import Callable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.report.compare import Change, Changes
from checkly_dynamic.report.model import CheckResult, GateReport, Report, results
from checkly_dynamic.report.safe import link, title, words
from checkly_dynamic.report.times import duration, elapsed, moment

__all__ = ["render"]

_STYLES = {
    "failed": "red",
    "unknown": "magenta",
    "running": "blue",
    "flaky": "yellow",
    "warned": "yellow",
    "passed": "green",
}
_CONCLUSIONS = {"PASSED": "passed", "FAILED": "failed", "PENDING": "running", "UNKNOWN": "unknown"}
_SIGNS = {"failed": "✗", "unknown": "?", "running": "…", "flaky": "↻", "warned": "!", "passed": "✓"}
_MOST_GOOD = 30
_MOST_BAD = 200
_LOG_WIDTH = 4000


def render(report: Report, changes: Changes | None = None, *, width: int | None = None, color: bool = False) -> str:
    """
    Return the report as text.

    Args:
        report: What to tell.

        changes: What is different from a previous run, if one was given.

        width: The width of the terminal in columns; None for a log, where no line is broken or shortened.

        color: Whether to write ANSI colours.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=width or _LOG_WIDTH,
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for part in _parts(report, changes, wide=width is None):
        # Only tables are fitted to the width: a terminal wraps sentences itself, and a link that is broken in two is none.
        console.print(part, soft_wrap=isinstance(part, Text))
    # Two hash signs begin commands of some CI systems wherever they stand in a log.
    return "\n".join(line.rstrip().replace("##", "# #") for line in out.getvalue().splitlines()) + "\n"


def _parts(report: Report, changes: Changes | None, *, wide: bool) -> list[RenderableType]:
    parts: list[RenderableType] = []
    if not report.gates:
        parts.append(_headline("UNKNOWN", "no gate was found, so nothing is known"))
    if len(report.gates) > 1:
        good = sum(gate.passed for gate in report.gates)
        parts += [_headline(report.conclusion, f"{good} of {len(report.gates)} gates passed"), ""]
    if changes is not None:
        parts += [*_changes(changes), ""]
    for index, gate in enumerate(report.gates):
        parts += [*([""] if index else []), *_gate(gate, wide=wide)]
    return parts


def _headline(conclusion: str, text: str) -> Text:
    outcome = _CONCLUSIONS[conclusion]
    return Text.assemble((f"{_SIGNS[outcome]} {conclusion}", f"bold {_STYLES[outcome]}"), f"  {text}")


def _gate(gate: GateReport, *, wide: bool) -> list[RenderableType]:
    parts: list[RenderableType] = [_headline(gate.conclusion, f"{words(gate.name, limit=100)}: {words(gate.reason)}")]
    versions = ", ".join(words(version, limit=100) for version in gate.deploy_versions[:10])
    facts = [f"deploy version {versions}"] if versions else []
    facts += [f"judged {moment(gate.finished_at)}"] if moment(gate.finished_at) else []
    facts += ["only recorded, stops nothing"] if gate.records_only else []
    if facts:
        parts.append(Text(f"  {', '.join(facts)}", style="dim"))
    parts += [Text(f"  Note: {words(note)}", style="bold") for note in gate.notes]
    found = results(gate)
    bad = [result for result in found if result.outcome not in ("passed", "warned")]
    shown = [*bad[:_MOST_BAD], *found[len(bad) :][: max(0, _MOST_GOOD - len(bad))]]
    if shown:
        parts.append(Padding(_table(shown, wide=wide), (1, 0, 0, 2), expand=False))
    if len(found) > len(shown):
        parts += _left_out(found, shown)
    if not wide:
        parts += _links(shown)
    return parts


def _left_out(found: list[CheckResult], shown: list[CheckResult]) -> list[RenderableType]:
    counts: dict[str, int] = {}
    kept = {id(result) for result in shown}
    for result in found:
        if id(result) not in kept:
            counts[result.outcome] = counts.get(result.outcome, 0) + 1
    listed = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
    return [Text(f"  … and {len(found) - len(shown)} more ({listed}); --format html shows all", style="dim")]


def _table(found: list[CheckResult], *, wide: bool) -> Table:
    """One line for each check; for a log with detail and link on the same line, for a terminal with the name as a link."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="ellipsis", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(overflow="fold")
    for result in found:
        session, url = result.session, link(result.session.link)
        status = Text(f"{_SIGNS[result.outcome]} {_status(session)}", style=_STYLES[result.outcome])
        name = Text(title(session, limit=80), style="" if wide or not url else f"link {url}")
        attempt = f"attempt {session.attempt}" if session.attempt > 1 else ""
        facts = [words(", ".join(session.run_locations), limit=120), attempt, words(session.detail, limit=300)]
        more = [url or words(session.id, limit=80)] if wide and result.outcome != "passed" else []
        where = Text(", ".join(fact for fact in facts if fact), style="dim")
        table.add_row(status, name, Text(_took(session), style="dim"), Text("  ").join([where, *map(Text, more)]))
    return table


def _links(found: list[CheckResult]) -> list[RenderableType]:
    """For a terminal that cannot follow hidden links: those of the checks that did not simply pass, never broken in two."""
    rows: list[RenderableType] = []
    for result in found:
        url = link(result.session.link)
        if url and result.outcome != "passed":
            name = f"{_SIGNS[result.outcome]} {title(result.session, limit=60)}"
            rows.append(Text.assemble("  ", (name, _STYLES[result.outcome]), "\n    ", (url, "dim")))
    return ["", *rows] if rows else []


def _changes(changes: Changes) -> list[RenderableType]:
    if not changes:
        return [Text("Nothing changed since the previous run.")]
    parts: list[RenderableType] = [Text("Since the previous run:", style="bold")]
    kinds: list[tuple[str, str, tuple[Change, ...], Callable[[CheckSession], str]]] = [
        ("newly failing", "red", changes.newly_failing, _status),
        ("fixed", "green", changes.fixed, _status),
        ("slower by more than half", "yellow", changes.slower, _took),
    ]
    for label, style, found, show in kinds:
        for change in found[:_MOST_GOOD]:
            difference = f"{show(change.before.session)} → {show(change.now.session)}"
            parts.append(Text.assemble("  ", (label, style), f"  {title(change.now.session, limit=80)} ({difference})"))
        if len(found) > _MOST_GOOD:
            parts.append(Text(f"  {label}  {len(found) - _MOST_GOOD} more"))
    return [*parts, *(Text(f"  {line}") for line in changes.membership)]


def _status(session: CheckSession) -> str:
    return words(session.status, limit=40)


def _took(session: CheckSession) -> str:
    return duration(elapsed(session))
