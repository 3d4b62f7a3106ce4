"""The public names, the errors, and what importing the package loads."""

import ast
import subprocess
import sys
from pathlib import Path

import checkly_dynamic
from checkly_dynamic import errors

CONTRACT = {
    *("CheckSessionTrigger", "TestSessionTrigger", "CheckSessionGate", "TargetArgs", "TargetArgsDict", "Session"),
    *("get_matching_checks", "get_matching_checks_output", "require_passed", "__version__"),
}
ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


def test_the_public_names_are_those_of_the_contract():
    """Exactly the promised names and the error classes are public; the typing test uses each of them."""
    assert set(checkly_dynamic.__all__) == CONTRACT | {kind.__name__ for kind in ERRORS}
    assert all(getattr(checkly_dynamic, name) is not None for name in checkly_dynamic.__all__)
    tree = ast.parse((Path(__file__).parents[1] / "typing" / "api.py").read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == "checkly_dynamic"]
    assert {alias.name for node in imports for alias in node.names} == set(checkly_dynamic.__all__)


def test_one_except_clause_catches_all_errors_of_this_library():
    """Each problem of a wrong argument or setting is one line."""
    assert all(issubclass(kind, errors.ChecklyError) for kind in ERRORS)
    for kind in (errors.ConfigError, errors.PayloadError):
        error = kind(["one: wrong", "two: wrong"])
        assert (str(error), error.problems) == ("one: wrong\ntwo: wrong", ("one: wrong", "two: wrong"))


PROGRAM = """
import sys
from types import SimpleNamespace
import pulumi

pulumi.runtime.set_mocks(SimpleNamespace(new_resource=lambda args: (args.name, args.inputs)))
before = set(sys.modules)
from checkly_dynamic import CheckSessionGate

def program():
    return CheckSessionGate("g", target={"match_tags": [["a"]]}, deploy_version="1").urn

pulumi.runtime.test(program)()
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
print(sorted(loaded & {"requests", "urllib3", "jsonschema", "referencing", "starlette", "uvicorn", "rich", "click"}))
"""


def test_a_program_loads_nothing_that_only_the_plugin_host_needs():
    """Importing the package and constructing trigger and gate costs a program no HTTP library and no validator."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
