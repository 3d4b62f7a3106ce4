"""Every folder under examples/ is explained on a page and tried by a test."""

from __future__ import annotations

from pathlib import Path

import pytest
from example_projects import EXAMPLES

# Read by the local Checkly, and by the test of its scenarios; not programs.
DATA = {"scenarios"}
FOLDERS = sorted(folder.name for folder in EXAMPLES.iterdir() if folder.is_dir() and folder.name not in DATA)


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_example_has_a_page_and_a_test(folder):
    """A README of at most a page that starts with what the example shows, and a test file of the same name."""
    lines = (EXAMPLES / folder / "README.md").read_text().splitlines()
    assert lines[0].startswith("# ")
    assert len(lines) <= 50
    assert Path(__file__).with_name(f"test_example_{folder.replace('-', '_')}.py").exists()


def test_the_overview_names_each_example():
    """The table in examples/README.md has a row for each folder, with a link to its page."""
    rows = (EXAMPLES / "README.md").read_text()
    assert [folder for folder in FOLDERS if f"| [{folder}]({folder}/README.md) | " not in rows] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_example_runs_without_the_repository(folder):
    """A README starts with what pip installs and with the local Checkly, and needs no Makefile."""
    text = (EXAMPLES / folder / "README.md").read_text()
    assert "pip install 'checkly-dynamic[" in text
    assert "\ncheckly-dynamic emulator " in text
    assert "make " not in text.replace("make sure", "")


def test_the_documentation_shows_the_component_as_it_is():
    """The component in the documentation is the example's file, word for word."""
    page = (EXAMPLES.parent / "docs" / "components.md").read_text()
    source = (EXAMPLES / "component" / "proved.py").read_text()
    component = source[source.index("class Proved") :]
    assert component in page
    assert len(component.splitlines()) <= 25
