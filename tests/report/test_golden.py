"""Every story in every format, as it was looked at and found good. ``RENEW_GOLDEN=1`` writes the files anew."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest
import report_cases

from checkly_dynamic import _version
from checkly_dynamic.report import Changes, Report, as_json, compare, html, junit, markdown, text

GOLDEN = Path(__file__).parent / "golden"
LARGE = 60_000
BEFORE = {"red": "green", "green": "red", "flaky": "green"}


def page(report: Report, changes: Changes | None) -> str:
    """Return the page without its style, script and their hashes, which are the same everywhere."""
    found = html.render(report, changes)
    found = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", found, flags=re.DOTALL)
    return re.sub(r"'sha256-[^']+'", "'sha256-…'", found)


RENDERERS = {
    "txt": text.render,
    "md": markdown.render,
    "xml": lambda report, _: junit.render(report),
    "json": lambda report, _: as_json.render(report),
    "html": page,
}


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize("story", report_cases.CASES)
def test_a_report_is_what_was_looked_at(story: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each story is told in each format exactly as it was reviewed; the largest ones by beginning, length and hash."""
    monkeypatch.setattr(_version, "__version__", "0.0.0")
    report = report_cases.report(story)
    changes = compare(report, report_cases.report(BEFORE[story])) if story in BEFORE else None
    found = RENDERERS[form](report, changes)
    if len(found) > LARGE:
        digest = hashlib.sha256(found.encode()).hexdigest()
        found = f"{found[:4000]}\n… {len(found)} characters, sha256 {digest}\n"
    file = GOLDEN / f"{story}.{form}"
    if os.environ.get("RENEW_GOLDEN"):
        file.write_text(found, encoding="utf-8", newline="\n")
    assert found == file.read_text(encoding="utf-8")


def test_there_is_no_golden_file_without_a_story() -> None:
    """A story that is dropped takes its files with it."""
    expected = {f"{story}.{form}" for story in report_cases.CASES for form in RENDERERS}
    assert {file.name for file in GOLDEN.iterdir()} == expected
