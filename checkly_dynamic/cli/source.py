"""Where a report comes from: a stack's state, an exported summary, or a file with one of them or an earlier JSON report."""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack, parsed
from checkly_dynamic.cli.stack_export import interruption, report_from_export
from checkly_dynamic.core.text import printable
from checkly_dynamic.report.as_json import FORMAT, from_json
from checkly_dynamic.report.doubts import after_interruption, after_update, last_update
from checkly_dynamic.report.model import Report
from checkly_dynamic.report.presentation import SECRET
from checkly_dynamic.report.stored_gates import gate_from_summary

_PAGE, _MOST_PAGES = 20, 10


def from_stack(stack: PulumiStack, *, output: str = "") -> Report:
    """Read the gates of a stack, or the summary in an output. No gate is good if a later deployment failed."""
    history = _history(stack)

    def from_output() -> Report:
        report = _from_outputs(stack.read("stack", "output", "--json"), output, "the stack")
        try:
            interrupted = interruption(stack.read("stack", "export")["deployment"], history or [])[0]
        except NotReadable:
            return _with_note(report, "The state was not read, so whether a deployment was interrupted is not known.")
        return replace(report, gates=tuple(map(after_interruption, report.gates))) if interrupted else report

    def from_state() -> Report:
        return report_from_export(stack.read("stack", "export"), history or [])

    return _trusted("the stack", history, from_output if output else from_state)


def from_file(path: str, *, output: str = "") -> Report:
    """Read a state, stack outputs, one summary or a JSON report from a file; ``-`` is standard input."""
    source = "standard input" if path == "-" else printable(path)
    data = parsed(sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes(), source)
    if not isinstance(data, dict):
        raise NotReadable(f"{source}: this is neither a stack's state, nor stack outputs, nor a report")
    if data.get("format") == FORMAT:
        return _trusted(source, [], lambda: from_json(data))  # what was known of later updates is in it
    deployment = data.get("deployment")
    if isinstance(deployment, dict) and {"manifest", "resources"} & deployment.keys():
        return _trusted(source, None, lambda: report_from_export(data))
    return _trusted(source, None, lambda: _from_outputs(data, output, source))


def _history(stack: PulumiStack) -> Sequence[Mapping[str, Any]] | None:
    """Return the latest operations, newest first, back to the last whole update; None if they cannot be read."""
    found: list[Mapping[str, Any]] = []
    for page in map(str, range(1, _MOST_PAGES + 1)):
        try:
            read = stack.read("stack", "history", "--json", "--page-size", str(_PAGE), "--page", page) or []
        except NotReadable:
            return None
        found += read
        if len(read) < _PAGE or last_update(read):
            break
    return found


def _trusted(source: str, history: Sequence[Mapping[str, Any]] | None, read: Callable[[], Report]) -> Report:
    """Read a report, and doubt its gates if a later deployment failed."""
    try:
        report = read()
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise NotReadable(f"{source}: this is not in a form that can be read ({printable(str(error))})") from None
    if not report.gates:
        raise NotReadable(f"{source} has no CheckSessionGate")
    return replace(report, gates=tuple(after_update(gate, history) for gate in report.gates))


def _from_outputs(outputs: dict[str, Any], output: str, source: str) -> Report:
    """Read a stack's outputs, one of them, or a single summary."""
    known = list(_summaries(outputs))
    found = {name: summary for name, summary in known if summary != SECRET}
    if not found and _is_summary(outputs):
        found = {output or "summary": outputs}
    wanted = {name: summary for name, summary in found.items() if f"{name}.".startswith(f"{output}.") or not output}
    if output and not wanted:
        exported = ", ".join(printable(name, limit=60) for name in list(found)[:10]) or "none"
        no_summary = f"{source} has no summary of a gate in the output {printable(output)}"
        raise NotReadable(f"{no_summary}; exported summaries: {exported}")
    report = Report(tuple(gate_from_summary(printable(name), summary) for name, summary in wanted.items()))
    secret = ", ".join(printable(name, limit=60) for name, value in known if value == SECRET)
    return (
        _with_note(report, f"These outputs are secret, so they were not read: {secret}.")
        if secret and not output
        else report
    )


def _with_note(report: Report, note: str) -> Report:
    return replace(report, gates=tuple(gate.with_note(note) for gate in report.gates))


def _summaries(outputs: Any, above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the summaries, and the secrets, in a stack's outputs and in objects and lists among them, with their names."""
    for key, value in outputs.items() if isinstance(outputs, dict) else enumerate(outputs):
        if _is_summary(value) or value == SECRET:
            yield f"{above}{key}", value
        elif isinstance(value, dict | list):
            yield from _summaries(value, f"{above}{key}.")


def _is_summary(value: Any) -> bool:
    return isinstance(value, dict) and {"conclusion", "passed"} <= value.keys()
