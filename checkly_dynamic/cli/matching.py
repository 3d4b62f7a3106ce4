"""Which checks a target would run, for the command line: what was typed, and shown as a table or JSON."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checkly_dynamic.api.matching import matching_checks
from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.core.selection import ListedCheck, Selection
from checkly_dynamic.core.text import printable

__all__ = ["as_json", "as_table", "find"]

_LOG_WIDTH = 1000


def find(stack: PulumiStack, tags: Sequence[str], check_ids: Sequence[str], *, say: Callable[[str], None]) -> Selection:
    """
    Ask Checkly for all checks and select.

    Args:
        stack: Whose config holds the credentials; the environment is used for what it does not set.

        tags: Groups of tags, the tags of a group separated by commas.

        check_ids: Ids of checks.

        say: Prints a remark.

    Raises:
        ChecklyError: Settings or target are not usable, or Checkly does not answer.
    """
    target: dict[str, Any] = {}
    if tags:
        target["matchTags"] = [[tag.strip() for tag in group.split(",")] for group in tags]
    if check_ids:
        target["checkId"] = list(check_ids)
    return matching_checks(_config(stack, say).get, target)


def _config(stack: PulumiStack, say: Callable[[str], None]) -> Mapping[str, Any]:
    """Read the stack's config where there is a project; a stack that was named must be readable."""
    if not stack.name and not any((stack.folder / f"Pulumi.{ending}").is_file() for ending in ("yaml", "yml", "json")):
        return {}
    try:
        return {key: entry.get("value") for key, entry in stack.config().items()}
    except NotReadable as error:
        if stack.name:
            raise
        say(f"the stack's config is left out: {error}")
        return {}


def as_json(found: Selection, *, everything: bool) -> str:
    """Return the checks as JSON; with *everything* the others too, with the reason why not."""
    data: dict[str, Any] = {"checks": [_json(check) for check in found.checks], "unknownIds": list(found.unknown_ids)}
    if everything:
        data["excluded"] = [{**_json(other.check), "reason": other.reason} for other in found.excluded]
    return json.dumps(data, indent=2) + "\n"


def as_table(found: Selection, *, everything: bool, width: int | None) -> str:
    """Return the checks as lines in columns; *width* is that of a terminal, or None for a log."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for _ in range(4):
        table.add_column(no_wrap=True, overflow="ellipsis")
    for check in found.checks:
        table.add_row("✓", *_cells(check))
    for other in found.excluded if everything else ():
        name, kind, _ = _cells(other.check)
        table.add_row("·", name, kind, Text(printable(f"not run: {other.reason}", limit=300)))
    for check_id in found.unknown_ids:
        table.add_row("?", Text(printable(check_id)), Text(), Text("unknown id: deleted, or of another account"))
    out = io.StringIO()
    console = Console(
        file=out, width=width or _LOG_WIDTH, color_system=None, highlight=False, markup=False, emoji=False
    )
    if table.row_count:
        console.print(table)
    total = len(found.checks) + len(found.excluded)
    console.print(f"{len(found.checks)} of {total} checks would run", soft_wrap=True)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _cells(check: ListedCheck) -> tuple[Text, Text, Text]:
    name = printable(check.name, limit=80) or printable(check.id)
    return Text(name), Text(printable(check.check_type, limit=20)), Text(printable(", ".join(check.tags), limit=120))


def _json(check: ListedCheck) -> dict[str, Any]:
    return {
        "id": check.id,
        "name": check.name,
        "checkType": check.check_type,
        "tags": list(check.tags),
        "activated": check.activated,
        "group": check.group,
    }
