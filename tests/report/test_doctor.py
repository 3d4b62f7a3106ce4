"""The doctor finds what is wrong with a set-up, says what to do, and never shows a part of the key."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from checkly_dynamic import __version__
from checkly_dynamic.cli.doctor import Finding, examine
from checkly_dynamic.cli.pulumi_stack import PulumiStack
from checkly_dynamic.emulator.testing import LocalCheckly

KEY = "key-0f9a8b7c6d5e4f3a2b1c"
ACCOUNT = "11111111-2222-4333-8444-555555555555"
HOSTS = ("pulumi-language-python", "pulumi-resource-pulumi-python")
PYTHON = "Python of the program"


class Machine:
    """A simulated machine: a folder of programs, a folder for a project, and the environment."""

    def __init__(self, programs: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.bin, self.project, self.setenv = programs, project, monkeypatch.setenv
        self.project.mkdir()
        monkeypatch.setenv("PATH", str(self.bin))
        for name in os.environ:
            if name.startswith("CHECKLY_") or name.upper().endswith(("_PROXY", "_CA_BUNDLE")):
                monkeypatch.delenv(name)
        self.said("version", "v3.259.0")
        for name in HOSTS:
            self.program(name, "#!/bin/sh\n")

    def credentials(self) -> None:
        """Set them in the environment."""
        self.setenv("CHECKLY_API_KEY", KEY)
        self.setenv("CHECKLY_ACCOUNT_ID", ACCOUNT)

    def program(self, name: str, text: str) -> str:
        """Put a program on PATH."""
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)
        return str(self.bin / name)

    def said(self, command: str, answer: Any) -> None:
        """Let the simulated CLI answer a command."""
        (self.bin / command).write_text(answer if isinstance(answer, str) else json.dumps(answer))

    def has_project(self, *, language: str = "python", python: str = "", config: Any = None) -> None:
        """Give the machine a project with a stack; without *python*, a Python that imports nothing, to save time."""
        (self.project / "Pulumi.yaml").write_text(f"name: demo\nruntime: {language}\n")
        python = python or self.program("python", f"#!/bin/sh\necho {__version__} 3.12.0\n")
        self.said("about", {"runtime": {"language": language, "executable": python}})
        if config is not None:
            self.said("config", config)

    def findings(self, *, offline: bool = True) -> dict[str, Finding]:
        """Examine the machine."""
        found = list(examine(PulumiStack("", self.project), offline=offline))
        everything = "".join(f"{finding.subject}{finding.text}{finding.todo}" for finding in found)
        assert not any(KEY[i : i + 6] in everything for i in range(len(KEY) - 5))
        return {finding.subject: finding for finding in found}


@pytest.fixture
def machine(tmp_path: Path, pulumi: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine on which all is well, without a project and credentials."""
    return Machine(pulumi, tmp_path / "project", monkeypatch)


def test_a_cli_that_is_missing_or_old_is_the_first_thing_to_do(machine: Machine) -> None:
    """Without the CLI the doctor goes on with what can be examined; an old one is named with the oldest that is usable."""
    machine.said("version", "v3.99.0")
    assert "3.216" in machine.findings()["Pulumi CLI"].todo
    (machine.bin / "pulumi").unlink()
    found = machine.findings()
    assert "Install" in found["Pulumi CLI"].todo
    assert "settings" in found


def test_a_python_that_cannot_run_the_program_is_found(machine: Machine) -> None:
    """The Python that Pulumi names must import this version of the package; the command that repairs it is shown."""
    bare = machine.program("bare", f'#!/bin/sh\nexec {sys.executable} -I -S "$@"\n')
    machine.has_project(python=bare)
    finding = machine.findings()[PYTHON]
    assert "No module named" in finding.text
    assert f"{bare} -m pip install checkly-dynamic" in finding.todo
    machine.program("bare", "#!/bin/sh\necho 0.0.1 3.12.0\n")
    finding = machine.findings()[PYTHON]
    assert "0.0.1" in finding.text
    assert __version__ in finding.todo


def test_config_wins_over_the_environment(machine: Machine) -> None:
    """The source of each setting is told, as the provider would take it; a proxy without its password."""
    machine.credentials()
    machine.has_project(config={"checkly:apiKey": {"value": "cu_from-config", "secret": True}})
    machine.setenv("HTTPS_PROXY", "http://user:geheim@proxy.example:3128")
    found = machine.findings()
    assert found["API key"].text == "from config checkly:apiKey, 14 characters"
    assert found["account"].text.endswith("from environment variable CHECKLY_ACCOUNT_ID")
    assert "HTTPS_PROXY" in found["network"].text
    assert "geheim" not in found["network"].text
    assert "not asked (--offline)" in found["Checkly"].text
    assert found["Pulumi CLI"].text.startswith("v3.259.0")


def test_a_program_in_another_language_needs_the_native_provider_and_its_settings(machine: Machine) -> None:
    """Only the settings of the native provider count, under their names, and only the host of this language is needed."""
    ours = {"checkly-sessions:apiKey": {"value": KEY, "secret": True}}
    machine.has_project(language="yaml", config={"checkly:apiKey": {"value": "another"}, **ours})
    found = machine.findings()
    assert found["pulumi-language-yaml"].todo
    assert not {HOSTS[0], PYTHON} & set(found)
    assert "plugins.providers" in found["native provider"].text
    assert found["stack config"].text == "sets checkly-sessions:apiKey"
    assert "config set checkly-sessions:accountId" in found["settings"].todo


@pytest.mark.parametrize(
    ("config", "environment", "subject", "todo"),
    [
        ({"checkly:apiKey": {"value": KEY, "secret": False}}, {}, "stack config", "--secret"),
        (None, {}, "stack config", "Fix what Pulumi reports"),
        ({}, {"CHECKLY_API_KEY": f"cu_{'0123456789abcdef' * 2}"}, "API key", "Use a made-up key for a local Checkly"),
    ],
    ids=["readable by everyone", "config that cannot be read", "real key for a local Checkly"],
)
def test_a_wrong_setting_is_found(
    machine: Machine, config: Any, environment: dict[str, str], subject: str, todo: str
) -> None:
    """One finding says what to do, and the rest is examined all the same."""
    machine.credentials()
    machine.has_project(config=config)
    for name, value in {"CHECKLY_API_URL": "http://127.0.0.1:3000", **environment}.items():
        machine.setenv(name, value)
    found = machine.findings()
    assert todo in found[subject].todo
    assert [finding.subject for finding in found.values() if finding.todo] == [subject]


def test_missing_settings_are_each_named(machine: Machine) -> None:
    """Key and account are two lines, each with the command that sets it."""
    found = examine(PulumiStack("", machine.project), offline=True)
    key, account = (finding.todo for finding in found if finding.subject == "settings")
    assert "checkly:apiKey" in key
    assert "checkly:accountId" in account


def test_checkly_is_asked_harmlessly(machine: Machine) -> None:
    """With the right key, the account's name is returned and nothing is started. A 401 names the key."""
    with LocalCheckly(scenario={"accountName": "Shoe shop"}) as checkly:
        for name, value in checkly.env.items():
            machine.setenv(name, value)
        assert machine.findings(offline=False)["Checkly"].text == "answers for the account Shoe shop"
        assert checkly.triggers == []
        checkly.scenario({"apiKey": "another-key"})
        finding = machine.findings(offline=False)["Checkly"]
    assert "401" in finding.text
    assert "the API key was not accepted" in finding.text
    assert "the API key" in finding.todo
