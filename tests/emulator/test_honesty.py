"""The local Checkly serves what the document has, documents what it serves, and lists what is not verified."""

import re
from pathlib import Path

import pytest

from checkly_dynamic.emulator.admin import ROUTES
from checkly_dynamic.emulator.command import emulator
from checkly_dynamic.emulator.document import NOT_VERIFIED, UNDOCUMENTED, document, operations
from checkly_dynamic.emulator.handlers import HANDLERS
from checkly_dynamic.emulator.problems import schema

PAGE = (Path(__file__).parents[2] / "docs" / "local-checkly.md").read_text(encoding="utf-8")


def test_each_route_is_in_the_document():
    """Every route is a method and path of the vendored document, except the two that only the official tool uses."""
    served = {(operation.method, operation.path) for operation in operations()}
    known = {(method.upper(), path) for path, item in document()["paths"].items() for method in item}
    assert served == known | {("GET", path) for path in UNDOCUMENTED}
    assert {operation.name for operation in operations()} == set(HANDLERS)


@pytest.mark.parametrize("path", ["/v2/checks", "//v1/checks", "/v1/checks%2F", "/_emulator/nope"])
def test_other_paths_are_501_with_a_sentence(client, path):
    """A path that is not served answers 501 to every method and names what is."""
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        answer = client.ask(method, path)
        assert answer.status_code == 501
        assert len(answer.json()["message"]) > 40


def test_the_list_is_readable(client):
    """The list of unverified behaviours is part of the state that the page shows."""
    assert client.get("/_emulator/state").json()["notVerified"] == NOT_VERIFIED


def test_everything_is_documented():
    """Each key of scenarios, each route and each option of the command line is on the documentation page."""
    names = [f"`{method} /_emulator{path}`" for method, path, _ in ROUTES]
    for part in (schema(), *(schema()["$defs"][name] for name in ("check", "group", "fault"))):
        names += [f"`{key}`" for key in part["properties"]]
    documented = [operation for operation in operations() if operation.path not in UNDOCUMENTED]
    names += [f"`{operation.method} " + re.sub(r"{\w+}", "{id}", operation.path) + "`" for operation in documented]
    names += [f"`{option}" for parameter in emulator.params for option in parameter.opts]
    assert [name for name in names if name not in PAGE] == []
