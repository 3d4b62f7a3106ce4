"""The page of documentation names everything that there is."""

from __future__ import annotations

import json
import re
from pathlib import Path

from checkly_dynamic.emulator.admin import ROUTES
from checkly_dynamic.emulator.command import emulator
from checkly_dynamic.emulator.document import UNDOCUMENTED, operations
from checkly_dynamic.emulator.problems import schema, validate

PAGE = (Path(__file__).parents[2] / "docs" / "local-checkly.md").read_text(encoding="utf-8")


def test_every_key_of_a_scenario_is_documented():
    """Each key of scenarios, checks, groups and faults stands in the page."""
    for part in (schema(), *(schema()["$defs"][name] for name in ("check", "group", "fault"))):
        assert [key for key in part["properties"] if f"`{key}`" not in PAGE] == []


def test_every_route_is_documented():
    """Each admin route and each emulated route stands in the page."""
    for method, path, _ in ROUTES:
        assert f"`{method} /_emulator{path}`" in PAGE
    for operation in operations():
        if operation.path not in UNDOCUMENTED:
            path = re.sub(r"\{\w+\}", "{id}", operation.path)
            assert f"`{operation.method} {path}`" in PAGE


def test_every_option_is_documented():
    """Each option of the command line stands in the page."""
    options = [option for parameter in emulator.params for option in parameter.opts]
    assert options
    assert [option for option in options if f"`{option}" not in PAGE] == []


def test_the_example_scenario_can_be_used():
    """The scenario in the page is a scenario."""
    examples = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert examples
    for example in examples:
        validate(json.loads(example))
