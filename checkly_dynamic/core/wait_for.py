"""
What a gate waits for: the answers of its triggers (``waitFor``), and which stored results still count.

Pure functions of the stored form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkly_dynamic.core.sessions import Kind, Run, string

__all__ = [
    "Carried",
    "MissingCheck",
    "Started",
    "answers_from_state",
    "carry_over",
    "missing_checks",
    "wait_for_element",
]


@dataclass(frozen=True, kw_only=True)
class MissingCheck:
    """
    A check that was asked for by id and has no run.

    Attributes:
        check_id: Its id.
        source: The trigger's test session; empty for check sessions.
        non_blocking: Whether the gate ignores that it is missing.
    """

    check_id: str
    source: str = ""
    non_blocking: bool = False

    @property
    def check_key(self) -> str:
        """Identify the check, as :attr:`Run.check_key` does."""
        return f"{self.source}/{self.check_id.lower()}" if self.source else self.check_id.lower()


@dataclass(frozen=True, kw_only=True)
class Started:
    """
    What one trigger started.

    Attributes:
        sessions: Its sessions, with nothing known about how they end.
        deploy_version: Its deploy version; empty when it has none.
        missing: Check ids that it asked for, and that Checkly started nothing for.
        asked: Of a test session: the checks that must have a result: the ids that it asked for, where ids alone select;
            otherwise those that Checkly named when it started.
        no_match_allowed: Whether it may have no session at all (``on_no_match="pass"``).
    """

    sessions: tuple[Run, ...]
    deploy_version: str
    missing: tuple[str, ...]
    asked: tuple[str, ...]
    no_match_allowed: bool

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes two answers the same: the deploy version and all session ids."""
        return (self.deploy_version, *sorted(session.id for session in self.sessions))


def wait_for_element(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """
    Describe a trigger's outputs as one element of ``waitFor``.

    Args:
        outputs: The outputs of a ``CheckSessionTrigger`` or ``TestSessionTrigger``, as they are stored. The element has no
            ``sessionIds`` when the trigger has never run. It is short, because ``pulumi preview --diff`` shows all of it.
    """
    optional = {
        "deployVersion": outputs.get("deployVersion"),
        "missingCheckIds": outputs.get("missingCheckIds"),
        "noMatchAllowed": outputs.get("onNoMatch") == "pass",
        "triggeredAt": outputs.get("triggeredAt"),
    }
    common = {key: value for key, value in optional.items() if value}
    if "sessionId" in outputs:
        target = outputs.get("target") or {}
        asked = [] if target.get("matchTags") else list(target.get("checkId") or [])
        asked = asked or [row["checkId"] for row in outputs.get("results") or [] if row.get("checkId")]
        session_id, link = outputs.get("sessionId"), outputs.get("link")
        ids = {"sessionIds": [session_id] if session_id else [], "links": [link or ""] if session_id else []}
        if session_id is None:
            return {"kind": "test", **common}
        return {"kind": "test", **ids, "names": [outputs.get("resourceName") or ""], "askedCheckIds": asked, **common}
    if outputs.get("sessions") is None:
        return common
    sessions = [Run.from_state(raw) for raw in outputs["sessions"]]
    return {
        "sessionIds": [session.id for session in sessions],
        "links": [session.link for session in sessions],
        "checkIds": [session.check_id for session in sessions],
        "names": [session.name for session in sessions],
        **common,
    }


def answers_from_state(wait_for: Sequence[Mapping[str, Any]]) -> list[Started]:
    """Read the stored form of ``waitFor``."""
    return [_answer(element) for element in wait_for]


def _answer(element: Mapping[str, Any]) -> Started:
    kind: Kind = "test" if element.get("kind") == "test" else "check"
    columns = [element.get(key) or [] for key in ("links", "checkIds", "names")]
    sessions = []
    for index, session_id in enumerate(element.get("sessionIds") or []):
        link, check_id, name = (string(c[index]) if index < len(c) else "" for c in columns)
        sessions.append(
            Run(
                id=session_id,
                kind=kind,
                whole=kind == "test",
                link=link,
                check_id="" if kind == "test" else check_id,
                name=name,
                status="RUNNING" if kind == "test" else "STARTED",
                started_at=string(element.get("triggeredAt")) or None,
            )
        )
    return Started(
        sessions=tuple(sessions),
        deploy_version=string(element.get("deployVersion")),
        missing=tuple(element.get("missingCheckIds") or []) if kind == "check" else (),
        asked=tuple(element.get("askedCheckIds") or []),
        no_match_allowed=element.get("noMatchAllowed") is True,
    )


def missing_checks(answers: Sequence[Started], runs: Sequence[Run]) -> list[MissingCheck]:
    """
    Return the checks that were asked for by id and have no run.

    A check session that another trigger of the same deploy version started counts. Without a deploy version nobody knows
    whether it belongs to this deployment, so it does not count. A re-run always counts.

    Args:
        answers: What the triggers started.
        runs: All runs that the gate knows.
    """
    own = {session.id for answer in answers for session in answer.sessions}
    rerun = {run.check_key for run in runs if run.id not in own}
    started = {(run.check_key, answer.deploy_version) for answer in answers for run in answer.sessions}
    known = {run.run_key: run.check_key for run in runs}
    missing: dict[MissingCheck, None] = {}
    for answer in answers:
        for session in answer.sessions:
            # Two triggers were given one session for two checks: it stands for the first one only.
            if (
                session.check_id
                and known.get(session.run_key, session.check_key) != session.check_key
                and session.check_key not in rerun
            ):
                missing[MissingCheck(check_id=session.check_key)] = None
        for check_id in answer.missing if answer.sessions or not answer.no_match_allowed else ():
            check = MissingCheck(check_id=check_id.lower())
            elsewhere = answer.deploy_version and (check.check_key, answer.deploy_version) in started
            if not elsewhere and check.check_key not in rerun:
                missing[check] = None
        for session in answer.sessions if answer.asked else ():
            rows = [run for run in runs if run.source == session.id and not run.whole]
            # Without results, or with results that name no check, nothing can be told apart.
            if rows and all(run.check_id for run in rows):
                found = {run.check_key for run in rows}
                checks = [MissingCheck(check_id=check_id.lower(), source=session.id) for check_id in answer.asked]
                missing |= dict.fromkeys(check for check in checks if check.check_key not in found)
    return list(missing)


@dataclass(frozen=True, kw_only=True)
class Carried:
    """
    What still counts of the last update.

    Attributes:
        runs: Stored runs.
        sources: Sources of runs (see :attr:`Run.source`) whose answers have not changed.
        same: Whether no answer has changed.
    """

    runs: tuple[Run, ...]
    sources: frozenset[str]
    same: bool


def carry_over(stored: Mapping[str, Any], answers: Sequence[Started]) -> Carried:
    """
    Decide which stored runs still count. This is the only place where that is decided.

    A run counts when all triggers that started its check, or missed it, gave the same answer then and now. Otherwise the
    re-run of an old version could certify a new one. When all answers are the same, every stored run counts.

    Args:
        stored: The outputs of the verdict of the last update; empty when there is none.
        answers: What the triggers have started now.
    """
    runs = [Run.from_state(raw) for raw in stored.get("sessions") or []]
    old = answers_from_state(stored.get("waitFor") or [])
    same = sorted(answer.identity for answer in old) == sorted(answer.identity for answer in answers)
    before, after = _answers_by_source(old), _answers_by_source(answers)
    sources = frozenset(source for source, identities in after.items() if before.get(source) == identities)
    counting = runs if same else [run for run in runs if run.source in sources]
    return Carried(runs=tuple(counting), sources=sources, same=same)


def _answers_by_source(answers: Sequence[Started]) -> dict[str, set[tuple[str, ...]]]:
    """Return for each source of runs (see :attr:`Run.source`) the answers that it comes from."""
    origins: dict[str, set[tuple[str, ...]]] = {}
    for answer in answers:
        identity = answer.identity
        for source in [*(session.source for session in answer.sessions), *map(str.lower, answer.missing)]:
            origins.setdefault(source, set()).add(identity)
    return origins
