"""
A report as workflow commands of GitHub Actions: one annotation for each check that did not pass.

GitHub shows at most ten annotations of a kind for each step, so the last one says how many more there are.
"""

from __future__ import annotations

from checkly_dynamic.report.model import BAD_OUTCOMES, CheckResult, Report
from checkly_dynamic.report.presentation import error_lines, headline, link, one_line, status
from checkly_dynamic.report.results import results

__all__ = ["MOST_ANNOTATIONS", "render"]

MOST_ANNOTATIONS = 10
"""The most annotations of a kind that GitHub shows for a step."""


def render(report: Report) -> str:
    """Return lines for the log of a workflow: errors, then warnings for non-blocking checks; one notice if there is neither."""
    errors: list[str] = []
    warnings: list[str] = []
    for gate in report.gates:
        found = results(gate)
        bad = [result for result in found if result.outcome in BAD_OUTCOMES]
        if not gate.passed and (not bad or gate.notes):
            why = "\n".join(one_line(text) for text in (gate.reason, *gate.notes))
            errors.append(_command("error", f"{one_line(gate.name, 100)}: {gate.conclusion}", why))
        errors += [_annotation("error", result) for result in bad]
        warnings += [_annotation("warning", result) for result in found if result.outcome == "non-blocking"]
    if not report.gates:
        errors.append(_command("error", "No gate", headline(report)))
    lines = _capped("error", errors) + _capped("warning", warnings)
    if not lines:
        lines = [_command("notice", "Checks passed", " ".join(one_line(gate.reason) for gate in report.gates[:10]))]
    return "\n".join(lines) + "\n"


def _annotation(kind: str, result: CheckResult) -> str:
    run = result.run
    where = f"in {one_line(', '.join(run.run_locations), 120)}" if run.run_locations else ""
    text = "\n".join(line for line in (*error_lines(result), one_line(run.detail, 300), where, link(run.link)) if line)
    return _command(kind, f"{one_line(result.name, 120)}: {status(result)}", text or status(result))


def _capped(kind: str, lines: list[str]) -> list[str]:
    if len(lines) <= MOST_ANNOTATIONS:
        return lines
    shown = lines[: MOST_ANNOTATIONS - 1]
    more = f"{len(lines) - len(shown)} more did not pass. See the whole report."
    return [*shown, _command(kind, "And more", more)]


def _command(kind: str, title: str, message: str) -> str:
    """Write a workflow command, with the escapes that the runner reverts."""
    text = message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    heading = (
        title.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A").replace(":", "%3A").replace(",", "%2C")
    )
    return f"::{kind} title={heading}::{text}"
