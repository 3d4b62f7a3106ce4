"""The command ``checks``: which checks a target would run, as a table or JSON."""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.cells import cell_len, set_cell_size

from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.core.selection import ListedCheck, Selection
from checkly_dynamic.core.target import guard
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import PayloadError
from checkly_dynamic.matching_checks import find_matching_checks
from checkly_dynamic.plugin.spelling import native_settings


@dataclass(frozen=True)
class Found:
    """What a target selects, a hint for each tag that no check has, and why a trigger refuses the target, if it does."""

    selection: Selection
    hints: list[str]
    refused: list[str]


def find(
    stack: PulumiStack, tags: Sequence[str], check_ids: Sequence[str], *, allow_deactivated: bool = False
) -> Found:
    """Ask Checkly for all checks and select some; commas separate the tags of a group. The stack's config has the credentials."""
    groups = [group.split(",") for group in tags]
    target = {"matchTags": groups or None, "checkId": list(check_ids) or None}
    try:
        selection = find_matching_checks(_config(stack).get, target, allow_deactivated=allow_deactivated)
    except PayloadError as error:
        raise PayloadError([_as_typed(problem) for problem in error.problems]) from None
    # Without any option the command lists the account, although a trigger refuses an empty target.
    refused = dict.fromkeys(map(_as_typed, guard(target, False))) if tags or check_ids else {}
    return Found(selection, list(_hints(groups, selection)), list(refused))


def _as_typed(problem: str) -> str:
    """Name the option instead of the field that it sets."""
    problem = re.sub(r"^target\.check_ids(\[\d+\])?", "--check-id", problem)
    return re.sub(r"^target\.match_tags(\[\d+\])*", "--tag", problem)


def _hints(groups: Sequence[Sequence[str]], selection: Selection) -> Iterator[str]:
    listed = [*selection.checks, *(other.check for other in selection.excluded)]
    known = {tag.lower(): tag for check in listed for tag in check.tags}
    for tag in dict.fromkeys(tag.removeprefix("!") for group in groups for tag in group):
        if tag in known.values():
            continue
        similar = [known[close] for close in difflib.get_close_matches(tag.lower(), known)]
        hint = f"; did you mean {' or '.join(repr(printable(each)) for each in similar)}?" if similar else ""
        yield f"no check has the tag {printable(tag)!r}{hint}"


def _config(stack: PulumiStack) -> Mapping[str, Any]:
    """Read the stack's config if there is a project; a named stack must be readable."""
    if stack.is_missing:
        return {}
    try:
        config = {key: entry.get("value") for key, entry in stack.config().items()}
    except NotReadable as error:
        if stack.name:
            raise
        click.echo(f"the config of the stack is not used: {error}", err=True)
        return {}
    return {**native_settings(config), **config}


def as_json(found: Found, *, everything: bool) -> str:
    """Return the result as JSON; with *everything*, also the other checks, each with the reason why it is not run."""
    selection = found.selection
    data: dict[str, Any] = {
        "checks": [_json(check) for check in selection.checks],
        "unknownIds": list(selection.unknown_ids),
        "refused": found.refused,
    }
    if everything:
        data["excluded"] = [{**_json(other.check), "reason": other.reason} for other in selection.excluded]
    return json.dumps(data, indent=2) + "\n"


def as_table(found: Found, *, everything: bool) -> str:
    """Return the checks as a table, one line for each."""
    selection = found.selection
    rows = [_row("✓", check, ", ".join(check.tags)) for check in selection.checks]
    if everything:
        rows += [_row("·", other.check, f"not run: {other.reason}") for other in selection.excluded]
    for check_id in selection.unknown_ids:
        rows.append(("?", printable(check_id), "", "unknown id: deleted, or of another account"))
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(map(set_cell_size, row, widths)).rstrip() for row in rows]
    total = len(selection.checks) + len(selection.excluded)
    but = ", but a trigger refuses this target" if found.refused else ""
    return "\n".join([*lines, f"{len(selection.checks)} of {total} checks match{but}"]) + "\n"


def _row(sign: str, check: ListedCheck, remark: str) -> tuple[str, ...]:
    name = printable(check.name or check.id, limit=80)
    return sign, name, printable(check.check_type, limit=20), printable(remark, limit=120)


def _json(check: ListedCheck) -> dict[str, Any]:
    return {
        "id": check.id,
        "name": check.name,
        "checkType": check.check_type,
        "tags": list(check.tags),
        "activated": check.activated,
        "group": check.group,
    }
