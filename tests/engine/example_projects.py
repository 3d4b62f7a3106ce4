"""Examples as a user would run them: a copy of the folder, the CLI, and nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from harness import Project

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(make_project: Callable[..., Project], folder: str, *, name: str, **arguments) -> Project:
    """
    Return a project with the files of an example and an empty stack ``dev``.

    Args:
        make_project: The fixture.
        folder: The program's folder below ``examples/``.
        name: The project's name, as its Pulumi.yaml says.
        arguments: Any argument of :class:`Project`.
    """
    project = make_project(name=name, **arguments)
    source = EXAMPLES / folder
    assert f"name: {name}\n" in (source / "Pulumi.yaml").read_text()
    shutil.copytree(source, project.work, dirs_exist_ok=True)
    return project
