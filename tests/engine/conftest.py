"""Fixtures for tests on the real engine: the CLI, projects, and the local Checkly."""

import contextlib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi_cli
import pytest
from harness import Project

from checkly_dynamic.emulator.testing import LocalCheckly

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, so that ``-m 'not engine'`` leaves the slow ones out."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("engine")


@pytest.fixture(scope="session")
def cli() -> Path:
    """Return the folder of a usable Pulumi CLI; if there is none yet, it is installed first, which may take minutes."""
    return pulumi_cli.ensure()


@pytest.fixture
def make_project(
    cli: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Project]]:
    """Return a function that makes a project with a program and an empty stack; one test's projects need different names."""
    templates = tmp_path_factory.getbasetemp() / "stacks"
    with contextlib.ExitStack() as stack:

        def make(program: str = "", *, name: str = "demo", env: dict[str, str] | None = None) -> Project:
            folder = tmp_path / name
            folder.mkdir()
            project = stack.enter_context(Project(folder, cli, name=name, env=dict(env or {})))
            project.init(templates / name)
            project.write(program)
            return project

        yield make


@pytest.fixture
def project(make_project: Callable[..., Project]) -> Project:
    """Return a project with an empty stack and an empty program."""
    return make_project()


@pytest.fixture
def make_example(make_project: Callable[..., Project]) -> Callable[..., Project]:
    """Return a function that makes a project from a copy of a folder in ``examples/``."""

    def make(folder: str, **arguments: Any) -> Project:
        source = ROOT / "examples" / folder
        found = re.search(r"^name: (.+)$", (source / "Pulumi.yaml").read_text(), re.MULTILINE)
        assert found
        project = make_project(name=found[1], **arguments)
        shutil.copytree(source, project.work, dirs_exist_ok=True)
        return project

    return make


@pytest.fixture
def make_checkly() -> Iterator[Callable[..., LocalCheckly]]:
    """Return a function that starts a local Checkly, which ends with the test; it takes scenario, seed and speed."""
    with contextlib.ExitStack() as stack:
        yield lambda **arguments: stack.enter_context(LocalCheckly(**arguments))


@pytest.fixture
def checkly(make_checkly: Callable[..., LocalCheckly]) -> LocalCheckly:
    """Return a local Checkly with the default scenario."""
    return make_checkly()


@pytest.fixture
def make_stack(make_project: Callable[..., Project], make_checkly: Callable[..., LocalCheckly]) -> Callable[..., Any]:
    """Return a function that makes a project with a program, and a local Checkly for it with some checks."""

    def make(
        program: str, *checks: dict[str, Any], name: str = "demo", **scenario: Any
    ) -> tuple[Project, LocalCheckly]:
        checkly = make_checkly(scenario={"checks": list(checks), **scenario})
        return make_project(program, name=name, env=checkly.env), checkly

    return make
