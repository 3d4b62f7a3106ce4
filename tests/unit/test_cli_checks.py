"""``checkly-dynamic checks`` lists what a target would run, and runs nothing."""

from __future__ import annotations

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
    assert out.endswith("2 of 4 checks would run\n")


def test_nothing_is_started(checkly: LocalCheckly, capsys: pytest.CaptureFixture[str]) -> None:
    """Listing is harmless: no session exists afterwards."""
    listed(capsys)
    assert checkly.triggers == []


def test_a_wrong_target_is_refused_before_anything_is_asked(
    checkly: LocalCheckly, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same rules as in a program, one line for each problem, exit code 2."""
    assert main(["checks", "--tag", "a,,b"]) == 2
    assert "error: target.matchTags[0][1]: " in capsys.readouterr().err


def test_missing_credentials_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: Any) -> None:
    """Without a key nothing is asked, and the two ways to set it are told."""
    monkeypatch.chdir(tmp_path)
    for name in ("CHECKLY_API_KEY", "CHECKLY_ACCOUNT_ID"):
        monkeypatch.delenv(name, raising=False)
    assert main(["checks"]) == 2
    assert "CHECKLY_API_KEY" in capsys.readouterr().err
