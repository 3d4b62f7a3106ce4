"""
Read gates from stored properties: the outputs of a verdict, the sessions of a trigger, and an exported summary.

Never raises. What an older version or a hand has left in the state gives a gate, and what cannot be read is never good.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from checkly_dynamic.core.sessions import FINAL_STATUSES, UNFINISHED_STATUSES
from checkly_dynamic.core.verdict import DEFAULT_FAIL_ON
from checkly_dynamic.report.model import CONCLUSIONS, MISSING, GateReport, Run

__all__ = [
    "SECRET",
    "counted",
    "counts_from",
    "gate_from_outputs",
    "gate_from_summary",
    "objects",
    "run_from_row",
    "string",
    "strings",
    "unique",
    "without_secrets",
]

SECRET = "[secret]"  # noqa: S105 - shown in place of one, as Pulumi does
_SECRET_KEY = "4dabf18193072939515e22adb298388d"  # noqa: S105 - marks special values in an exported state
_DEEPEST = 100
_NOTHING_RAN = 'No check ran: no check matched, and on_no_match="pass" accepts that.'
_STILL_RUNNING = (
    "Checks that had not finished may have ended since, and Checkly may show them as passed. "
    "Run pulumi up again: it waits for the same sessions and judges them."
)


def without_secrets(value: Any, *, depth: int = 0) -> Any:
    """Return JSON with ``[secret]`` in place of every secret value, encrypted or not."""
    if depth > _DEEPEST:
        return None
    if isinstance(value, dict):
        if _SECRET_KEY in value:
            return SECRET
        return {key: without_secrets(item, depth=depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [without_secrets(item, depth=depth + 1) for item in value]
    return value


def run_from_row(raw: Mapping[str, Any]) -> Run:
    """Read one row of ``sessions`` or of a test session's ``results``."""
    status = string(raw.get("status"))
    test_session = string(raw.get("testSessionId"))
    finished = raw.get("finished")
    return Run(
        id=_first(raw, "checkSessionId", "testSessionResultId", "testSessionId"),
        link=_first(raw, "checkSessionLink", "testSessionResultLink", "link", "testSessionLink"),
        check_id=string(raw.get("checkId")),
        check_type=string(raw.get("checkType")),
        name=string(raw.get("name")),
        status=status,
        started_at=string(raw.get("startedAt")),
        stopped_at=string(raw.get("stoppedAt")),
        time_elapsed=_number(raw.get("timeElapsed")),
        run_locations=strings(raw.get("runLocations")) or unique([_first(raw, "runLocation", "location")]),
        attempt=max(1, int(_number(raw.get("attempt")) or 1)),
        # A trigger stores no `finished`.
        finished=finished if isinstance(finished, bool) else status in FINAL_STATUSES,
        detail=string(raw.get("detail")),
        errors=strings(raw.get("errors")),
        non_blocking=raw.get("nonBlocking") is True,
        test_session_id=test_session,
        rerun_of=string(raw.get("rerunOf")),
        bad=raw["bad"] if isinstance(raw.get("bad"), bool) else None,
    )


def gate_from_outputs(name: str, outputs: Mapping[str, Any]) -> GateReport:
    """Read the outputs of a gate's verdict, in which secrets have been replaced."""
    failed = [_failed_run(row) for row in objects(outputs.get("failed"))]
    errors = {run.id: run.errors for run in failed if run.id}
    runs = [run_from_row(row) for row in objects(outputs.get("sessions"))]
    runs = [run if run.errors else replace(run, errors=errors.get(run.id, ())) for run in runs]
    # A bad check without a session has a row in `failed` only.
    ids = {run.id for run in runs}
    runs += [run for run in failed if run.id not in ids]
    parts = objects(outputs.get("waitFor"))
    known = {text.lower() for run in runs for text in (run.check_id, run.name)}
    # A row of `failed` about a check without a session has only this name.
    runs += [_missing_run(check, outputs) for check in _missing(parts) if not known & {check, f"check {check}"}]
    secret = outputs.get("waitFor") == SECRET
    gate = GateReport(
        name,
        *_conclusion(outputs),
        deploy_versions=(SECRET,) if secret else unique(string(part.get("deployVersion")) for part in parts),
        runs=tuple(runs),
        counts=counts_from(outputs.get("counts")),
        fail_on=strings(outputs.get("failOn")) or DEFAULT_FAIL_ON,
        records_only=outputs.get("onFailure") == "record",
        started_at=string(outputs.get("startedAt")),
        finished_at=string(outputs.get("finishedAt")),
    )
    return replace(gate, notes=_notes(gate))


def gate_from_summary(name: str, summary: Mapping[str, Any]) -> GateReport:
    """
    Read an exported summary. It has no locations and times, and no links of good checks.

    Args:
        name: The name of the stack output.

        summary: ``CheckSessionGate.summary``, as ``pulumi stack output --json`` prints it.
    """
    checks = summary.get("checks")
    runs = _runs_of_summary(summary, checks) if isinstance(checks, Mapping) else _runs_of_old_summary(summary)
    versions = summary.get("deployVersions")
    gate = GateReport(
        name,
        *_conclusion(summary),
        deploy_versions=unique(strings(versions)) if isinstance(versions, list) else unique([string(versions)]),
        runs=tuple(runs),
        counts=counts_from(summary.get("counts")),
        finished_at=string(summary.get("finishedAt")),
    )
    total = sum(number for word, number in gate.counts.items() if word not in ("flaky", "missing"))
    short = (
        (f"The summary lists {len(runs)} of {total} checks.",)
        if isinstance(checks, Mapping) and total > len(runs)
        else ()
    )
    return replace(gate, notes=(*_notes(gate), *short))


def string(value: Any) -> str:
    """Return a string as it is, and an empty one for anything else."""
    return value if isinstance(value, str) else ""


def strings(value: Any) -> tuple[str, ...]:
    """Return the strings of a list."""
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a list."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """Return the strings that are not empty, without duplicates."""
    return tuple(dict.fromkeys(value for value in values if value))


def counted(runs: Iterable[Run]) -> dict[str, int]:
    """Return status → number of runs."""
    return dict(Counter(run.status for run in runs))


def counts_from(value: Any) -> dict[str, int]:
    """Return the counts of a verdict; what is no positive number is left out."""
    if not isinstance(value, Mapping):
        return {}
    numbers = {str(key): _number(item) or 0 for key, item in value.items()}
    return {key: int(number) for key, number in numbers.items() if 0 < number < 1e9}


def _first(raw: Mapping[str, Any], *keys: str) -> str:
    return next((text for key in keys if (text := string(raw.get(key)))), "")


def _number(value: Any) -> float | None:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return value if usable else None


def _conclusion(stored: Mapping[str, Any]) -> tuple[str, str]:
    """Return conclusion and reason; good only when ``conclusion`` and ``passed`` agree."""
    conclusion, passed = stored.get("conclusion"), stored.get("passed")
    if conclusion not in CONCLUSIONS:
        return "UNKNOWN", "no verdict can be read from what is stored"
    if (conclusion == "PASSED") != (passed is True):
        return "UNKNOWN", f"what is stored contradicts itself: conclusion {conclusion}, passed {passed!r}"
    return str(conclusion), string(stored.get("reason"))


def _missing(parts: list[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the ids of checks that a trigger missed, unless another trigger of the same deploy version started them."""
    started = {(check.lower(), part.get("deployVersion")) for part in parts for check in strings(part.get("checkIds"))}
    return unique(
        check.lower()
        for part in parts
        if strings(part.get("sessionIds")) or part.get("noMatchAllowed") is not True
        for check in strings(part.get("missingCheckIds"))
        if not part.get("deployVersion") or (check.lower(), part.get("deployVersion")) not in started
    )


def _missing_run(check: str, outputs: Mapping[str, Any]) -> Run:
    detail = "requested by id, but Checkly started no session (deleted or deactivated?)"
    non_blocking = check in (text.lower() for text in strings(outputs.get("nonBlocking")))
    return Run(check_id=check, status=MISSING, detail=detail, non_blocking=non_blocking)


def _failed_run(row: Mapping[str, Any]) -> Run:
    """Read a row of ``failed``. A row can be about a check that had not finished or has no session at all."""
    run = run_from_row(row)
    finished = run.status not in UNFINISHED_STATUSES and run.status not in ("RUNNING", "PENDING")
    return replace(run, id=string(row.get("sessionId")), link=string(row.get("link")), finished=finished, bad=finished)


def _runs_of_summary(summary: Mapping[str, Any], checks: Mapping[str, Any]) -> list[Run]:
    failed = [_failed_run(row) for row in objects(summary.get("failed"))]
    runs = list(failed)
    for name, status in checks.items():
        # A name that occurs twice has its check id in parentheses here.
        same = next((run for run in failed if name == run.name or str(name).startswith(f"{run.name} (")), None)
        if same is not None and same.status == status:
            failed.remove(same)
            runs[runs.index(same)] = replace(same, name=str(name))
        else:
            run = run_from_row({"name": name, "status": status})
            runs.append(replace(run, bad=False) if run.finished else run)
    return runs


def _runs_of_old_summary(summary: Mapping[str, Any]) -> list[Run]:
    """Read a summary of an early version: parallel lists of ids, statuses and links, with every attempt."""
    bad_links = strings(summary.get("failedLinks"))
    columns = [_column(summary.get(key)) for key in ("sessionIds", "statuses", "links")]
    rows = zip_longest(*columns, fillvalue="")
    return [
        Run(
            session,
            link,
            status=status,
            finished=status not in UNFINISHED_STATUSES and bool(status),
            bad=link in bad_links,
        )
        for session, status, link in rows
        if session
    ]


def _column(value: Any) -> list[str]:
    return [string(item) for item in value] if isinstance(value, list) else []


def _notes(gate: GateReport) -> tuple[str, ...]:
    if gate.passed and not gate.runs and not gate.counts:
        return (_NOTHING_RAN,)
    return (_STILL_RUNNING,) if gate.conclusion == "PENDING" else ()
