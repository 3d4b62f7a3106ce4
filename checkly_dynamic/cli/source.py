"""Where a report comes from: a stack's state, an exported summary, or a file with one of them or an earlier JSON report."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack, parsed
from checkly_dynamic.cli.stack_export import is_export, report_from_export
from checkly_dynamic.cli.update_history import doubted_after
from checkly_dynamic.core.text import printable
from checkly_dynamic.report import Report
from checkly_dynamic.report.as_json import FORMAT, from_json
from checkly_dynamic.report.stored_gates import SECRET, gate_from_summary

__all__ = ["from_file", "from_stack"]

_FROM_FILE = "This comes from a file, so whether a later deployment failed is not known."
_NO_HISTORY = "The history of the stack could not be read, so whether a later deployment failed is not known."


def from_stack(stack: PulumiStack, *, output: str = "") -> Report:
    """
    Read the gates of a stack. None is good if the last deployment failed after its verdict.

    Args:
        stack: The stack.

        output: The name of an exported summary to read instead of the state.

    Raises:
        NotReadable: The stack cannot be read, or has no gate.
    """
    try:
        last: Mapping[str, Any] | None = stack.last_update()
    except NotReadable:
        last = None
    if output:
        report = _from_outputs(stack.outputs(), output, "the stack")
    else:
        report = report_from_export(stack.export(), last_update=last)
    if not report.gates:
        where = f"stack {report.stack}" if report.stack else "the stack"
        msg = f"{where} has no CheckSessionGate"
        raise NotReadable(msg)
    if last is None:
        return _with_note(report, _NO_HISTORY)
    return replace(report, gates=tuple(doubted_after(gate, last) for gate in report.gates))


def from_file(path: str, *, output: str = "") -> Report:
    """
    Read the gates from a file: a state (``pulumi stack export``), stack outputs, one summary, or a JSON report.

    Args:
        path: The file, or ``-`` for standard input. Any encoding that JSON allows, with or without a byte order mark, as
            PowerShell writes it.

        output: The name of an exported summary, if the file has stack outputs.

    Raises:
        NotReadable: The file cannot be read, or has none of these.
    """
    source = "standard input" if path == "-" else printable(path)
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        msg = f"{source}: {error.strerror or 'cannot be read'}"
        raise NotReadable(msg) from None
    data = parsed(raw.decode(json.detect_encoding(raw), errors="replace"), source)
    report = _recognized(data, output, source)
    if not report.gates:
        msg = f"{source}: there is no CheckSessionGate in it"
        raise NotReadable(msg)
    return report


def _recognized(data: Any, output: str, source: str) -> Report:
    if isinstance(data, Mapping) and data.get("format") == FORMAT:
        try:
            return from_json(data)
        except ValueError as error:
            msg = f"{source}: {error}"
            raise NotReadable(msg) from None
    if is_export(data):
        return _with_note(report_from_export(data), _FROM_FILE)
    if _is_summary(data):
        return _with_note(Report((gate_from_summary(output or "summary", data),)), _FROM_FILE)
    if isinstance(data, Mapping):
        return _with_note(_from_outputs(data, output, source), _FROM_FILE)
    msg = f"{source}: this is neither a stack's state, nor stack outputs, nor a report"
    raise NotReadable(msg)


def _from_outputs(outputs: Any, name: str, source: str) -> Report:
    if not isinstance(outputs, Mapping):
        msg = f"{source}: these are not stack outputs"
        raise NotReadable(msg)
    summaries = {key: value for key, value in outputs.items() if _is_summary(value)}
    if not name:
        return Report(tuple(gate_from_summary(key, value) for key, value in summaries.items()))
    if name in summaries:
        return Report((gate_from_summary(name, summaries[name]),))
    if outputs.get(name) == SECRET:
        msg = f"the output {printable(name)} is secret, so it cannot be read; leave out --output to read the state"
    elif name in outputs:
        msg = f"the output {printable(name)} is not the summary of a gate; export gate.summary"
    else:
        known = ", ".join(printable(str(key), limit=60) for key in list(summaries)[:10]) or "none"
        msg = f"{source} has no output {printable(name)}; exported summaries: {known}"
    raise NotReadable(msg)


def _is_summary(value: Any) -> bool:
    return isinstance(value, Mapping) and "conclusion" in value and "passed" in value and "gates" not in value


def _with_note(report: Report, note: str) -> Report:
    gates = (replace(gate, notes=(*gate.notes, note)) if gate.passed else gate for gate in report.gates)
    return replace(report, gates=tuple(gates))
