"""
A report as one self-contained HTML page, which makes no request.

The template escapes text from outside. A content security policy allows only the page's own style and script, by their hashes.
"""

import base64
import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checkly_dynamic import _version
from checkly_dynamic.report import presentation
from checkly_dynamic.report.compare import KINDS, Change
from checkly_dynamic.report.model import OUTCOMES, GateReport, Report

_FOLDER = Path(__file__).parent
_ICON_COLORS = {"PASSED": "1a7f37", "FAILED": "cf222e", "PENDING": "0969da", "UNKNOWN": "8250df"}


def render(report: Report, changes: Sequence[Change] | None = None) -> str:
    """Return the report as an HTML page, with the differences from a previous run, if there is one."""
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_FOLDER),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters["word"] = _word
    results = [result for gate in report.gates for result in gate.results]
    counts = Counter((OUTCOMES.index(result.outcome), result.status) for result in results)
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return environment.get_template("page.html").render(
        report=report,
        changes=changes,
        marks={(change.gate, change.now.name): change.kind for change in changes or ()},
        filters=[(OUTCOMES[index], status, number) for (index, status), number in sorted(counts.items())],
        slowest=_slowest,
        kinds=KINDS,
        show=presentation,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        icon_color=_ICON_COLORS[report.conclusion],
        version=_version.__version__,
    )


def _slowest(gate: GateReport) -> float:
    """Return the longest duration of any run, in seconds; its bar has the full width."""
    runs = [run for result in gate.results for run in result.attempts]
    return max((presentation.elapsed(run) or 0 for run in runs), default=0) or 1


def _word(status: str) -> str:
    """Return a status as people write it: ``TIMED_OUT`` as "Timed out"."""
    return status.replace("_", " ").capitalize()


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
