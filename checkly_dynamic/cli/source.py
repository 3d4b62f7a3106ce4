"""Where a report comes from: a stack's state, an exported summary, or a file with one of them or an earlier JSON report."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack, parsed
from checkly_dynamic.cli.stack_export import report_from_export
from checkly_dynamic.core.text import printable
from checkly_dynamic.report.as_json import FORMAT, from_json
from checkly_dynamic.report.doubts import after_update
from checkly_dynamic.report.model import Report
from checkly_dynamic.report.stored_gates import gate_from_summary


def from_stack(stack: PulumiStack, *, output: str = "") -> Report:
    """Read the gates of a stack, or the summary in an output. No gate is good if a later deployment failed."""
    try:
        history = stack.read("stack", "history", "--json", "--page-size", "20", "--page", "1") or []
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
    if not isinstance(data, dict):
        raise NotReadable(f"{source}: this is neither a stack's state, nor stack outputs, nor a report")
    deployment = data.get("deployment")
    try:
        if data.get("format") == FORMAT:
            report, history = from_json(data), []  # what was known of later updates is in it
        elif isinstance(deployment, dict) and not _is_summary(deployment):
            report = report_from_export(data, history or [])
        else:
            summaries = _summaries(data, output, source)
            report = Report(tuple(gate_from_summary(printable(key), found) for key, found in summaries.items()))
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise NotReadable(f"{source}: this is not in a form that can be read ({printable(str(error))})") from None
    if not report.gates:
        raise NotReadable(f"{source} has no CheckSessionGate")
    return replace(report, gates=tuple(after_update(gate, history) for gate in report.gates))


def _summaries(data: dict[str, Any], output: str, source: str) -> dict[str, Any]:
    """Return one summary, or those in a stack's outputs, under their names."""
    found = {key: value for key, value in data.items() if _is_summary(value)}
    if not found and _is_summary(data):
        found = {output or "summary": data}
    if not output:
        return found
    if output in found:
        return {output: found[output]}
    known = ", ".join(printable(key, limit=60) for key in list(found)[:10]) or "none"
    wanted = f"{source} has no summary of a gate in the output {printable(output)}"
    raise NotReadable(f"{wanted}; exported summaries: {known}")


def _is_summary(value: Any) -> bool:
    return isinstance(value, dict) and {"conclusion", "passed"} <= value.keys()
