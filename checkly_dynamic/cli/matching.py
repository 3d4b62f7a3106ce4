"""The command ``checks``: which checks a target would run, as a table or JSON."""

from __future__ import annotations

import difflib
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.core.selection import ListedCheck, Selection
from checkly_dynamic.core.target import guard
from checkly_dynamic.core.text import printable
from checkly_dynamic.errors import PayloadError
from checkly_dynamic.matching_checks import find_matching_checks
from checkly_dynamic.plugin.spelling import native_settings

__all__ = ["Found", "as_json", "as_table", "find"]

_LOG_WIDTH = 1000


@dataclass(frozen=True)
class Found:
    """
    The answer to one question.

    Attributes:
        selection: The checks that the target selects, and the others. Without a target these are the active checks.
        verb: What these checks do or are, as the last line of the table says.
        refused: Why a trigger refuses this target, one line each; empty if it does not.
        hints: One line for each tag that no check has, with similar tags.
    """

    selection: Selection
    verb: str = "would run"
    refused: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether there is at least one check, and a trigger would not refuse the target."""
        return bool(self.selection.checks) and not self.refused


def find(
    stack: PulumiStack,
    tags: Sequence[str],
    check_ids: Sequence[str],
    *,
    allow_deactivated: bool = False,
    say: Callable[[str], None],
) -> Found:
    """
    Ask Checkly for all checks and select.

    Args:
        stack: Its config holds the credentials; the environment is used for what it does not set.

        tags: Groups of tags, the tags of a group separated by commas.

        check_ids: Ids of checks.

        allow_deactivated: Whether deactivated checks may match, as in ``TestSessionTrigger``.

        say: Prints a remark.

    Raises:
        ChecklyError: Settings or target are not usable, or Checkly does not answer.
    """
    groups = [group.split(",") for group in tags]
    if problems := [problem for group in groups for problem in _tag_problems(group)]:
        raise PayloadError(problems)
    target: dict[str, Any] = {}
    if groups:
        target["matchTags"] = groups
    if check_ids:
        target["checkId"] = list(check_ids)
    try:
        selection = find_matching_checks(_config(stack, say).get, target, allow_deactivated=allow_deactivated)
    except PayloadError as error:
        raise PayloadError([_as_typed(problem) for problem in error.problems]) from None
    # Without any option the command lists the account. A trigger refuses an empty target, so nothing "would run".
    refused = guard(target, False) if target else []
    verb = "would run" if target else "can run" if allow_deactivated else "are active"
    lines = tuple(dict.fromkeys(map(_as_typed, refused)))
    return Found(selection, verb, lines, tuple(_hints(groups, selection)))


def _tag_problems(group: Sequence[str]) -> Iterator[str]:
    """Checkly compares tags exactly, so a space in ``! slow`` would exclude a tag that nobody has."""
    for tag in group:
        name = tag.removeprefix("!")
        if not name.strip():
            yield f"--tag {','.join(group)!r}: has an empty tag"
        elif tag != tag.strip() or name != name.strip():
            fixed = "!" * tag.strip().startswith("!") + tag.strip().removeprefix("!").strip()
            yield f'--tag: {tag!r} has whitespace at an end or after "!"; write {fixed!r}'


def _as_typed(problem: str) -> str:
    """Name the option in place of the field that it fills."""
    problem = re.sub(r"^target\.(checkId|check_ids)(\[\d+\])?", "--check-id", problem)
    return re.sub(r"^target\.(matchTags|match_tags)(\[\d+\])*", "--tag", problem)


def _hints(groups: Sequence[Sequence[str]], selection: Selection) -> Iterator[str]:
    listed = [*selection.checks, *(other.check for other in selection.excluded)]
    known = {tag.lower(): tag for check in listed for tag in check.tags}
    for tag in dict.fromkeys(tag.removeprefix("!") for group in groups for tag in group):
        if tag in known.values():
            continue
        similar = [known[close] for close in difflib.get_close_matches(tag.lower(), known)]
        hint = f"; did you mean {' or '.join(repr(printable(each)) for each in similar)}?" if similar else ""
        yield f"no check has the tag {printable(tag)!r}{hint}"


def _config(stack: PulumiStack, say: Callable[[str], None]) -> Mapping[str, Any]:
    """Read the stack's config if there is a project; a stack that was named must be readable."""
    if stack.is_missing:
        return {}
    try:
        config = {key: entry.get("value") for key, entry in stack.config().items()}
    except NotReadable as error:
        if stack.name:
            raise
        say(f"the config of the stack is not used: {error}")
        return {}
    return {**native_settings(config), **config}


def as_json(found: Found, *, everything: bool) -> str:
    """Return the answer as JSON; with *everything* the other checks too, each with the reason why it is not run."""
    selection = found.selection
    data: dict[str, Any] = {
        "checks": [_json(check) for check in selection.checks],
        "unknownIds": list(selection.unknown_ids),
        "refused": list(found.refused),
    }
    if everything:
        data["excluded"] = [{**_json(other.check), "reason": other.reason} for other in selection.excluded]
    return json.dumps(data, indent=2) + "\n"


def as_table(found: Found, *, everything: bool, width: int | None) -> str:
    """Return the checks as lines in columns; *width* is that of a terminal, or None for a log."""
    selection = found.selection
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for _ in range(4):
        table.add_column(no_wrap=True, overflow="ellipsis")
    for check in selection.checks:
        table.add_row("✓", *_cells(check))
    for other in selection.excluded if everything else ():
        name, kind, _ = _cells(other.check)
        table.add_row("·", name, kind, Text(printable(f"not run: {other.reason}", limit=300)))
    for check_id in selection.unknown_ids:
        table.add_row("?", Text(printable(check_id)), Text(), Text("unknown id: deleted, or of another account"))
    out = io.StringIO()
    console = Console(
        file=out, width=width or _LOG_WIDTH, color_system=None, highlight=False, markup=False, emoji=False
    )
    if table.row_count:
        console.print(table)
    total = len(selection.checks) + len(selection.excluded)
    verb = "match, but a trigger refuses this target" if found.refused else found.verb
    console.print(f"{len(selection.checks)} of {total} checks {verb}", soft_wrap=True)
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
