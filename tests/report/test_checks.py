"""``checkly-dynamic checks`` lists what a target would run, and runs nothing."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from checkly_dynamic.cli import main
from checkly_dynamic.emulator.testing import LocalCheckly

CHECKS = [
    {"name": "Home", "tags": ["production", "web"]},
    {"name": "Slow", "tags": ["production", "slow"]},
    {"name": "Off", "tags": ["production"], "activated": False},
    {"name": "\x1b[31mred [bold]x[/bold]", "tags": ["odd"]},
]


@pytest.fixture
def checkly(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[LocalCheckly]:
    """Start a local Checkly and point the environment to it; there is no Pulumi project in the folder."""
    with LocalCheckly(scenario={"checks": CHECKS}) as local:
        for name, value in local.env.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(tmp_path)
        yield local


def listed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> Any:
    """Return the JSON that the command prints."""
    assert main(["checks", "--format", "json", *arguments]) == code
    return json.loads(capsys.readouterr().out)


def test_tags_select_as_in_a_target(checkly: LocalCheckly, capsys: pytest.CaptureFixture[str]) -> None:
    """Commas mean and, several --tag mean or, an exclamation mark means not."""
    assert [c["name"] for c in listed(capsys, "--tag", "production,!slow")["checks"]] == ["Home"]
    assert [c["name"] for c in listed(capsys, "--tag", "slow", "--tag", "web")["checks"]] == ["Home", "Slow"]
    assert checkly.triggers == []


def test_what_is_not_run_is_explained(checkly: LocalCheckly, capsys: pytest.CaptureFixture[str]) -> None:
    """--all gives a reason for each other check; an id that Checkly does not know is named."""
    found = listed(capsys, "--tag", "production", "--all")
    assert {c["name"]: c["reason"] for c in found["excluded"]}["Off"] == "it is deactivated"
    unknown = "00000000-0000-4000-8000-000000000000"
    assert listed(capsys, "--check-id", unknown, code=1)["unknownIds"] == [unknown]


def test_the_table_is_plain_in_a_log(checkly: LocalCheckly, capsys: pytest.CaptureFixture[str]) -> None:
    """One line for each check and a sum; names are shown as text, whatever is in them."""
    assert main(["checks", "--all", "--tag", "web", "--tag", "odd"]) == 0
    out = capsys.readouterr().out
    assert "✓  Home" in out
    assert "[bold]x[/bold]" in out
    assert "\x1b" not in out
    assert out.endswith("2 of 4 checks match\n")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--tag", "a,,b"], "--tag: must not be blank"),
        (["--tag", "smoke, ! slow"], "--tag: must not start or end with whitespace"),
        (["--check-id", "home"], "--check-id: "),
    ],
    ids=["empty tag", "space after !", "no UUID"],
)
def test_a_wrong_target_is_an_error(
    checkly: LocalCheckly, capsys: pytest.CaptureFixture[str], arguments: list[str], problem: str
) -> None:
    """The message names the option as it was typed; exit code 2, and nothing is asked."""
    assert main(["checks", *arguments]) == 2
    assert problem in capsys.readouterr().err
    assert checkly.requests == []


def test_a_misspelt_tag_gets_a_suggestion(checkly: LocalCheckly, capsys: pytest.CaptureFixture[str]) -> None:
    """A tag that no check has is named, also behind an exclamation mark, with the account's most similar ones."""
    assert main(["checks", "--tag", "Prodction,!slwo", "--tag", "web"]) == 0
    err = capsys.readouterr().err
    assert "no check has the tag 'Prodction'; did you mean 'production'?" in err
    assert "no check has the tag 'slwo'; did you mean 'slow'?" in err
    assert "'web'" not in err


def test_a_target_that_a_trigger_refuses_is_no_success(
    checkly: LocalCheckly, capsys: pytest.CaptureFixture[str]
) -> None:
    """A target of only negated tags matches nearly everything; the command says so, with exit code 1."""
    assert main(["checks", "--tag", "!slow"]) == 1
    said = capsys.readouterr()
    assert "2 of 4 checks match, but a trigger refuses this target" in said.out
    assert "run_all_checks" in said.err
    assert listed(capsys, "--tag", "!slow", code=1)["refused"]
