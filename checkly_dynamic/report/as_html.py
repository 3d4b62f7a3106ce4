"""
A report as one self-contained HTML page, which makes no request.

The template escapes all foreign text. A content security policy allows only the page's own style and script, by their hashes.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checkly_dynamic import _version
from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report import presentation
from checkly_dynamic.report.compare import KINDS, Changes
from checkly_dynamic.report.model import OUTCOMES, CheckResult, GateReport, Report, Run
from checkly_dynamic.report.results import is_bad, results

__all__ = ["render"]

_FOLDER = Path(__file__).parent
_ICON_COLORS = {"PASSED": "1a7f37", "FAILED": "cf222e", "PENDING": "0969da", "UNKNOWN": "8250df"}


def render(report: Report, changes: Changes | None = None) -> str:
    """
    Return the report as an HTML page.

    Args:
        report: The report.

        changes: The differences from a previous run, if there is one.
    """
    rows = [_rows(gate, changes) for gate in report.gates]
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return (
        _environment()
        .get_template("page.html")
        .render(
            report=report,
            rows=rows,
            filters=_filters([row for found in rows for row in found]),
            changes=changes,
            kinds=KINDS,
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
            icon_color=_ICON_COLORS[report.conclusion],
            version=_version.__version__,
        )
    )


def _environment() -> Environment:
    found = Environment(
        autoescape=True,
        loader=FileSystemLoader(_FOLDER),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    found.filters |= {
        "line": presentation.one_line,
        "link": presentation.link,
        "word": _word,
        "moment": presentation.moment,
    }
    found.globals |= {
        "signs": presentation.SIGNS,
        "outcome_of": presentation.CONCLUSION_OUTCOMES,
        "facts": presentation.facts,
        "headline": presentation.headline,
    }
    return found


def _rows(gate: GateReport, changes: Changes | None) -> list[dict[str, Any]]:
    """Return what the page shows of each check of a gate."""
    marks = {_key(c.now): c.kind for c in changes.checks if c.gate == gate.name} if changes else {}
    found = results(gate)
    slowest = max((presentation.elapsed(run) or 0 for result in found for run in result.attempts), default=0) or 1
    return [
        {
            "result": result,
            "run": result.run,
            "status": _status(result),
            "filter": _filter_word(result),
            "mark": marks.get(_key(result), ""),
            "errors": presentation.error_lines(result),
            "attempts": [_attempt(run, result, gate, slowest) for run in result.attempts],
            "seconds": presentation.elapsed(result.run) or 0,
            "begin": start.timestamp() if (start := instant(result.attempts[0].started_at)) else 0,
        }
        for result in found
    ]


def _filter_word(result: CheckResult) -> str:
    """Return the word that a check is filtered by: its status, unless its outcome says more."""
    if result.outcome in ("flaky", "non-blocking"):
        return result.outcome.upper()
    return presentation.one_line(result.run.status, 40) or "UNKNOWN"


def _key(result: CheckResult) -> tuple[str, str]:
    """What identifies a check in both runs of a comparison."""
    return result.run.id, result.name


def _attempt(run: Run, result: CheckResult, gate: GateReport, slowest: float) -> dict[str, Any]:
    if run is result.run and result.outcome != "flaky":
        outcome = result.outcome
    elif not run.finished:
        outcome = "running"
    elif is_bad(run, gate):
        outcome = "failed"
    else:
        outcome = "passed" if run.status == "PASSED" else "warned"
    seconds = presentation.elapsed(run)
    return {
        "run": run,
        "outcome": outcome,
        "took": presentation.duration(seconds) if run.finished else "not ended",
        # Wide enough to be seen.
        "width": None if seconds is None else round(max(1.5, seconds / slowest * 100), 1),
    }


def _filters(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the statuses to filter by, worst first, with their number and their share of all checks."""
    counts = Counter((OUTCOMES.index(row["result"].outcome), row["filter"]) for row in rows)
    found: list[dict[str, Any]] = []
    before = 0
    for (index, word), number in sorted(counts.items()):
        share = {"left": round(before / len(rows) * 100, 3), "width": round(number / len(rows) * 100, 3)}
        found.append({"outcome": OUTCOMES[index], "word": word, "number": number, **share})
        before += number
    return found


def _status(result: CheckResult) -> str:
    word = _word(result.run.status) or "Unknown"
    return "Flaky" if result.outcome == "flaky" and word == "Passed" else word


def _word(status: str) -> str:
    """Return a status as people write it: ``TIMED_OUT`` as "Timed out"."""
    return presentation.one_line(status, 40).replace("_", " ").capitalize()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
