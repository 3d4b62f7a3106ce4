"""
The results that reports are tested with: one stack export for each story, made by the code that a gate runs.

Used by the golden files, the browser test and the tests of hostile names.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

from checkly_dynamic.cli.stack_export import report_from_export
from checkly_dynamic.core.record import Record
from checkly_dynamic.core.sessions import NOT_FOUND, CheckSession
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON, judge
from checkly_dynamic.report import Report

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
HOSTILE = (
    "<script>document.title='hacked'</script>",
    "\x1b[31mred\x1b[0m\x1b]0;hacked\x07 \x9b2J",
    "\"quotes\" 'single' `tick` &amp; ]]> --> %s {0} ${x}",
    "line one\nline two\r\n## Heading\n- item\n| a | b |\n::error::x\n##[error]y",
    "\u202eevil\u202c \u2066x\u2069 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "long " + "x" * 10_000,
    "[click](javascript:alert(1)) ![i](http://evil.example/i.png) @octocat #1 https://evil.example www.evil.example **b** ~~s~~",
    "\x00\x08\ufffe\ud800 nul, backspace, not a character, half a pair",
    "</title></style></td></table><img src=x onerror=alert(1)>",
    "",
)


def at(seconds: float) -> str:
    """Return the time so many seconds after the start, as Checkly writes it."""
    moment = START + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def session(
    name: str, status: str = "PASSED", *, kind: str = "API", begin: float = 0, took: float = 1, **more: Any
) -> CheckSession:
    """Return a finished session of the check *name*; ``attempt=2`` makes a re-run of the same check."""
    check_id = str(uuid.uuid5(SPACE, name.encode(errors="surrogatepass").hex()))
    session_id = str(uuid.uuid5(SPACE, f"{check_id}{more.get('attempt', 1)}"))
    link = f"https://app.checklyhq.com/accounts/1111/checks/{check_id}/check-sessions/{session_id}"
    where = (LOCATIONS[len(name) % 4],) if kind != "BROWSER" else LOCATIONS[:2]
    times = {"started_at": at(begin), "stopped_at": at(begin + took), "time_elapsed": took * 1000}
    made = CheckSession(session_id, link, check_id, kind, name, status, run_locations=where, finished=True, **times)
    return made._replace(**more)


def running(made: CheckSession, status: str = "PROGRESS") -> CheckSession:
    """Return the session as it looked before it ended."""
    return made._replace(status=status, stopped_at=None, time_elapsed=0, finished=False)


def shop(*, slow: float = 1.0) -> list[CheckSession]:
    """Return eight good sessions of a small shop."""
    return [session(name, kind=kind, begin=0.3 * i, took=took * slow) for i, (name, kind, took) in enumerate(SHOP)]


def with_status(sessions: list[CheckSession], name: str, status: str, **more: Any) -> list[CheckSession]:
    """Return the sessions with another status for one of them."""
    return [s._replace(status=status, **more) if s.name == name else s for s in sessions]


def outputs(
    sessions: list[CheckSession],
    *,
    version: Any = "2.4.0",
    missing: tuple[str, ...] = (),
    unanswered: int = 0,
    unread: tuple[str, ...] = (),
    ended: float = 60,
    **inputs: Any,
) -> dict[str, Any]:
    """Return what a gate's recorder stores for these sessions."""
    fail_on = inputs.get("failOn", DEFAULT_FAIL_ON)
    verdict = judge(sessions, fail_on=fail_on, missing_check_ids=missing, unanswered=unanswered, unread=unread)
    first = [s for s in sessions if s.attempt == 1]
    wait_for = {
        "sessionIds": [s.id for s in first],
        "checkIds": [s.check_id for s in first],
        "missingCheckIds": list(missing),
        "deployVersion": version,
        "noMatchAllowed": not unanswered,
    }
    record = Record(verdict, tuple(sessions), at(-1), at(ended)).to_state(fail_on)
    return {"resourceName": "smoke-passed", "waitFor": [wait_for], "timeoutSeconds": 900.0, **inputs, **record}


def export(
    *gates: dict[str, Any], names: tuple[str, ...] = ("smoke-passed", "regression-passed", "third")
) -> dict[str, Any]:
    """Return a stack export with one trigger and one gate for each recorder's outputs."""
    stack = "urn:pulumi:prod::shop"
    resources: list[dict[str, Any]] = [
        {"urn": f"{stack}::pulumi:pulumi:Stack::shop-prod", "type": "pulumi:pulumi:Stack", "outputs": {"url": "x"}}
    ]
    for name, stored in zip(names, gates, strict=False):
        gate = f"{stack}::checkly-dynamic:index:CheckSessionGate::{name}"
        trigger = f"{stack}::pulumi-python:dynamic/checkly:CheckSessionTrigger::{name}-trigger"
        part = stored["waitFor"][0]
        answer = {
            "sessionIds": part["sessionIds"],
            "sessions": [s for s in stored["sessions"] if s["attempt"] == 1],
            "deployVersion": part["deployVersion"],
            "triggeredAt": at(-2),
        }
        resources += [
            {"urn": trigger, "type": "pulumi-python:dynamic/checkly:CheckSessionTrigger", "outputs": answer},
            {"urn": gate, "type": "checkly-dynamic:index:CheckSessionGate"},
            {
                "urn": f"{gate.replace('Gate::', 'Gate$pulumi-python:dynamic/checkly:CheckSessionVerdict::')}",
                "type": "pulumi-python:dynamic/checkly:CheckSessionVerdict",
                "parent": gate,
                "propertyDependencies": {"waitFor": [trigger]},
                "outputs": stored,
            },
        ]
    return {"version": 3, "deployment": {"manifest": {"time": at(61)}, "resources": resources}}


def green() -> dict[str, Any]:
    """All eight passed."""
    return export(outputs(shop(), ended=23))


def red() -> dict[str, Any]:
    """One failed twice, one timed out, one has no session, one is degraded and let through."""
    sessions = with_status(
        with_status(shop(), "Checkout works", "FAILED"),
        "Orders API",
        "TIMED_OUT",
        time_elapsed=30_000,
        stopped_at=at(30.9),
    )
    sessions = with_status(sessions, "Search finds shoes", "DEGRADED")
    sessions.append(session("Checkout works", "FAILED", kind="BROWSER", begin=31, took=13.1, attempt=2))
    missing = (str(uuid.uuid5(SPACE, "gone")),)
    return export(outputs(sessions, missing=missing, attempts=2.0))


def pending() -> dict[str, Any]:
    """Two were still running when time was up."""
    sessions = [running(s) if s.check_type in ("PLAYWRIGHT", "MULTI_STEP") else s for s in shop()]
    return export(outputs(sessions, ended=60))


def unknown() -> dict[str, Any]:
    """One was forgotten by Checkly, one could not be read."""
    sessions = with_status(
        shop(), "Home page", NOT_FOUND, detail="Checkly does not know this session (any more)", stopped_at=None
    )
    lost = next(s for s in sessions if s.name == "Orders API")
    unread = running(lost, "STARTED")._replace(detail="503: Checkly could not answer, tried 4 times")
    return export(outputs([unread if s is lost else s for s in sessions], unread=(lost.id,)))


def flaky() -> dict[str, Any]:
    """Two passed only when they were run again, one of them at the third attempt."""
    sessions = with_status(with_status(shop(), "Checkout works", "FAILED"), "Log in and out", "TIMED_OUT")
    sessions += [
        session("Checkout works", "FAILED", kind="BROWSER", begin=15, took=12.5, attempt=2),
        session("Checkout works", kind="BROWSER", begin=28, took=13.9, attempt=3),
        session("Log in and out", kind="MULTI_STEP", begin=15, took=9.9, attempt=2),
    ]
    return export(outputs(sessions, attempts=3.0))


def empty() -> dict[str, Any]:
    """Nothing matched, as allowed."""
    return export(outputs([], version=None))


def two_gates() -> dict[str, Any]:
    """One good gate and one that only records a failure."""
    second = outputs(with_status(shop()[:3], "Home page", "CANCELLED"), version="2.4.0", onFailure="record")
    return export(outputs(shop()), second)


def thousand() -> dict[str, Any]:
    """A thousand checks, most of them good."""
    sessions = []
    for i in range(1000):
        status = "FAILED" if i % 83 == 5 else "TIMED_OUT" if i % 311 == 7 else "DEGRADED" if i % 97 == 3 else "PASSED"
        kind = ("API", "BROWSER", "PLAYWRIGHT", "URL", "TCP")[i % 5]
        took = 0.2 + (i * 37 % 100) / 10 * (4 if kind in ("BROWSER", "PLAYWRIGHT") else 1)
        sessions.append(session(f"Check {i:04d} of the large shop", status, kind=kind, begin=(i % 40) * 3, took=took))
        if status == "FAILED" and i % 2:
            sessions.append(session(sessions[-1].name, kind=kind, begin=180, took=took, attempt=2))
    return export(outputs(sessions, ended=240))


def hostile() -> dict[str, Any]:
    """Names, types, locations, links, versions and details that try to be more than text."""
    sessions = []
    for i, text in enumerate(HOSTILE):
        status = ("FAILED", "PASSED")[i % 2]
        bad_link = (
            "javascript:alert(1)",
            "data:text/html,x",
            "https://a@evil.example/",
            "http://evil.example/",
            'https://x.example/"><b>',
        )[i % 5]
        made = session(text or f"empty {i}", status, begin=i)
        sessions.append(made._replace(name=text, link=bad_link, run_locations=(text,), check_type=text, detail=text))
    stored = outputs(sessions, version=HOSTILE[0] + HOSTILE[3])
    return export({**stored, "reason": HOSTILE[0] + HOSTILE[1] + HOSTILE[6]}, names=(HOSTILE[0],))


CASES = {f.__name__: f for f in (green, red, pending, unknown, flaky, empty, two_gates, thousand, hostile)}
"""Story → function that returns its stack export."""


def report(story: str) -> Report:
    """Return the report of a story."""
    return report_from_export(CASES[story]())
