"""Test stories for reports: one stack export each, in the state format that verdicts store; and the formats."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import click

from checkly_dynamic.cli.stack_export import report_from_export
from checkly_dynamic.core.sessions import Run
from checkly_dynamic.core.summary import summarise
from checkly_dynamic.core.verdict import current, judge
from checkly_dynamic.core.wait_for import wait_for_element
from checkly_dynamic.report import as_github, as_html, as_json, as_junit, as_markdown, as_text
from checkly_dynamic.report.model import Report

Row = dict[str, Any]

START = datetime(2026, 11, 23, 9, 30, tzinfo=timezone.utc)
LOCATIONS = ("eu-central-1", "eu-west-1", "us-east-1", "ap-southeast-2")
SPACE = uuid.UUID("5f1e8f3a-0000-4000-8000-000000000000")
SHOP = (
    ("Checkout works", "BROWSER", 14.2),
    ("Home page", "URL", 0.42),
    ("Log in and out", "MULTI_STEP", 9.8),
    ("Orders API", "API", 0.73),
    ("Payment provider answers", "API", 1.31),
    ("Search finds shoes", "PLAYWRIGHT", 21.7),
    ("Certificate is valid", "SSL", 0.12),
    ("Name servers answer", "DNS", 0.061),
)
CHECKOUT_ERROR = (
    "TimeoutError: locator.click: Timeout 10000ms exceeded waiting for getByRole('button', { name: 'Pay' })"
)
HOSTILE = (
    "<script>document.title='hacked'</script>",
    "\x1b[31mred\x1b[0m\x1b]0;hacked\x07 \x9b2J",
    "\"quotes\" 'single' `tick` &amp; ]]> --> %s {0} ${x} {{ 7*7 }} {% raw %} GH-2",
    "line one\nline two\r\n## Heading\n- item\n| a | b |\n::error::x\n##[error]y",
    "\u202eevil\u202c \u2066x\u2069 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "long " + "x" * 10_000,
    "[click](javascript:alert(1)) ![i](http://evil.example/i.png) @octocat #1 https://evil.example www.evil.example **b** ~~s~~",
    "\x00\x08\ufffe\ud800 nul, backspace, not a character, half a pair",
    "</title></style></td></table><img src=x onerror=alert(1)>",
    "",
)
BAD_LINKS = (
    "javascript:alert(1)",
    "data:text/html,x",
    "https://a@evil.example/",
    "http://evil.example/",
    'https://x.example/"><b>',
)


def at(seconds: float) -> str:
    """Return the time so many seconds after the start, as Checkly writes it."""
    moment = START + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def session(
    name: str,
    status: str = "PASSED",
    *,
    kind: str = "API",
    begin: float = 0,
    took: float = 1,
    attempt: int = 1,
    **more: Any,
) -> Row:
    """Return the stored row of a finished session of the check *name*; ``attempt=2`` makes a re-run of the same check."""
    check_id = str(uuid.uuid5(SPACE, name.encode(errors="surrogatepass").hex()))
    session_id = str(uuid.uuid5(SPACE, f"{check_id}{attempt}"))
    return {
        "checkSessionId": session_id,
        "checkSessionLink": f"https://app.checklyhq.com/accounts/1111/checks/{check_id}/check-sessions/{session_id}",
        "checkId": check_id,
        "checkType": kind,
        "name": name,
        "status": status,
        "startedAt": at(begin),
        "stoppedAt": at(begin + took),
        "timeElapsed": took * 1000,
        "runLocations": [LOCATIONS[len(name) % 4]] if kind != "BROWSER" else list(LOCATIONS[:2]),
        "attempt": float(attempt),  # the engine stores numbers as floats
        "finished": True,
        **more,
    }


def result(name: str, status: str = "PASSED", *, of: str = "test-session-1", **more: Any) -> Row:
    """Return the stored row of one result of a test session."""
    row = session(name, status, **more)
    link = f"https://app.checklyhq.com/accounts/1111/test-sessions/{of}"
    ids = {
        "testSessionId": of,
        "testSessionLink": link,
        "testSessionResultId": row.pop("checkSessionId"),
        "testSessionResultLink": f"{link}/results/1",
    }
    del row["checkSessionLink"]
    return {**ids, **row, "runLocations": ["eu-central-1"]}


def running(row: Row, status: str = "PROGRESS", **more: Any) -> Row:
    """Return the row as it looked before the session ended."""
    return {**row, "status": status, "stoppedAt": None, "timeElapsed": 0.0, "finished": False, **more}


def shop() -> list[Row]:
    """Return eight good sessions of a small shop."""
    return [session(name, kind=kind, begin=0.3 * i, took=took) for i, (name, kind, took) in enumerate(SHOP)]


def with_status(rows: list[Row], name: str, status: str, **more: Any) -> list[Row]:
    """Return the rows with another status for one of them."""
    return [{**row, "status": status, **more} if row["name"] == name else row for row in rows]


def trigger(rows: list[Row], version: Any, missing: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the outputs of a trigger that started the first attempts."""
    first = [row for row in rows if row["attempt"] == 1]
    common = {"deployVersion": version, "onNoMatch": "pass", "missingCheckIds": list(missing)}
    if first and "testSessionId" in first[0]:
        return {**common, "sessionId": first[0]["testSessionId"], "status": "RUNNING"}
    return {**common, "sessionIds": [row["checkSessionId"] for row in first], "sessions": first}


def outputs(
    rows: list[Row],
    *,
    version: Any = "2.4.0",
    missing: tuple[str, ...] = (),
    ended: float = 60,
    flaky: int = 0,
    **inputs: Any,
) -> dict[str, Any]:
    """Return what a verdict stores for these sessions."""
    why = ("asked for by id, but Checkly started no session for it",)
    runs = [Run.from_state(row) for row in rows]
    counting = [replace(run, unread=bool(run.detail and not run.finished)) for run in current(runs)]
    counting += [Run(id="", status="NO_SESSION", name=f"check {each}", errors=why, finished=True) for each in missing]
    verdict = judge(counting, flaky=flaky)
    return {
        "waitFor": [wait_for_element(trigger(rows, version, missing))],
        **inputs,
        "passed": verdict.passed,
        "conclusion": verdict.conclusion,
        "reason": verdict.reason,
        "counts": {word: float(number) for word, number in verdict.counts.items()},
        "sessions": rows,
        "sessionIds": [run.id for run in runs],
        "failed": [
            {"name": run.name, "status": run.status, "sessionId": run.id, "link": run.link, "errors": list(run.errors)}
            for run in verdict.not_good
        ],
        "startedAt": at(-1),
        "finishedAt": at(ended),
    }


def summary(stored: dict[str, Any]) -> dict[str, Any]:
    """Return the summary that a program exports for these outputs, as Pulumi prints it."""
    return summarise(stored, ["2.4.0"])


def export(
    *gates: dict[str, Any], names: tuple[str, ...] = ("smoke-passed", "regression-passed", "third")
) -> dict[str, Any]:
    """Return a stack export with one trigger and one gate for each verdict's outputs."""
    stack = "urn:pulumi:prod::shop"
    resources: list[dict[str, Any]] = [
        {"urn": f"{stack}::pulumi:pulumi:Stack::shop-prod", "type": "pulumi:pulumi:Stack", "outputs": {"url": "x"}}
    ]
    for name, stored in zip(names, gates, strict=False):
        gate = f"{stack}::checkly-dynamic:index:CheckSessionGate::{name}"
        answer = trigger(stored["sessions"], stored["waitFor"][0].get("deployVersion"))
        kind = f"pulumi-python:dynamic/checkly:{'Test' if 'sessionId' in answer else 'Check'}SessionTrigger"
        started = f"{stack}::{kind}::{name}-trigger"
        resources += [
            {"urn": started, "type": kind, "outputs": answer},
            {"urn": gate, "type": "checkly-dynamic:index:CheckSessionGate", "parent": resources[0]["urn"]},
            {
                "urn": f"{gate.replace('Gate::', 'Gate$pulumi-python:dynamic/checkly:CheckSessionVerdict::')}",
                "type": "pulumi-python:dynamic/checkly:CheckSessionVerdict",
                "parent": gate,
                "propertyDependencies": {"waitFor": [started]},
                "outputs": stored,
            },
        ]
    return {"version": 3, "deployment": {"manifest": {"time": at(61)}, "resources": resources}}


def green() -> dict[str, Any]:
    """All eight passed."""
    return export(outputs(shop(), ended=23))


def red() -> dict[str, Any]:
    """One failed twice, one timed out, one has no session, one is degraded and accepted, one is non-blocking."""
    rows = with_status(shop(), "Checkout works", "FAILED", errors=[CHECKOUT_ERROR])
    rows = with_status(rows, "Orders API", "TIMED_OUT", timeElapsed=30_000.0, stoppedAt=at(30.9))
    rows = with_status(rows, "Search finds shoes", "DEGRADED")
    assertion = ["status code: expected 200, received 503", "response time: expected below 500 ms"]
    rows = with_status(rows, "Payment provider answers", "FAILED", nonBlocking=True, errors=assertion)
    again = session("Checkout works", "FAILED", kind="BROWSER", begin=31, took=13.1, attempt=2, errors=[CHECKOUT_ERROR])
    return export(outputs([*rows, again], missing=(str(uuid.uuid5(SPACE, "gone")),), attempts=2.0))


def pending() -> dict[str, Any]:
    """Two were still running at the deadline."""
    rows = [running(row) if row["checkType"] in ("PLAYWRIGHT", "MULTI_STEP") else row for row in shop()]
    return export(outputs(rows, ended=60))


def unknown() -> dict[str, Any]:
    """One was forgotten by Checkly, one could not be read."""
    detail = "Checkly does not know this session (any more)"
    rows = with_status(shop(), "Home page", "NOT_FOUND", detail=detail, stoppedAt=None)
    detail = "503: Checkly could not answer, tried 4 times"
    rows = [running(row, "STARTED", detail=detail) if row["name"] == "Orders API" else row for row in rows]
    return export(outputs(rows))


def flaky() -> dict[str, Any]:
    """Two passed only in a re-run, one of them at the third attempt."""
    rows = with_status(shop(), "Checkout works", "FAILED", errors=[CHECKOUT_ERROR])
    rows = with_status(rows, "Log in and out", "TIMED_OUT")
    rows += [
        session("Checkout works", "FAILED", kind="BROWSER", begin=15, took=12.5, attempt=2, errors=[CHECKOUT_ERROR]),
        session("Checkout works", kind="BROWSER", begin=28, took=13.9, attempt=3),
        session("Log in and out", kind="MULTI_STEP", begin=15, took=9.9, attempt=2),
    ]
    return export(outputs(rows, attempts=3.0, flaky=2))


def empty() -> dict[str, Any]:
    """No check matched, which was allowed."""
    return export(outputs([], version=None))


def two_gates() -> dict[str, Any]:
    """One good gate on a test session, and one that only records a failure."""
    second = outputs(with_status(shop()[:3], "Home page", "CANCELLED"), version="2.4.0", onFailure="record")
    return export(outputs([result("Home page"), result("Search", took=3.2)]), second)


def thousand() -> dict[str, Any]:
    """A thousand checks, most of them good."""
    rows = []
    for i in range(1000):
        status = "FAILED" if i % 83 == 5 else "DEGRADED" if i % 97 == 3 else "PASSED"
        errors = [CHECKOUT_ERROR] if status == "FAILED" else []
        kind, begin, took = ("API", "BROWSER", "TCP")[i % 3], (i % 40) * 3, (i * 37 % 100 + 2) / 10
        rows.append(session(f"Check {i:04d} of the shop", status, kind=kind, begin=begin, took=took, errors=errors))
    return export(outputs(rows, ended=180))


def hostile() -> dict[str, Any]:
    """Names, errors, links, versions and reasons that try to be more than text."""
    rows = []
    for i, text in enumerate(HOSTILE):
        status = ("FAILED", "PASSED")[i % 2]
        link = BAD_LINKS[i % len(BAD_LINKS)]
        foreign = {"name": text, "runLocations": [text], "checkType": text, "detail": text, "errors": [text, text]}
        rows.append({**session(text or f"empty {i}", status, begin=i), "checkSessionLink": link, **foreign})
    ids = {"checkId": HOSTILE[1], "name": "", "checkSessionLink": ""}
    rows += [{**session("a"), **ids, "checkSessionId": HOSTILE[i]} for i in (1, 4)]
    stored = outputs(rows, version=HOSTILE[0] + HOSTILE[3])
    return export({**stored, "reason": HOSTILE[0] + HOSTILE[1] + HOSTILE[6]}, names=(HOSTILE[0],))


CASES = {f.__name__: f for f in (green, red, pending, unknown, flaky, empty, two_gates, thousand, hostile)}
"""Story → function that returns its stack export."""

RENDERERS: dict[str, Callable[[Report], str]] = {
    "txt": lambda report: click.unstyle(as_text.render(report)),
    "md": as_markdown.render,
    "html": as_html.render,
    "xml": as_junit.render,
    "json": as_json.render,
    "github": as_github.render,
}
"""The ending of a golden file → the function that writes this format."""


def report(story: str) -> Report:
    """Return the report of a story."""
    return report_from_export(CASES[story]())
