"""Three stories in every format, exactly as they were reviewed. ``RENEW_GOLDEN=1`` writes the files again."""

import os
import re
from pathlib import Path

import pytest
import report_cases

from checkly_dynamic import _version
from checkly_dynamic.report.compare import compare

GOLDEN = Path(__file__).parent / "golden"
STORIES = {"red": "green", "flaky": None, "two_gates": None}
"""Story → the story of the previous run, if it is compared with one."""


def without_style(page: str) -> str:
    """Return the page without its style, its script and their hashes."""
    found = re.sub(r"<(style|script)>.*?</\1>", r"<\1></\1>", page, flags=re.DOTALL)
    return re.sub(r"'sha256-[^']+'", "'sha256-…'", found)


@pytest.mark.parametrize("story", STORIES)
def test_report_is_as_reviewed(story: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each story looks in each format exactly as it was reviewed."""
    monkeypatch.setattr(_version, "__version__", "0.0.0")
    report, before = report_cases.report(story), STORIES[story]
    if before:
        report = compare(report, report_cases.report(before))
    for form, render in report_cases.RENDERERS.items():
        found = render(report)
        found = without_style(found) if form == "html" else found
        file = GOLDEN / f"{story}.{form}"
        if os.environ.get("RENEW_GOLDEN"):
            file.write_text(found, encoding="utf-8", newline="\n")
        assert found == file.read_text(encoding="utf-8")
