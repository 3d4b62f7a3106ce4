"""Where a report comes from: a stack's state, an exported summary, or a file with one of them or an earlier JSON report."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack, parsed
from checkly_dynamic.cli.stack_export import report_from_export
from checkly_dynamic.core.text import printable
from checkly_dynamic.report.as_json import FORMAT, from_json
from checkly_dynamic.report.doubts import after_update
from checkly_dynamic.report.model import GateReport, Report
from checkly_dynamic.report.stored_gates import gate_from_summary


def from_stack(stack: PulumiStack, *, output: str = "") -> Report:
    """Read the gates of a stack, or the summary in an output. No gate is good if a later deployment failed."""
    try:
        history: Sequence[Mapping[str, Any]] | None = stack.history()
    except NotReadable:
        history = None
    data = stack.read("stack", "output", "--json") if output else stack.read("stack", "export")
    # Other outputs may have the names of what is looked for in a file.
    data = {key: value for key, value in data.items() if _is_summary(value)} if output else data
    return _read(data, "the stack", output, history)


def from_file(path: str, *, output: str = "") -> Report:
    """Read a state, stack outputs, one summary or a JSON report from a file; ``-`` is standard input."""
    source = "standard input" if path == "-" else printable(path)
    raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    return _read(parsed(raw, source), source, output, None)


def _read(data: Any, source: str, output: str, history: Sequence[Mapping[str, Any]] | None) -> Report:
    try:
        if isinstance(data, Mapping) and data.get("format") == FORMAT:
            report, history = from_json(data), []  # what was known of later updates is in it
        elif (
            isinstance(data, Mapping)
            and isinstance(data.get("deployment"), Mapping)
            and not _is_summary(data["deployment"])
        ):
            report = report_from_export(data, history or [])
        else:
            report = Report(tuple(_summaries(data, output, source)))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise NotReadable(f"{source}: this is not in a form that can be read ({printable(str(error))})") from None
    if not report.gates:
        raise NotReadable(f"{source} has no CheckSessionGate")
    return replace(report, gates=tuple(after_update(gate, history) for gate in report.gates))


def _summaries(data: Any, output: str, source: str) -> Iterator[GateReport]:
    """Read one summary, or those in a stack's outputs."""
    if not isinstance(data, Mapping):
        raise NotReadable(f"{source}: this is neither a stack's state, nor stack outputs, nor a report")
    found = {key: value for key, value in data.items() if _is_summary(value)}
    if not found and _is_summary(data):
        found = {output or "summary": data}
    if output and output not in found:
        known = ", ".join(printable(key, limit=60) for key in list(found)[:10]) or "none"
        raise NotReadable(
            f"{source} has no summary of a gate in the output {printable(output)}; exported summaries: {known}"
        )
    for key, summary in found.items():
        if output in ("", key):
            yield gate_from_summary(printable(key), summary)


def _is_summary(value: Any) -> bool:
    return isinstance(value, Mapping) and "conclusion" in value and "passed" in value
