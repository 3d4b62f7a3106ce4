"""Where a report comes from: a stack's state, an exported summary, or a file with one of them or an earlier JSON report."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack, parsed
from checkly_dynamic.cli.stack_export import is_export, report_from_export
from checkly_dynamic.core.text import printable
from checkly_dynamic.report.as_json import FORMAT, from_json
from checkly_dynamic.report.doubts import after_failed_update
from checkly_dynamic.report.model import Report
from checkly_dynamic.report.stored_gates import gate_from_summary

_FROM_FILE = "This comes from a file, so whether a later deployment failed is not known."
_NO_HISTORY = "The history of the stack could not be read, so whether a later deployment failed is not known."


def from_stack(stack: PulumiStack, *, output: str = "") -> Report:
    """Read the gates of a stack, or the summary in an output. No gate is good if a later deployment failed."""
    try:
        last: Mapping[str, Any] | None = stack.last_update()
    except NotReadable:
        last = None
    with _readable("the stack"):
        if output:
            report = _from_outputs(stack.outputs(), output, "the stack")
        else:
            report = report_from_export(stack.export(), last_update=last)
    if not report.gates:
        msg = f"{f'stack {report.stack}' if report.stack else 'the stack'} has no CheckSessionGate"
        raise NotReadable(msg)
    if last is None:
        return _with_note(report, _NO_HISTORY)
    return replace(report, gates=tuple(after_failed_update(gate, last) for gate in report.gates))


def from_file(path: str, *, output: str = "") -> Report:
    """
    Read the gates from a file, or for ``-`` from standard input: a state, stack outputs, one summary, or a JSON report.

    It may have any encoding that JSON allows, with or without a byte order mark, as PowerShell writes it.
    """
    source = "standard input" if path == "-" else printable(path)
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        msg = f"{source}: {error.strerror or 'cannot be read'}"
        raise NotReadable(msg) from None
    data = parsed(raw, source)
    with _readable(source):
        report = _recognized(data, output, source)
    if not report.gates:
        msg = f"{source}: there is no CheckSessionGate in it"
        raise NotReadable(msg)
    return report


def _recognized(data: Any, output: str, source: str) -> Report:
    if isinstance(data, Mapping) and data.get("format") == FORMAT:
        return from_json(data)
    if is_export(data):
        report = report_from_export(data)
    elif _is_summary(data):
        report = Report((gate_from_summary(output or "summary", data),))
    else:
        report = _from_outputs(data, output, source)
    return _with_note(report, _FROM_FILE)


@contextmanager
def _readable(source: str) -> Iterator[None]:
    """Report in one line that a source is not in a form that this library stores."""
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        msg = f"{source}: this is not in a form that can be read ({printable(str(error))})"
        raise NotReadable(msg) from None


def _from_outputs(outputs: Any, name: str, source: str) -> Report:
    if not isinstance(outputs, Mapping):
        msg = f"{source}: this is neither a stack's state, nor stack outputs, nor a report"
        raise NotReadable(msg)
    summaries = {key: value for key, value in outputs.items() if _is_summary(value)}
    if not name:
        return Report(tuple(gate_from_summary(printable(key), value) for key, value in summaries.items()))
    if name not in summaries:
        known = ", ".join(printable(key, limit=60) for key in list(summaries)[:10]) or "none"
        msg = f"{source} has no summary of a gate in the output {printable(name)}; exported summaries: {known}"
        raise NotReadable(msg)
    return Report((gate_from_summary(printable(name), summaries[name]),))


def _is_summary(value: Any) -> bool:
    return isinstance(value, Mapping) and "conclusion" in value and "passed" in value


def _with_note(report: Report, note: str) -> Report:
    gates = (replace(gate, notes=(*gate.notes, note)) if gate.passed else gate for gate in report.gates)
    return replace(report, gates=tuple(gates))
