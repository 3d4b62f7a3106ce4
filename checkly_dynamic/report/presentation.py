"""
What all formats have in common: signs and words, durations and times, safe text and safe links.

Names, links and errors come from outside. They are shown, and can do nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from checkly_dynamic.core.text import printable
from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import BAD_OUTCOMES, CheckResult, GateReport, Report, Run

__all__ = [
    "CONCLUSION_OUTCOMES",
    "EMOJI",
    "SIGNS",
    "duration",
    "elapsed",
    "error_lines",
    "facts",
    "headline",
    "link",
    "moment",
    "needs_attention",
    "one_line",
    "sentence",
    "status",
]

CONCLUSION_OUTCOMES = {"PASSED": "passed", "FAILED": "failed", "PENDING": "running", "UNKNOWN": "unknown"}
"""The outcome whose sign and colour a conclusion has."""

SIGNS = {"failed": "✗", "unknown": "?", "running": "…", "non-blocking": "!", "flaky": "↻", "warned": "!", "passed": "✓"}
"""One sign for each outcome, so that colour is never the only difference."""

EMOJI = {
    "failed": "❌",
    "unknown": "❔",
    "running": "⏳",
    "non-blocking": "⚠️",
    "flaky": "🔁",
    "warned": "⚠️",
    "passed": "✅",
}
"""The same for Markdown, which has no colours."""

_LONGEST_LINK = 2000
_KEPT_IN_LINKS = "%/:?=&#+,;@!$*~[]"
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_MOST_ERRORS = 3


def one_line(text: str, limit: int = 500) -> str:
    """Return foreign text as one line without control characters, at most *limit* characters long."""
    return printable(text, limit=limit)


def link(url: str) -> str:
    """
    Return a link that is safe to follow, in ASCII, or an empty string.

    Only https, or http to this machine (the local Checkly), and without a user name, which could hide the real host.
    """
    if len(url) > _LONGEST_LINK or not url.isprintable() or any(c.isspace() or c == "\\" for c in url):
        return ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return ""
    if not host or "@" in parts.netloc or not parts.netloc.isascii():
        return ""
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _THIS_MACHINE):
        return ""
    return quote(url, safe=_KEPT_IN_LINKS)


def moment(text: str) -> str:
    """Show a time as ``2026-11-23 07:48:41 UTC``; empty when it cannot be read."""
    found = instant(text)
    return found.strftime("%Y-%m-%d %H:%M:%S UTC") if found else ""


def duration(seconds: float | None) -> str:
    """Show a duration in a readable unit: ``50 ms``, ``2.3 s``, ``1 min 05 s``, ``2 h 10 min``; empty when unknown."""
    if seconds is None or seconds < 0:
        return ""
    if round(seconds, 3) < 1:
        return f"{seconds * 1000:.0f} ms"
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def elapsed(run: Run) -> float | None:
    """Return how long a run took, in seconds; None while it runs and when that is unknown."""
    if not run.finished:
        return None
    if run.time_elapsed is not None and run.time_elapsed > 0:
        return run.time_elapsed / 1000
    return _between(run.started_at, run.stopped_at)


def status(result: CheckResult) -> str:
    """Return the status of a result, with what must be known beside it: ``FAILED, non-blocking``."""
    extra = {"non-blocking": ", non-blocking", "flaky": ", flaky"}.get(result.outcome, "")
    return f"{one_line(result.run.status, 40) or 'UNKNOWN'}{extra}"


def error_lines(result: CheckResult) -> list[str]:
    """Return why a check failed, at most three lines."""
    return [line for text in result.errors[:_MOST_ERRORS] if (line := one_line(text, 300))]


def headline(report: Report) -> str:
    """Return one sentence about several gates, or about none."""
    if not report.gates:
        return "No gate was found, so nothing is known."
    return f"{sum(gate.passed for gate in report.gates)} of {len(report.gates)} gates passed."


def facts(gate: GateReport) -> list[tuple[str, str]]:
    """Return what to know about a gate beside its checks, as pairs of label and value."""
    took = duration(_between(gate.started_at or gate.triggered_at, gate.finished_at))
    found = [("deploy version", one_line(version, 100)) for version in gate.deploy_versions[:10]]
    found += [("judged", moment(gate.finished_at)), ("waited", took)]
    found += [("effect", "only recorded, stops nothing")] if gate.records_only else []
    return [(label, value) for label, value in found if value]


def sentence(gate: GateReport) -> str:
    """Return the facts of a gate in one line."""
    return ", ".join(value if label == "effect" else f"{label} {value}" for label, value in facts(gate))


def needs_attention(found: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the results that a reader should see first: all but those that passed or were accepted."""
    return [result for result in found if result.outcome in (*BAD_OUTCOMES, "non-blocking", "flaky")]


def _between(start: str, stop: str) -> float | None:
    begin, end = instant(start), instant(stop)
    return (end - begin).total_seconds() if begin and end and end >= begin else None
