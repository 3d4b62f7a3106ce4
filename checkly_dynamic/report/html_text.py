"""Small pieces of the page: escaped text, links, words and signs."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from checkly_dynamic.core.sessions import CheckSession
from checkly_dynamic.report.compare import Change, Changes
from checkly_dynamic.report.safe import link, title, words
from checkly_dynamic.report.times import duration, elapsed

__all__ = ["CONCLUSION_WORDS", "ICONS", "bdi", "change_list", "linked", "status_word"]

CONCLUSION_WORDS = {"PASSED": "Passed", "FAILED": "Failed", "PENDING": "Pending", "UNKNOWN": "Unknown"}
"""The headline of each conclusion."""

ICONS = {"failed": "✗", "unknown": "?", "running": "…", "flaky": "↻", "warned": "!", "passed": "✓"}
"""One sign for each outcome, so that colour is never the only one."""

_MOST = 50


def bdi(text: str, *, limit: int = 500) -> str:
    """Return foreign text, escaped, and so that its direction of writing cannot turn what stands beside it."""
    return f"<bdi>{escape(words(text, limit=limit))}</bdi>"


def linked(session: CheckSession, label: str) -> str:
    """Return a label that is already HTML, as a link to the session where its link is safe to follow."""
    url = link(session.link)
    return f'<a href="{escape(url)}" rel="noreferrer">{label}</a>' if url else label


def status_word(status: str) -> str:
    """Return a status as people write it: ``TIMED_OUT`` as "Timed out"."""
    return words(status, limit=40).replace("_", " ").capitalize()


def change_list(changes: Changes) -> str:
    """Return the part about what is different from the previous run."""
    kinds: list[tuple[str, str, tuple[Change, ...], Callable[[CheckSession], str]]] = [
        ("Newly failing", "failed", changes.newly_failing, lambda session: status_word(session.status)),
        ("Fixed", "passed", changes.fixed, lambda session: status_word(session.status)),
        ("Slower by more than half", "warned", changes.slower, lambda session: duration(elapsed(session))),
    ]
    groups = []
    for label, outcome, found, show in kinds:
        if found:
            items = "".join(_change(change, show) for change in found[:_MOST])
            more = f"<li>and {len(found) - _MOST} more</li>" if len(found) > _MOST else ""
            groups.append(
                f'<div><h3 class="{outcome}">{label} <b>{len(found)}</b></h3><ul>{items}{more}</ul></div>',
            )
    rest = " · ".join(escape(line) for line in changes.membership)
    tail = f'<p class="rest">{rest}</p>' if rest else ""
    inner = f'<div class="groups">{"".join(groups)}</div>' if groups else "<p>No check changed.</p>"
    return f'<section class="changes"><h2>Since the previous run</h2>{inner}{tail}</section>'


def _change(change: Change, show: Callable[[CheckSession], str]) -> str:
    name = linked(change.now.session, f"<bdi>{escape(title(change.now.session))}</bdi>")
    difference = f"{escape(show(change.before.session))} → {escape(show(change.now.session))}"
    return f"<li>{name} <small>{difference}</small></li>"
