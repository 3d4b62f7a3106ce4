"""
What a request must pass before its operation runs: the rate limit, ``Prefer``, authorization, the body.

Each guard returns an answer when the request stops here, and None when it may go on.
"""

from __future__ import annotations

import math
import re
from typing import Any

from starlette.requests import Request

from checkly_dynamic.emulator import conformance, responses
from checkly_dynamic.emulator.document import Operation, operations
from checkly_dynamic.emulator.journal import RateLimit
from checkly_dynamic.emulator.json_input import parse_json
from checkly_dynamic.emulator.responses import Answer
from checkly_dynamic.emulator.scenario import Scenario

# Whose account it is when neither the scenario nor the request says so.
FALLBACK_ACCOUNT = "11111111-2222-4333-8444-555555555555"
ACCOUNT_HEADER = "x-checkly-account"


def not_emulated(request: Request) -> str:
    """Say that a route is not served here, and which ones are."""
    served = ", ".join(f"{operation.method} {operation.path}" for operation in operations())
    return (
        f"The local Checkly does not emulate {request.method} {request.scope['path'][:200]}; "
        f"it serves {served}, and its admin routes under /_emulator/"
    )


def too_many(limit: RateLimit, now: float) -> Answer | None:
    """Refuse a request above the rate limit."""
    wait = limit.wait(now)
    if wait is None:
        return None
    return responses.error(429, headers={"Retry-After": str(max(1, math.ceil(wait)))})


def preferred(request: Request, operation: Operation) -> Answer | None:
    """Answer with the documented error that ``Prefer: code=429`` asks for, for this one request and without effect."""
    match = re.search(r"\bcode=(\d{3})\b", request.headers.get("prefer", ""))
    if match is None or int(match[1]) < 300:  # 2xx is what an ordinary request gets anyway
        return None
    status = int(match[1])
    if status not in operation.statuses():
        known = ", ".join(map(str, operation.statuses()))
        return responses.error(400, f"Prefer: the document gives {operation.method} {operation.path} only {known}")
    return responses.documented(operation.name, status)


def unauthorized(request: Request, operation: Operation, scenario: Scenario) -> Answer | None:
    """Refuse a request without key or account, or with others than the scenario's."""
    if 401 not in operation.statuses():  # the list of locations has no such answer
        return None
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    account = request.headers.get(ACCOUNT_HEADER, "").strip()
    refusal = None
    if scheme.lower() != "bearer" or not key.strip():
        refusal = responses.error(401, responses.NO_KEY)
    elif scenario.api_key not in (None, key.strip()):
        refusal = responses.error(401, "Bad Token")
    elif not account:
        refusal = responses.error(401, responses.NO_ACCOUNT)
    elif not conformance.formats.conforms(account, "uuid"):
        refusal = responses.error(400, f"header.{ACCOUNT_HEADER}: not a uuid")
    elif scenario.account_id not in (None, account.lower()):
        refusal = responses.error(
            403, "Forbidden: this key has no access to the account of the X-Checkly-Account header"
        )
    return refusal


def account_id(request: Request, scenario: Scenario) -> str:
    """Return the account that a request is about."""
    return scenario.account_id or request.headers.get(ACCOUNT_HEADER, "").strip().lower() or FALLBACK_ACCOUNT


def json_body(operation: Operation, request: Request, body: bytes) -> tuple[dict[str, Any], str | None]:
    """
    Parse and check the JSON body.

    Returns:
        The body, ``{}`` when there is none, and the first problem or None.
    """
    schema = operation.body_schema()
    if schema is None:
        return {}, None
    if not body.strip():
        return {}, "body: a JSON object is required; send {}" if operation.body_required() else None
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media != "application/json":
        return {}, "header.content-type: must be application/json"
    try:
        parsed = parse_json(body)
    except ValueError as error:
        return {}, f"body: not JSON: {error}"
    problem = conformance.problem(schema, parsed, "body")
    return ({}, problem) if problem else (parsed, None)
