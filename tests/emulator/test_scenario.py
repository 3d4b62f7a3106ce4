"""Scenarios: what is accepted, and how a bad one is refused."""

import json
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from checkly_dynamic.emulator.problems import ScenarioError, schema
from checkly_dynamic.emulator.scenario import Scenario, default, load

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("data", "problems"),
    [
        ({"cheks": []}, "scenario: Additional properties are not allowed ('cheks' was unexpected)"),
        ({"checks": [{}]}, "scenario.checks[0]: 'name' is a required property"),
        ({"checks": [{"name": "a", "outcomes": ["FAILD"]}]},
         ("scenario.checks[0].outcomes[0]: 'FAILD' is not one of "
         "['PASSED', 'FAILED', 'DEGRADED', 'TIMED_OUT', 'CANCELLED']")),
        ({"checks": [{"name": "a", "outcomes": [{"status": "PASSED", "failedAttempts": -1}]}]},
         "scenario.checks[0].outcomes[0].failedAttempts: -1 is less than the minimum of 0"),
        ({"checks": [{"name": "a", "seconds": -1}]}, "scenario.checks[0].seconds: -1 is less than the minimum of 0"),
        ({"checks": [{"name": "a", "id": "x"}]}, "scenario.checks[0].id: 'x' is not a 'uuid'"),
        ({"checks": [{"name": "a", "groupId": 4}]}, "scenario.checks[0].groupId: no group has the id 4"),
        ({"checks": [{"name": "a"}, {"name": "a"}]},
         "scenario.checks[1].name: the same as checks[0]; give each check an id of its own"),
        ({"faults": [{"route": "trigger"}]},
         ("scenario.faults[0]: says nothing that should happen; "
         "add one of status, delay, drop, truncate, garbage, merge, headers")),
        ({"apiKey": 12345678}, "scenario.apiKey: must be a string of 1 to 200 characters"),
        ({"chekcs": [], "rateLimit": -1},
         ("scenario.rateLimit: -1 is less than the minimum of 0\n"
         "scenario: Additional properties are not allowed ('chekcs' was unexpected)")),
    ],
)  # fmt: skip
def test_each_problem_is_one_line_with_its_path(data, problems):
    """A bad scenario is refused with a line for each problem that names the place, the value and what is allowed."""
    with pytest.raises(ScenarioError) as refusal:
        Scenario(data)
    assert str(refusal.value) == problems


def test_files_are_json_or_yaml(tmp_path):
    """The same scenario reads the same from JSON and YAML, also where YAML would see a date or a number."""
    (tmp_path / "a.json").write_text('{"checks": [{"name": "one", "tags": ["2026-01-01"]}]}')
    (tmp_path / "a.yaml").write_text("checks:\n- name: one\n  tags: [2026-01-01]\n")
    assert load(tmp_path / "a.json") == load(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.json", b"\xff", "cannot be parsed"),
        ("a.json", b"[" * 5000, "nested too deeply"),
        ("a.yaml", b"a: [", "cannot be parsed"),
        ("missing.json", None, "No such file"),
    ],
)
def test_unreadable_files_are_one_line(tmp_path, name, content, words):
    """A file that cannot be read is refused with one line that names it."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ScenarioError) as refusal:
        load(tmp_path / name)
    assert words in str(refusal.value)
    assert str(refusal.value).startswith(f"{tmp_path / name}: ")
    assert "\n" not in str(refusal.value)


def test_the_demo_and_the_examples_can_be_used():
    """The published schema is valid JSON Schema, and the demo and every example, also in the docs, conform to it."""
    Draft202012Validator.check_schema(schema())
    page = (ROOT / "docs" / "local-checkly.md").read_text(encoding="utf-8")
    documented = [json.loads(example) for example in re.findall(r"```json\n(.*?)```", page, re.DOTALL)]
    files = list((ROOT / "examples" / "scenarios").glob("*"))
    assert len(documented) == 2
    assert {path.suffix for path in files} >= {".json", ".yaml"}
    assert all(Scenario(data).checks for data in (default(), *documented, *map(load, files)))
