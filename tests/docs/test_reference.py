"""The reference matches the code: every argument and output of the resources, every frozen name of the state."""

import inspect
import re
from pathlib import Path

import pytest

import checkly_dynamic
from checkly_dynamic import provider
from checkly_dynamic.core.barrier import CheckSessionBarrierResource
from checkly_dynamic.core.triggers import CheckSessionTriggerResource, TestSessionTriggerResource
from checkly_dynamic.core.verdict_resource import CheckSessionVerdictResource

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {
    "CheckSessionTrigger": "check-session-trigger.md",
    "TestSessionTrigger": "test-session-trigger.md",
    "CheckSessionGate": "check-session-gate.md",
}


def first_column(page: str, heading: str) -> set[str]:
    """Return the code words in the first column of the first table below a heading."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    table = re.search(r"(^\|.*\n)+", section, re.MULTILINE)
    assert table
    return {word for row in table[0].splitlines() for word in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.mark.parametrize("name", PAGES)
def test_each_argument_and_output_is_in_the_tables(name: str) -> None:
    """The tables of a resource's page have its arguments, and the outputs that its docstring names."""
    page = (DOCS / "api" / PAGES[name]).read_text(encoding="utf-8")
    resource = getattr(checkly_dynamic, name)
    arguments = set(inspect.signature(resource.__init__).parameters) - {"self", "resource_name"}
    assert first_column(page, "Inputs") == arguments
    attributes = inspect.getdoc(resource).partition("Attributes:")[2].partition("Raises:")[0]
    named = set(re.findall(r"^    (\w+):", attributes, re.MULTILINE))
    assert named <= first_column(page, "Outputs")
    source = "".join(inspect.getsource(base) for base in resource.__mro__ if base.__module__.startswith("checkly_"))
    annotated = set(re.findall(r"^ +(?:self\.)?(\w+): pulumi\.Output", source, re.MULTILINE))
    assert first_column(page, "Outputs") - named <= annotated


def test_the_state_format_names_what_is_frozen() -> None:
    """Provider classes and ids are in docs/state-format.md."""
    page = (DOCS / "state-format.md").read_text(encoding="utf-8")
    resources = (
        CheckSessionTriggerResource,
        TestSessionTriggerResource,
        CheckSessionVerdictResource,
        CheckSessionBarrierResource,
    )
    for name in [*provider.__all__, *(resource.id for resource in resources)]:
        assert f"`{name}`" in page


def test_the_architecture_names_each_module_of_an_update() -> None:
    """The page on one update names each module of core, api and resources."""
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    package = Path(checkly_dynamic.__file__).parent
    modules = [path.name for part in ("core", "api", "resources") for path in (package / part).glob("[a-z]*.py")]
    assert [name for name in modules if name not in page] == []
