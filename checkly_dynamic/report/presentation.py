"""Helpers of the formats: signs and words, durations, times, and links that are safe to follow."""

import re
from typing import Any

from checkly_dynamic.core.sessions import Run, string
from checkly_dynamic.core.text import printable
from checkly_dynamic.core.timestamps import instant
from checkly_dynamic.report.model import GateReport, Report

CONCLUSION_OUTCOMES = {"PASSED": "passed", "FAILED": "failed", "PENDING": "running", "UNKNOWN": "unknown"}
"""Conclusion → the outcome whose sign and colour it uses."""

SIGNS = {"failed": "✗", "unknown": "?", "running": "…", "non-blocking": "!", "flaky": "↻", "warned": "!", "passed": "✓"}
"""One sign for each outcome, so that colour is never the only difference."""

SECRET = "[secret]"  # noqa: S105 - shown in place of one, as Pulumi does

_SAFE_LINK = re.compile(
    r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1|\[::1\]))(:\d+)?([/?#][\w.%/:?=&#+,;-]{0,2000})?",
    re.ASCII | re.IGNORECASE,
)
"""No user name, which could hide the host. After the host, no character that could end the link in HTML or Markdown."""


def shown(text: Any, limit: int = 300) -> str:
    """Return text from outside as one line without control characters; empty if not a string."""
    return printable(string(text), limit=limit)


def safe_link(url: str) -> str:
    """Return a link, or an empty string if it is neither plain https nor http to this machine (the local Checkly)."""
    return url if _SAFE_LINK.fullmatch(url) else ""


def moment(text: str) -> str:
    """Show a time as ``2026-11-23 07:48:41 UTC``; empty when it cannot be read."""
    found = instant(text)
    return f"{found:%Y-%m-%d %H:%M:%S} UTC" if found else ""


def duration(seconds: float | None) -> str:
    """Show a duration in a readable unit: ``50 ms``, ``2.3 s``, ``1 min 05 s``, ``2 h 10 min``; empty when unknown."""
    if seconds is None or seconds < 0:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if round(seconds) < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def elapsed(run: Run) -> float | None:
    """Return how long a run took, in seconds; None while it runs and when that is unknown."""
    if not run.finished:
        return None
    return run.time_elapsed / 1000 if run.time_elapsed else _between(run.started_at, run.stopped_at)


def locations(run: Run) -> str:
    """Return the locations of a run."""
    return printable(", ".join(run.run_locations), limit=120)


def headline(report: Report) -> str:
    """Return one sentence about several gates, or about none."""
    if not report.gates:
        return "No gate was found, so nothing is known."
    return f"{sum(gate.passed for gate in report.gates)} of {len(report.gates)} gates passed."


def facts(gate: GateReport) -> list[tuple[str, str]]:
    """Return facts about a gate other than its checks, as pairs of label and value."""
    found = [
        *(("deploy version", printable(version, limit=100)) for version in gate.deploy_versions[:10]),
        ("judged", moment(gate.finished_at)),
        ("waited", duration(_between(gate.started_at, gate.finished_at))),
    ]
    return [(label, value) for label, value in found if value]


def sentence(gate: GateReport) -> str:
    """Return the facts of a gate in one line."""
    return ", ".join(f"{label} {value}" for label, value in facts(gate))


def _between(start: str | None, stop: str | None) -> float | None:
    begin, end = instant(start), instant(stop)
    return (end - begin).total_seconds() if begin and end and end >= begin else None
