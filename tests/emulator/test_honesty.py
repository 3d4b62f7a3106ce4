"""The local Checkly serves what the document has, and says so of everything else."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from checkly_dynamic.emulator.document import UNDOCUMENTED, document, operations
from checkly_dynamic.emulator.handlers import HANDLERS
from checkly_dynamic.emulator.not_verified import NOT_VERIFIED

PACKAGE = Path(str(resources.files("checkly_dynamic.emulator")))
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def test_each_route_is_in_the_document():
    """Every route is a method and path of the vendored document, but the two that only the official tool uses."""
    served = {(operation.method, operation.path) for operation in operations()}
    known = {(method.upper(), path) for path, item in document()["paths"].items() for method in item}
    assert served - known == {("GET", path) for path in UNDOCUMENTED}
    assert known <= served
    assert {operation.name for operation in operations()} == set(HANDLERS)


@pytest.mark.parametrize("path", ["/v2/checks", "//v1/checks", "/v1/checks%2F", "/_emulator/nope"])
def test_other_paths_are_501_with_a_sentence(client, path):
    """A path that is not served answers 501 to every method and names what is."""
    for method in METHODS:
        answer = client.ask(method, path)
        assert answer.status_code == 501
        assert len(answer.json()["message"]) > 40


def test_nothing_of_the_library_is_imported():
    """The emulator imports no module of the library beside it, so one misreading cannot cancel out."""
    for path in PACKAGE.glob("*.py"):
        for name in re.findall(r"^\s*(?:from|import) (checkly_dynamic\S*)", path.read_text(), re.MULTILINE):
            assert name.startswith("checkly_dynamic.emulator"), path.name


def test_the_list_is_readable(client):
    """The list of unverified behaviours is part of the state that the page shows."""
    assert client.get("/_emulator/state").json()["notVerified"] == list(NOT_VERIFIED)
