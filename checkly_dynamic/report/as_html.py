"""A report as one HTML page. It makes no request, and its security policy allows only its own style and script."""

import base64
import hashlib
from collections import Counter
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from checkly_dynamic import _version
from checkly_dynamic.report import presentation
from checkly_dynamic.report.compare import KINDS
from checkly_dynamic.report.model import OUTCOMES, Report

_FOLDER = Path(__file__).parent


def render(report: Report) -> str:
    """Return the report as an HTML page."""
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_FOLDER),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    environment.filters["word"] = lambda status: status.replace("_", " ").capitalize()  # TIMED_OUT: Timed out
    results = [result for gate in report.gates for result in gate.results]
    counts = Counter((OUTCOMES.index(result.outcome), result.status) for result in results)
    durations = (presentation.elapsed(run) or 0 for result in results for run in result.attempts)
    style, script = ((_FOLDER / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return environment.get_template("page.html").render(
        report=report,
        marks={(change.gate, change.now.name): change.kind for change in report.changes or ()},
        filters=[(OUTCOMES[index], status, number) for (index, status), number in sorted(counts.items())],
        longest=max(durations, default=0) or 1,
        kinds=KINDS,
        show=presentation,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
        version=_version.__version__,
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
