"""The front door: its list of names, and what walking through it loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import checkly_dynamic
from checkly_dynamic import errors

HERE = Path(__file__).parent
CONTRACT = {
    *("CheckSessionTrigger", "CheckSessionGate", "TargetArgs", "TargetArgsDict", "Session"),
    *("get_matching_checks", "get_matching_checks_output", "require_passed", "__version__"),
}


def imported_names(path: Path, module: str) -> set[str]:
    """Return what a file imports from a module, wherever in the file."""
    found = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom))
    return {alias.name for node in found if node.module == module for alias in node.names}


def test_the_public_names_are_those_of_the_contract():
    """Exactly the promised names and the error classes are public, and each of them is there."""
    assert set(checkly_dynamic.__all__) == CONTRACT | set(errors.__all__)
    assert all(getattr(checkly_dynamic, name) is not None for name in checkly_dynamic.__all__)
    assert set(checkly_dynamic.__all__) <= set(dir(checkly_dynamic))
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = checkly_dynamic.nothing


def test_the_type_checker_sees_the_same_names():
    """What is imported for type checkers only is what __all__ says at run time; the typing test uses every name."""
    tree = ast.parse(Path(checkly_dynamic.__file__).read_text())
    [block] = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    seen: set[str] = set()
    for node in block.body:
        assert isinstance(node, ast.ImportFrom)
        names = {alias.asname for alias in node.names}
        if [alias.name for alias in node.names] == ["*"]:
            assert node.module == "checkly_dynamic.errors"
            names = set(errors.__all__)
        seen |= names
    assert seen == set(checkly_dynamic.__all__)
    assert imported_names(HERE.parent / "typing" / "api.py", "checkly_dynamic") == seen


def test_every_error_is_one_of_ours():
    """One except clause catches whatever the library raises on purpose."""
    assert all(issubclass(getattr(errors, name), errors.ChecklyError) for name in errors.__all__)


PROGRAM = """
import sys
import pulumi

class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, args.inputs
    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Mocks())
before = set(sys.modules)
import checkly_dynamic
from checkly_dynamic import CheckSessionGate, CheckSessionTrigger, TargetArgs
assert all(name in dir(checkly_dynamic) for name in checkly_dynamic.__all__)

def program():
    trigger = CheckSessionTrigger("t", target=TargetArgs(match_tags=[["a"]]), deploy_version="1")
    return CheckSessionGate("g", wait_for=trigger).urn

pulumi.runtime.test(program)()
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(loaded & {"requests", "urllib3", "jsonschema", "referencing", "stamina", "starlette", "uvicorn", "rich", "click"}))
"""


def run(program: str) -> str:
    """Run a program in a Python of its own and return what it printed."""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_a_program_loads_nothing_that_only_the_plugin_host_needs():
    """Importing the package and constructing trigger and gate costs a program no HTTP library and no validator."""
    assert run(PROGRAM) == "[]"


def test_importing_the_package_alone_does_not_load_pulumi():
    """The local Checkly and the command line start without the weight of Pulumi."""
    assert run("import checkly_dynamic, sys; checkly_dynamic.__version__; print('pulumi' in sys.modules)") == "False"


def test_the_provider_module_can_be_imported_without_an_engine():
    """The plugin host imports it by name, with no program and no engine around."""
    assert (
        run("import checkly_dynamic.provider as p; print(p.CheckSessionTriggerProvider().serialize_as_secret_always)")
        == "False"
    )
