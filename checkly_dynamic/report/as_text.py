"""A report for a terminal and for a log, with ANSI colours."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from click import style
from rich.cells import cell_len

from checkly_dynamic.report import presentation as show
from checkly_dynamic.report.compare import KINDS
from checkly_dynamic.report.model import Change, CheckResult, GateReport, Report

_COLORS = defaultdict(lambda: "yellow", failed="red", unknown="magenta", running="blue", passed="green")
_WIDEST_NAME = 60


def render(report: Report) -> str:
    """Return the report as text."""
    parts = [_gate(gate) for gate in report.gates]
    if report.changes is not None:
        parts.insert(0, _changes(report.changes))
    if len(report.gates) != 1:
        parts.insert(0, iter([_headline(report.conclusion, show.headline(report))]))
    lines = "\n\n".join("\n".join(part) for part in parts).splitlines()
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _headline(conclusion: str, text: str) -> str:
    outcome = show.CONCLUSION_OUTCOMES[conclusion]
    return f"{style(f'{show.SIGNS[outcome]} {conclusion}', fg=_COLORS[outcome], bold=True)}  {text}"


def _gate(gate: GateReport) -> Iterator[str]:
    yield _headline(gate.conclusion, f"{gate.name}: {gate.reason}")
    if show.sentence(gate):
        yield style(f"  {show.sentence(gate)}", dim=True)
    yield from (style(f"  Note: {note}", bold=True) for note in gate.notes)
    if gate.results:
        yield ""
        yield from _table(gate.results)


def _table(results: Sequence[CheckResult]) -> Iterator[str]:
    """Write one line for each check, and below it why the check failed and its link."""
    durations = [show.duration(show.elapsed(result.run)) for result in results]
    first = max(len(result.status) for result in results)
    widest = min(_WIDEST_NAME, max(cell_len(result.name) for result in results))
    last = max(map(len, durations))
    for result, took in zip(results, durations, strict=True):
        run, color = result.run, _COLORS[result.outcome]
        word = style(f"{show.SIGNS[result.outcome]} {result.status:<{first}}", fg=color)
        name = result.name + " " * (widest - cell_len(result.name))
        attempt = f"attempt {run.attempt}" if run.attempt > 1 else ""
        where = ", ".join(filter(None, (show.locations(run), attempt)))
        yield f"  {word}  {name}  {took:>{last}}  {where}"
        yield from (style(f"      {line}", fg=color) for line in (run.detail, *result.errors) if line)
        if run.link and result.outcome != "passed":
            yield style(f"      {run.link}", dim=True)


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    yield style("Since the previous run:", bold=True) if changes else "Nothing changed since the previous run."
    for change in changes:
        yield f"  {style(change.kind, fg=_COLORS[KINDS[change.kind]])}  {change.now.name} ({change.difference})"
