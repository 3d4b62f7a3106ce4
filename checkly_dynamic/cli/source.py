"""Where a report comes from: a stack's state, an exported summary, or a file that holds one of them or an earlier report."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack, parsed
from checkly_dynamic.cli.stack_export import is_export, report_from_export
from checkly_dynamic.core.text import printable
from checkly_dynamic.report import Report
from checkly_dynamic.report.as_json import FORMAT, from_json
from checkly_dynamic.report.reading import SECRET, gate_from_summary

__all__ = ["from_file", "from_stack"]


def from_stack(stack: PulumiStack, *, output: str = "") -> Report:
    """
    Read the gates of a stack.

    Args:
        stack: The stack.

        output: The name of an exported summary to read in place of the state.

    Raises:
        NotReadable: The stack cannot be read, or holds no gate.
    """
    if output:
        return _from_outputs(stack.outputs(), output, "the stack")
    report = report_from_export(stack.export())
    if not report.gates:
        where = f"stack {report.stack}" if report.stack else "the stack"
        msg = f"{where} has no CheckSessionGate"
        raise NotReadable(msg)
    return report


def from_file(path: str, *, output: str = "") -> Report:
    """
    Read the gates from a file, whatever it holds: a state (``pulumi stack export``), stack outputs, one summary or a report.

    Args:
        path: The file, or ``-`` for standard input.

        output: The name of an exported summary, where the file holds stack outputs.

    Raises:
        NotReadable: The file cannot be read, or holds none of these.
    """
    source = "standard input" if path == "-" else printable(path)
    try:
        raw = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        msg = f"{source}: {error.strerror or 'cannot be read'}"
        raise NotReadable(msg) from None
    data = parsed(raw.decode("utf-8-sig", errors="replace"), source)
    report = _recognized(data, output, source)
    if not report.gates:
        msg = f"{source}: there is no CheckSessionGate in it"
        raise NotReadable(msg)
    return report


def _recognized(data: Any, output: str, source: str) -> Report:
    if is_export(data):
        return report_from_export(data)
    if isinstance(data, Mapping) and data.get("format") == FORMAT:
        try:
            return from_json(data)
        except ValueError as error:
            msg = f"{source}: {error}"
            raise NotReadable(msg) from None
    if _is_summary(data):
        return Report((gate_from_summary(output or "summary", data),))
    if isinstance(data, Mapping):
        return _from_outputs(data, output, source)
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
