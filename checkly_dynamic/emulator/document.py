"""
The vendored part of Checkly's OpenAPI document, as operations.

Everything that the local Checkly serves comes from here: it cannot serve a route that is not in the document.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from checkly_dynamic.emulator import packaged_text

# Document operation -> the short name that faults, counters and the journal use.
NAMES = {
    "postV1ChecksessionsTrigger": "trigger",
    "postV2ChecksessionsTrigger": "trigger",
    "getV1ChecksessionsChecksessionid": "session",
    "getV2ChecksessionsChecksessionid": "session",
    "getV1ChecksessionsChecksessionidCompletion": "completion",
    "getV2ChecksessionsChecksessionidCompletion": "completion",
    "postV1ChecksessionsChecksessionidCancel": "cancel",
    "getV1CheckresultsCheckidCheckresultid": "result",
    "postV1TestsessionsTrigger": "test-trigger",
    "getV1Testsessions": "test-list",
    "getV1TestsessionsTestsessionid": "test-get",
    "getV1TestsessionsTestsessionidCompletion": "test-completion",
    "postV1TestsessionsTestsessionidCancel": "test-cancel",
    "getV1TestsessionsTestsessionidResultsTestsessionresultid": "test-result",
    "getV1Checks": "checks",
    "getV1Checkstatuses": "check-statuses",
    "getV1Checkgroups": "check-groups",
    "getV1Accounts": "accounts",
    "getV1AccountsMe": "accounts",
    "getV1AccountsAccountid": "accounts",
    "getV1Locations": "locations",
}

# Routes that are not in the document, and the routes whose description they share. Checkly's own command line calls
# them first and cannot start without them.
UNDOCUMENTED = {"/next/accounts": "/v1/accounts", "/next/accounts/{accountId}": "/v1/accounts/{accountId}"}


# What the local Checkly does where Checkly's public documents say nothing, one line for each point.
NOT_VERIFIED = packaged_text("emulator/not-verified.txt").splitlines()


@dataclass(frozen=True, eq=False)
class Operation:
    """One method and path of the document."""

    name: str  # short, the same for v1 and v2: "trigger", "completion", …
    operation_id: str
    version: str  # "v1" or "v2"; "next" for what only the official command line uses
    method: str
    path: str  # with {placeholders}
    spec: dict[str, Any]  # the document's operation object

    def statuses(self) -> tuple[int, ...]:
        """Return the documented status codes."""
        return tuple(int(code) for code in self.spec["responses"])

    def parameters(self, where: str) -> list[dict[str, Any]]:
        """Return the documented parameters of one kind: ``path``, ``query`` or ``header``."""
        return [parameter for parameter in self.spec.get("parameters", []) if parameter["in"] == where]

    def answer_schema(self, status: int) -> dict[str, Any] | None:
        """Return the schema of the JSON answer with this status, None when the document gives none."""
        response = self.spec["responses"].get(str(status), {})
        schema: dict[str, Any] | None = response.get("content", {}).get("application/json", {}).get("schema")
        return schema


@cache
def document() -> dict[str, Any]:
    """Load the vendored document."""
    loaded: dict[str, Any] = json.loads(packaged_text("schemas/checkly-openapi.json"))
    return loaded


@cache
def operations() -> tuple[Operation, ...]:
    """Return all operations; fixed paths come before paths with placeholders, as routing requires."""
    paths = document()["paths"]
    items = [*paths.items(), *((path, paths[known]) for path, known in UNDOCUMENTED.items())]
    found = [
        Operation(NAMES[spec["operationId"]], spec["operationId"], path.split("/")[1], method.upper(), path, spec)
        for path, item in items
        for method, spec in item.items()
    ]
    return tuple(sorted(found, key=lambda operation: "{" in operation.path))
