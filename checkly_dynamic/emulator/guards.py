"""Validate a request before its operation runs: authorization, parameters and the body."""

from typing import Any

from starlette.requests import Request

from checkly_dynamic.emulator import conformance
from checkly_dynamic.emulator.document import Operation, operations
from checkly_dynamic.emulator.handlers import Call
from checkly_dynamic.emulator.json_input import MAX_BYTES, parse_json
from checkly_dynamic.emulator.responses import Answer, Refused, error
from checkly_dynamic.emulator.scenario import Scenario

ACCOUNT_HEADER = "x-checkly-account"
NO_KEY = "Bad Token: send the header 'Authorization: Bearer <key>'; the local Checkly takes any made-up key"
NO_ACCOUNT = "Bad Token: send the header 'X-Checkly-Account: <account id>'; the local Checkly takes any uuid"
OTHER_ACCOUNT = "Forbidden: this key has no access to the account of the X-Checkly-Account header"


def not_emulated(request: Request) -> Answer:
    """Say that a route is not served here, and which ones are."""
    served = ", ".join(f"{operation.method} {operation.path}" for operation in operations())
    return error(
        501,
        f"The local Checkly does not emulate {request.method} {request.scope['path'][:200]}; "
        f"it serves {served}, and its admin routes under /_emulator/",
    )


def authorize(request: Request, operation: Operation, scenario: Scenario) -> None:
    """Refuse a request with a missing or wrong key or account."""
    if 401 not in operation.statuses():  # the list of locations has no such answer
        return
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    account = request.headers.get(ACCOUNT_HEADER, "").strip()
    if scheme.lower() != "bearer" or not key.strip():
        raise Refused(401, NO_KEY)
    if scenario.api_key not in (None, key.strip()):
        raise Refused(401, "Bad Token")
    if not account:
        raise Refused(401, NO_ACCOUNT)
    if not conformance.formats.conforms(account, "uuid"):
        raise Refused(400, f"header.{ACCOUNT_HEADER}: not a uuid")
    if scenario.account_id not in (None, account.lower()):
        raise Refused(403, OTHER_ACCOUNT)


def valid_call(request: Request, operation: Operation, scenario: Scenario, body: bytes) -> Call:
    """Read a request, or refuse it, by the rules of the document."""
    if len(body) > MAX_BYTES:
        raise Refused(413, f"the body is larger than {MAX_BYTES} bytes")
    path = conformance.parameters(operation, "path", request.path_params.items())
    conformance.parameters(operation, "header", request.headers.items())
    return Call(
        operation=operation,
        path={name: value.lower() for name, value in path.items()},
        query=conformance.parameters(operation, "query", request.query_params.multi_items()),
        body=_json_body(request, operation, body),
        account_id=request.headers.get(ACCOUNT_HEADER, "").strip().lower() or scenario.default_account,
        base_url=f"http://{request.headers.get('host', '127.0.0.1')}",
    )


def _json_body(request: Request, operation: Operation, body: bytes) -> dict[str, Any]:
    spec = operation.spec.get("requestBody")
    if spec is None or not (body.strip() or spec.get("required")):
        return {}
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media != "application/json":
        raise Refused(400, "header.content-type: must be application/json")
    try:
        parsed: dict[str, Any] = parse_json(body)
    except ValueError as problem:
        raise Refused(400, f"body: not JSON: {problem}") from None
    found = conformance.problem(spec["content"]["application/json"]["schema"], parsed, "body")
    if found:
        raise Refused(400, found)
    return parsed
