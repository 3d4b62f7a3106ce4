"""
The details of a result, for each type of check: why it failed, and the data around it.

The data around it (headers, bodies, logs, addresses of assets) always holds :data:`CANARY`. If a client
leaks any of it, this string shows.
"""

import copy
import re
from collections.abc import Callable
from typing import Any

from checkly_dynamic.emulator.scenario import Check
from checkly_dynamic.emulator.views import CANARY, CONSTANTS

TIMED_OUT = "The run was stopped: it took longer than allowed"
COMPARISONS = "equals|not equals|less than|greater than|contains|not contains|has key|not empty|is empty"
# "status code equals 200, received 502"; "json body $.total greater than 0"
ASSERTION = re.compile(
    rf"(?P<source>status code|response time|json body|text body|headers) (?:(?P<property>\S+) )??"
    rf"(?P<comparison>{COMPARISONS})(?: (?P<target>.+?))?(?:, received (?P<actual>.+))?",
    re.IGNORECASE,
)


def errors_of(check: Check, outcome: str) -> list[str]:
    """Return why a run with this outcome is bad: the scenario's errors, or one that suits the type."""
    if outcome not in ("FAILED", "TIMED_OUT"):
        return []
    if check.errors:
        return [*check.errors]
    if outcome == "TIMED_OUT":
        return [TIMED_OUT]
    return [PARTS[check.check_type][2]] if check.check_type in PARTS else []


def details(check: Check, outcome: str) -> dict[str, Any]:
    """Return the part of a result that the document has for the type of its check; TCP, DNS and ICMP have none."""
    if check.check_type not in PARTS:
        return {}
    name, tell, _ = PARTS[check.check_type]
    part = copy.deepcopy(CONSTANTS[name])
    tell(part, check, errors_of(check, outcome))
    return {name: part}


def _api(part: dict[str, Any], check: Check, errors: list[str]) -> None:
    part["request"]["url"] = check.url
    failed = [_assertion(match.groupdict()) for error in errors if (match := ASSERTION.fullmatch(error))]
    part["assertions"] = [*failed, *part["assertions"]]
    part["requestError"] = next((error for error in errors if not ASSERTION.fullmatch(error)), None)
    for assertion in failed:
        if assertion["source"] == "STATUS_CODE" and assertion["actual"].isdigit():
            part["response"] |= {"status": int(assertion["actual"]), "statusText": "Error"}
    if part["requestError"] is not None:
        del part["response"]


def _assertion(words: dict[str, str | None]) -> dict[str, Any]:
    source, comparison = (str(words[name]).upper().replace(" ", "_") for name in ("source", "comparison"))
    actual = words["actual"] or ("503" if source == "STATUS_CODE" else f"a page with {CANARY}")
    return {
        "source": source,
        "property": words["property"] or "",
        "comparison": comparison,
        "target": words["target"] or "",
        "regex": None,
        "error": f"expected {actual} {words['comparison']} {words['target'] or ''}; {CANARY}",
        "actual": actual,
    }


def _long(error: str) -> str:
    """Return an error as a browser reports it: first what went wrong, then what was on the page."""
    return f"{error}\n\nCall log:\n  - locator resolved to <input value='{CANARY}'>"


def _browser(part: dict[str, Any], _check: Check, errors: list[str]) -> None:
    part["traceSummary"]["consoleErrors"] = len(errors)
    part["errors"] = [{"name": "Error", "message": _long(error), "stack": _long(error)} for error in errors]


def _multi_step(part: dict[str, Any], _check: Check, errors: list[str]) -> None:
    part["errors"] = [_long(error) for error in errors]


def _playwright(part: dict[str, Any], check: Check, errors: list[str]) -> None:
    where = {"testFile": "shop.spec.ts", "testTitle": check.name, "projectName": "chromium"}
    part["errors"] = [{"error": {"message": _long(error), "stack": _long(error)}, **where} for error in errors]


def _ssl(part: dict[str, Any], _check: Check, errors: list[str]) -> None:
    if errors:
        part |= {"daysUntilExpiry": -2, "chainTrusted": False}
    for error in reversed(errors):  # the first one of each kind is shown
        part["failureCategory" if re.fullmatch(r"[A-Z][A-Z0-9_]+", error) else "requestError"] = error


def _grpc(part: dict[str, Any], _check: Check, errors: list[str]) -> None:
    if errors:
        part |= {"grpcStatusCode": 14, "healthStatus": 2, "requestError": errors[0]}


def _traceroute(part: dict[str, Any], _check: Check, errors: list[str]) -> None:
    if errors:
        part |= {"totalHops": 30, "destinationReached": False, "requestError": errors[0]}


def _agentic(part: dict[str, Any], _check: Check, errors: list[str]) -> None:
    for error in errors:
        part["assertions"].append({"condition": error, "passed": False, "actual": CANARY, "expected": CANARY})


# For each type of check: the name of its part, the function that adds errors, and the default error.
PARTS: dict[str, tuple[str, Callable[[dict[str, Any], Check, list[str]], None], str]] = {
    "API": ("apiCheckResult", _api, "status code equals 200, received 503"),
    "URL": ("apiCheckResult", _api, "status code equals 200, received 503"),
    "BROWSER": ("browserCheckResult", _browser, "TimeoutError: page.click: Timeout 30000ms exceeded."),
    "MULTI_STEP": ("multiStepCheckResult", _multi_step, "Error: expect(response).toBeOK() failed"),
    "PLAYWRIGHT": ("playwrightCheckResult", _playwright, "Error: expect(locator).toBeVisible() failed"),
    "SSL": ("sslCheckResult", _ssl, "CERTIFICATE_EXPIRED"),
    "GRPC": ("grpcCheckResult", _grpc, "14 UNAVAILABLE: No connection established"),
    "TRACEROUTE": ("tracerouteCheckResult", _traceroute, "destination not reached after 30 hops"),
    "AGENTIC": ("agenticCheckResult", _agentic, "The confirmation page shows an order number"),
}
