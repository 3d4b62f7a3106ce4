"""
What a result's details say, for each type of check: why it failed, and the data around it.

The data around it (headers, bodies, logs, addresses of assets) always holds :data:`CANARY`. Whatever must never leave
a client shows by that string.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from checkly_dynamic.emulator.scenario import Check

CANARY = "canary-5d1f0c7e"
ASSET = f"https://assets.example.com/{CANARY}?X-Signature={CANARY}"
TIMED_OUT = "The run was stopped: it took longer than allowed"
# Why a check of a type fails when its scenario does not say.
ERRORS = {
    "API": "status code equals 200, received 503",
    "URL": "status code equals 200, received 503",
    "BROWSER": "TimeoutError: page.click: Timeout 30000ms exceeded.",
    "MULTI_STEP": "Error: expect(response).toBeOK() failed",
    "PLAYWRIGHT": "Error: expect(locator).toBeVisible() failed",
    "SSL": "CERTIFICATE_EXPIRED",
    "GRPC": "14 UNAVAILABLE: No connection established",
    "TRACEROUTE": "destination not reached after 30 hops",
    "AGENTIC": "The confirmation page shows an order number",
}
COMPARISONS = {
    "equals": "EQUALS",
    "not equals": "NOT_EQUALS",
    "less than": "LESS_THAN",
    "greater than": "GREATER_THAN",
    "contains": "CONTAINS",
    "not contains": "NOT_CONTAINS",
    "has key": "HAS_KEY",
    "not empty": "NOT_EMPTY",
    "is empty": "IS_EMPTY",
}
# "status code equals 200, received 502"; "json body $.total greater than 0"
ASSERTION = re.compile(
    rf"(?P<source>status code|response time|json body|text body|headers) (?:(?P<property>\S+) )??"
    rf"(?P<comparison>{'|'.join(COMPARISONS)})(?: (?P<target>.+?))?(?:, received (?P<actual>.+))?",
    re.IGNORECASE,
)


def errors_of(check: Check, outcome: str) -> list[str]:
    """Return why a run with this outcome is bad: the scenario's errors, else one that suits the type. None if it is not."""
    if outcome not in ("FAILED", "TIMED_OUT"):
        return []
    known = TIMED_OUT if outcome == "TIMED_OUT" else ERRORS.get(check.check_type)
    return [*check.errors] or ([known] if known else [])


def details(check: Check, outcome: str) -> dict[str, Any]:
    """Return the part of a result that the document has for the type of its check; TCP, DNS and ICMP have none."""
    name, make = PARTS.get(check.check_type, (None, None))
    return {name: make(check, errors_of(check, outcome))} if name and make else {}


def _api(check: Check, errors: Sequence[str]) -> dict[str, Any]:
    matches = [ASSERTION.fullmatch(error) for error in errors]
    assertions = [_assertion(match.groupdict()) for match in matches if match]
    request_error = next((error for error, match in zip(errors, matches, strict=True) if not match), None)
    status = next((int(a["actual"]) for a in assertions if a["source"] == "STATUS_CODE" and a["actual"].isdigit()), 200)
    passed = {"source": "RESPONSE_TIME", "property": "", "comparison": "LESS_THAN", "target": "20000", "regex": None}
    part: dict[str, Any] = {
        "assertions": [*assertions, {**passed, "error": None, "actual": 431}],
        "request": {
            "method": "GET",
            "url": check.url,
            "data": f'{{"note": "{CANARY}"}}',
            "headers": {"authorization": f"Bearer {CANARY}"},
            "params": {"session": CANARY},
        },
        "requestError": request_error,
        "jobLog": {"lines": [{"msg": f"cookie: {CANARY}", "level": "DEBUG"}]},
        "jobAssets": [ASSET],
        "pcapDataUrl": ASSET,
    }
    if request_error is None:
        part["response"] = {
            "status": status,
            "statusText": "OK" if status < 400 else "Error",
            "body": f"<p>{CANARY}</p>",
            "headers": {"set-cookie": f"session={CANARY}"},
            "timings": {"socket": 1.2},
            "timingPhases": {"total": 431},
        }
    return part


def _assertion(words: dict[str, str | None]) -> dict[str, Any]:
    source = str(words["source"]).upper().replace(" ", "_")
    actual = words["actual"] or ("503" if source == "STATUS_CODE" else f"a page with {CANARY}")
    return {
        "source": source,
        "property": words["property"] or "",
        "comparison": COMPARISONS[str(words["comparison"]).lower()],
        "target": words["target"] or "",
        "regex": None,
        "error": f"expected {actual} {words['comparison']} {words['target'] or ''}; {CANARY}",
        "actual": actual,
    }


def _assets() -> dict[str, Any]:
    return {
        "jobLog": [{"time": 1, "msg": f"console.log: {CANARY}", "level": "INFO"}],
        "jobAssets": [ASSET],
        "playwrightTestTraces": [ASSET],
        "playwrightTestJsonReportFile": ASSET,
    }


def _long(error: str) -> str:
    """Return an error as a browser tells it: the first line says what went wrong, the others what was on the page."""
    return f"{error}\n\nCall log:\n  - locator resolved to <input value='{CANARY}'>"


def _browser(_check: Check, errors: Sequence[str]) -> dict[str, Any]:
    return {
        "type": "PLAYWRIGHT",
        "traceSummary": {"consoleErrors": len(errors), "networkErrors": 0, "documentErrors": 0, "userScriptErrors": 0},
        "pages": [{"url": f"https://shop.example.com/?token={CANARY}"}],
        "errors": [{"name": "Error", "message": _long(error), "stack": _long(error)} for error in errors],
        "runtimeVersion": "2026.04",
        "playwrightTestVideos": [ASSET],
        **_assets(),
    }


def _multi_step(_check: Check, errors: Sequence[str]) -> dict[str, Any]:
    return {"errors": [_long(error) for error in errors], "runtimeVersion": "2026.04", **_assets()}


def _playwright(check: Check, errors: Sequence[str]) -> dict[str, Any]:
    return {
        "errors": [
            {
                "error": {"message": _long(error), "stack": _long(error)},
                "testFile": "shop.spec.ts",
                "suitePath": ["shop.spec.ts"],
                "testTitle": check.name,
                "projectName": "chromium",
            }
            for error in errors
        ],
        "playwrightTraceFiles": [{"url": ASSET, "name": "trace", "filename": "trace.zip"}],
        "playwrightTestVideos": [ASSET],
        **_assets(),
    }


def _ssl(_check: Check, errors: Sequence[str]) -> dict[str, Any]:
    category = next((error for error in errors if re.fullmatch(r"[A-Z][A-Z0-9_]+", error)), None)
    days = -2 if errors else 61
    return {
        "tlsVersion": "TLSv1.3",
        "cipherSuite": "TLS_AES_128_GCM_SHA256",
        "daysUntilExpiry": days,
        "chainTrusted": not errors,
        "hostnameVerified": True,
        "failureCategory": category,
        "requestError": next((error for error in errors if error != category), None),
        "request": {"headers": {"authorization": CANARY}},
        "assertions": [],
        "response": {"daysUntilExpiry": days, "certificate": {"subject": CANARY}},
    }


def _grpc(_check: Check, errors: Sequence[str]) -> dict[str, Any]:
    return {
        "grpcStatusCode": 14 if errors else 0,
        "healthStatus": 2 if errors else 1,
        "requestError": next(iter(errors), None),
        "request": {"metadata": {"authorization": CANARY}},
        "assertions": [],
        "response": {
            "grpcStatusCode": 14 if errors else 0,
            "grpcStatusMessage": "UNAVAILABLE" if errors else "OK",
            "healthStatusLabel": "NOT_SERVING" if errors else "SERVING",
            "responseMessage": CANARY,
            "metadata": [{"set-cookie": CANARY}],
        },
    }


def _traceroute(_check: Check, errors: Sequence[str]) -> dict[str, Any]:
    return {
        "totalHops": 30 if errors else 11,
        "destinationReached": not errors,
        "requestError": next(iter(errors), None),
        "request": {"headers": {"x-note": CANARY}},
        "assertions": [],
        "response": {"totalHops": 30 if errors else 11, "destinationReached": not errors, "hops": [{"host": CANARY}]},
    }


def _agentic(_check: Check, errors: Sequence[str]) -> dict[str, Any]:
    failed = [{"condition": error, "passed": False, "actual": CANARY, "expected": CANARY} for error in errors]
    return {
        "summary": f"{len(errors)} of {len(errors) + 1} conditions do not hold",
        "prompt": f"Log in with {CANARY} and buy a mug",
        "assertions": [{"condition": "The shop opens", "passed": True}, *failed],
        "suggestions": [],
        "steps": [{"type": "message", "output": CANARY, "sequenceNumber": 1}],
        "errors": [],
        "artifactManifest": {"screenshot.png": CANARY},
    }


PARTS: dict[str, tuple[str, Callable[[Check, Sequence[str]], dict[str, Any]]]] = {
    "API": ("apiCheckResult", _api),
    "URL": ("apiCheckResult", _api),
    "BROWSER": ("browserCheckResult", _browser),
    "MULTI_STEP": ("multiStepCheckResult", _multi_step),
    "PLAYWRIGHT": ("playwrightCheckResult", _playwright),
    "SSL": ("sslCheckResult", _ssl),
    "GRPC": ("grpcCheckResult", _grpc),
    "TRACEROUTE": ("tracerouteCheckResult", _traceroute),
    "AGENTIC": ("agenticCheckResult", _agentic),
}
