"""Names, errors, links, locations and versions that try to be more than text stay text, in every format."""

import unicodedata
from itertools import chain

import pytest
import report_cases
from markdown_it import MarkdownIt

from checkly_dynamic.report.compare import compare
from checkly_dynamic.report.model import Report
from checkly_dynamic.report.presentation import safe_link
from checkly_dynamic.report.stored_gates import gate_from_outputs

HARMLESS_CONTROL = {"\n", "\N{WORD JOINER}"}
REPORT = compare(report_cases.report("hostile"), report_cases.report("hostile"))
RENDERED = {form: render(REPORT) for form, render in report_cases.RENDERERS.items()}


@pytest.mark.parametrize("form", RENDERED)
def test_nothing_that_a_terminal_obeys_comes_through(form: str) -> None:
    """No control, format or bidirectional character, no half pair, and no name of ten thousand characters."""
    found = RENDERED[form]
    bad = {c for c in found if unicodedata.category(c)[0] == "C"} - HARMLESS_CONTROL
    assert not {f"U+{ord(c):04X}" for c in bad}
    found.encode()
    assert "x" * 501 not in found


def test_no_line_of_a_log_is_a_command_of_a_ci_system() -> None:
    """GitHub obeys lines that begin with two colons, Azure ones that hold two hash signs and a bracket."""
    rows = report_cases.with_status(
        report_cases.shop(), "Home page", "FAILED", errors=["::stop-commands::x", "##vso[x]y", "##teamcity[x]"]
    )
    found = Report((gate_from_outputs("x", report_cases.outputs(rows)),))
    logs = [(RENDERED[form], report_cases.RENDERERS[form](found)) for form in ("txt", "md", "xml")]
    for line in "".join(chain(*logs)).splitlines():
        assert not line.strip().startswith("::")
        assert "##[" not in line
        assert "##vso" not in line
        assert "##teamcity" not in line


def test_markdown_makes_nothing_of_foreign_text() -> None:
    """
    A Markdown parser finds no image, link, emphasis or heading except the report's own; tables keep their columns.

    GitHub links what looks like an address, a mention or an issue number, even in escaped text.
    """
    source = RENDERED["md"]
    assert not [
        word for word in ("@octocat", "#1 ", "GH-2", "http://evil", " https://evil", "www.evil") if word in source
    ]
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source)
    inline = [child for token in tokens for child in token.children or []]
    assert {"image", "em_open", "s_open", "code_inline"} & {token.type for token in inline} == set()
    assert not [token for token in inline if token.type == "link_open"]
    tags = {token.content for token in [*inline, *tokens] if token.type in ("html_inline", "html_block")}
    assert not {tag for tag in tags if not tag.startswith(("<br>", "<details>", "</details>"))}
    headings = [token for token in tokens if token.type == "heading_open"]
    assert len(headings) == 2
    rows = sum(token.type == "tr_open" for token in tokens)
    assert sum(token.type in ("td_open", "th_open") for token in tokens) == 5 * rows


def test_annotation_is_one_command() -> None:
    """Every line of the GitHub format is one of the report's commands; names are escaped as the runner expects."""
    found = RENDERED["github"]
    assert all(line.startswith("::error title=") for line in found.splitlines())
    assert len(found.splitlines()) == 5
    for line in found.splitlines():
        title, _, message = line.removeprefix("::error title=").partition("::")
        assert not set(title) & {":", ","}
        assert "::" not in title
        assert message
    assert "--> %25s" in found


def test_a_link_that_is_not_plain_https_is_no_link() -> None:
    """Only https, without a user name, other scripts' letters in the host, endless length, or what ends a link in markup."""
    urls = [
        "javascript:alert(1)",
        "http://evil.example/",
        "https://user@evil.example/",
        "https://evil.example\\@good.example/",
        "https://evil.example/\nSet-Cookie",
        "//evil.example/",
        "https://\u0435vil.example/",
        "https://[::1/",
        "https://x.example/" + "x" * 3000,
        *(f"https://x.example/{char}" for char in "()[]<>|*~$!'\"`{}^\\ "),
    ]
    assert [url for url in urls if safe_link(url)] == []


def test_a_link_to_this_machine_may_be_http() -> None:
    """The local Checkly's pages are reached without TLS."""
    assert safe_link("http://127.0.0.1:3000/checks/1?x=1&y=2#z") == "http://127.0.0.1:3000/checks/1?x=1&y=2#z"
