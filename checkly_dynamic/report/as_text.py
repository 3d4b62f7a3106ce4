"""
A report for a terminal, and for a log, where grep finds the status, the name and the link of a check on one line.

Foreign text is never read as markup and holds nothing that a terminal obeys.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from checkly_dynamic.report import presentation as show
from checkly_dynamic.report.compare import KINDS, Changes
from checkly_dynamic.report.model import CheckResult, GateReport, Report
from checkly_dynamic.report.results import results

__all__ = ["render"]

_STYLES = {
    "failed": "red",
    "unknown": "magenta",
    "running": "blue",
    "non-blocking": "yellow",
    "flaky": "yellow",
    "warned": "yellow",
    "passed": "green",
}
_MOST_GOOD = 30
_MOST_BAD = 200
_LOG_WIDTH = 4000


def render(report: Report, changes: Changes | None = None, *, width: int | None = None, color: bool = False) -> str:
    """
    Return the report as text.

    Args:
        report: The report.

        changes: The differences from a previous run, if there is one.

        width: The width of the terminal in columns; None for a log, where no line is cut.

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
    for line in _lines(report, changes, width):
        # A terminal wraps long lines itself, and keeps links whole.
        console.print(line, soft_wrap=True)
    # Two hash signs begin commands of some CI systems wherever they stand in a log.
    return "\n".join(line.rstrip().replace("##", "# #") for line in out.getvalue().splitlines()) + "\n"


def _lines(report: Report, changes: Changes | None, width: int | None) -> Iterator[Text]:
    if len(report.gates) != 1:
        yield _headline(report.conclusion, show.headline(report))
        yield Text()
    if changes is not None:
        yield from _changes(changes)
        yield Text()
    for index, gate in enumerate(report.gates):
        if index:
            yield Text()
        yield from _gate(gate, width)


def _headline(conclusion: str, text: str) -> Text:
    outcome = show.CONCLUSION_OUTCOMES[conclusion]
    return Text.assemble((f"{show.SIGNS[outcome]} {conclusion}", f"bold {_STYLES[outcome]}"), f"  {text}")


def _gate(gate: GateReport, width: int | None) -> Iterator[Text]:
    yield _headline(gate.conclusion, f"{show.one_line(gate.name, 100)}: {show.one_line(gate.reason)}")
    if show.sentence(gate):
        yield Text(f"  {show.sentence(gate)}", style="dim")
    for note in gate.notes:
        yield Text(f"  Note: {show.one_line(note)}", style="bold")
    found = results(gate)
    bad = show.needs_attention(found)
    good = found[len(bad) :]  # sorted: these come last
    shown = [*bad[:_MOST_BAD], *good[: max(0, _MOST_GOOD - len(bad))]]
    if shown:
        yield Text()
        yield from _table(shown, width)
    if len(found) > len(shown):
        kept = {id(result) for result in shown}
        counts = Counter(result.outcome for result in found if id(result) not in kept)
        listed = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
        text = f"  … and {len(found) - len(shown)} more ({listed}); --format html shows all"
        yield Text(text, style="dim")


def _table(found: list[CheckResult], width: int | None) -> Iterator[Text]:
    """Write one line for each check, and below it why the check failed."""
    statuses = [f"{show.SIGNS[result.outcome]} {show.status(result)}" for result in found]
    times = [show.duration(show.elapsed(result.run)) for result in found]
    names = [show.one_line(result.name, 80) for result in found]
    first, last = max(map(len, statuses)), max(map(len, times))
    middle = max(map(cell_len, names))
    if width is not None:
        middle = max(8, min(middle, width - first - last - 6))
    for result, word, name, took in zip(found, statuses, names, times, strict=True):
        style = _STYLES[result.outcome]
        url, detail = show.link(result.run.link), show.one_line(result.run.detail, 300)
        after = [_where(result)]
        if width is None and result.outcome != "passed":
            after += [detail, url or show.one_line(result.run.id, 80)]
        shown = name if cell_len(name) <= middle else set_cell_size(name, middle - 1) + "…"
        line = Text.assemble(
            "  ",
            (f"{word:<{first}}", style),
            "  ",
            (shown, f"link {url}" if url and width is not None else ""),
            " " * (middle - cell_len(shown)),
            (f"  {took:>{last}}  {'  '.join(part for part in after if part)}", "dim"),
        )
        if width is not None:
            line.truncate(width, overflow="ellipsis")
        yield line
        below = [detail] if width is not None and detail else []
        yield from (Text(f"      {text}", style=style) for text in (*below, *show.error_lines(result)))
        if width is not None and url and result.outcome != "passed":
            yield Text(f"      {url}", style="dim")


def _where(result: CheckResult) -> str:
    run = result.run
    attempt = f"attempt {run.attempt}" if run.attempt > 1 else ""
    return ", ".join(part for part in (show.one_line(", ".join(run.run_locations), 120), attempt) if part)


def _changes(changes: Changes) -> Iterator[Text]:
    if not changes:
        yield Text("Nothing changed since the previous run.")
        return
    yield Text("Since the previous run:", style="bold")
    for kind, outcome in KINDS.items():
        found = changes.of(kind)
        for change in found[:_MOST_GOOD]:
            name = show.one_line(change.now.name, 80)
            yield Text.assemble("  ", (kind, _STYLES[outcome]), f"  {name} ({change.difference})")
        if len(found) > _MOST_GOOD:
            yield Text(f"  {kind}  {len(found) - _MOST_GOOD} more")
    for line in changes.membership:
        yield Text(f"  {line}")
