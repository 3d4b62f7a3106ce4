"""A report as annotations of GitHub Actions, one for each check that did not pass."""

from checkly_dynamic.report.model import CheckResult, Report
from checkly_dynamic.report.presentation import headline, locations

_MOST_ANNOTATIONS = 10  # GitHub shows no more of a kind for each step


def render(report: Report) -> str:
    """Return lines for the log of a workflow: errors, warnings for non-blocking checks, or one notice if there is neither."""
    errors = [] if report.gates else [_command("error", "No gate", headline(report))]
    warnings = []
    for gate in report.gates:
        if not gate.passed and (not gate.bad or gate.notes):
            errors.append(_command("error", f"{gate.name}: {gate.conclusion}", "\n".join([gate.reason, *gate.notes])))
        errors += [_annotation("error", result) for result in gate.bad]
        warnings += [_annotation("warning", result) for result in gate.results if result.outcome == "non-blocking"]
    lines = [*_capped("error", errors), *_capped("warning", warnings)]
    if not lines:
        lines = [
            _command(
                "notice",
                "Checks passed",
                " ".join(line for gate in report.gates for line in (gate.reason, *gate.notes)),
            )
        ]
    return "\n".join(lines) + "\n"


def _capped(kind: str, lines: list[str]) -> list[str]:
    more = len(lines) - _MOST_ANNOTATIONS + 1
    last = _command(kind, "And more", f"{more} more did not pass. See the whole report.")
    return lines if more <= 1 else [*lines[:-more], last]


def _annotation(kind: str, result: CheckResult) -> str:
    lines = (*result.errors, result.run.detail, locations(result.run), result.run.link)
    return _command(kind, f"{result.name}: {result.status}", "\n".join(filter(None, lines)) or result.status)


def _command(kind: str, title: str, message: str) -> str:
    """Write a workflow command, with the escapes that the runner reverts."""
    title, message = (text.replace("%", "%25").replace("\n", "%0A") for text in (title, message))
    return f"::{kind} title={title.replace(':', '%3A').replace(',', '%2C')}::{message}"
