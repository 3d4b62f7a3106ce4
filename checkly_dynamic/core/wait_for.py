"""What a gate waits for: what its triggers started (``waitFor``), and which stored results still count."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkly_dynamic.core.session_results import same_check
from checkly_dynamic.core.sessions import NO_SESSION, Kind, Run, string


@dataclass(frozen=True, kw_only=True)
class Started:
    """
    What one trigger started.

    Attributes:
        kind: What its sessions are.
        sessions: Its sessions, without their results.
        deploy_version: Its deploy version; empty when it has none.
        asked: For a test session whose target has no tags, the ids that it asked for: all its checks.
        expected: A stand-in for each check that must have a run. Check sessions: those that it has a session for, and those
            that it asked for but Checkly did not start. Test sessions: those that it asked for, or else those that Checkly has
            named so far.
        no_match_allowed: Whether it may have no session at all (``on_no_match="pass"``).
    """

    kind: Kind
    sessions: tuple[Run, ...]
    deploy_version: str
    asked: tuple[str, ...]
    expected: tuple[Run, ...]
    no_match_allowed: bool

    @property
    def identity(self) -> tuple[str, ...]:
        """Two triggers started the same if this is equal: the deploy version and all session ids."""
        return (self.deploy_version, *sorted(session.id for session in self.sessions))

    @property
    def sources(self) -> set[str]:
        """Every :attr:`Run.source` of its runs, including missing ones."""
        return {run.source for run in (*self.sessions, *self.expected)}


def wait_for_element(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """
    Describe a trigger's stored outputs as one element of ``waitFor``.

    A trigger that has never run has no ``sessionIds``. Empty values are left out, because ``pulumi preview --diff`` shows all.
    """
    optional = {
        "deployVersion": outputs.get("deployVersion"),
        "missingCheckIds": outputs.get("missingCheckIds"),
        "noMatchAllowed": outputs.get("onNoMatch") == "pass",
        "triggeredAt": outputs.get("triggeredAt"),
    }
    common = {key: value for key, value in optional.items() if value}
    if "sessionId" in outputs:
        return {"kind": "test", **_test_session_columns(outputs), **common}
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


def _test_session_columns(outputs: Mapping[str, Any]) -> dict[str, Any]:
    session_id, target = outputs.get("sessionId"), outputs.get("target") or {}
    if session_id is None:
        return {}
    asked = [] if target.get("matchTags") else list(target.get("checkId") or [])
    results = [] if asked else outputs.get("results") or []
    # A result may have no check id.
    named = [{key: row[key] for key in ("checkId", "name") if row.get(key)} for row in results]
    return {
        "sessionIds": [session_id] if session_id else [],
        "links": [outputs.get("link") or ""] if session_id else [],
        "names": [outputs.get("resourceName") or ""],
        "askedCheckIds": asked,
        "namedChecks": [check for check in named if check],
    }


def judged_by(wait_for: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a verdict judges, in the form that the barrier compares: ``deployVersions`` and ``sessionIds``."""
    return {
        "deployVersions": [element.get("deployVersion") or None for element in wait_for],
        "sessionIds": [session_id for element in wait_for for session_id in element.get("sessionIds") or []],
    }


def started_from_state(wait_for: Sequence[Mapping[str, Any]]) -> list[Started]:
    """Read the stored form of ``waitFor``."""
    return [_started(element) for element in wait_for]


def _started(element: Mapping[str, Any]) -> Started:
    kind: Kind = "test" if element.get("kind") == "test" else "check"
    columns = [element.get(key) or [] for key in ("links", "checkIds", "names")]
    sessions = []
    for index, session_id in enumerate(element.get("sessionIds") or []):
        link, check_id, name = (string(column[index]) if index < len(column) else "" for column in columns)
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
    asked = element.get("askedCheckIds") or []
    if kind == "check":
        ids = [*(session.check_id for session in sessions if session.check_id), *(element.get("missingCheckIds") or [])]
        expected = [_stand_in(check_id) for check_id in ids]
    else:
        named = [*({"checkId": check_id} for check_id in asked), *(element.get("namedChecks") or [])]
        names = [(string(check.get("checkId")), string(check.get("name"))) for check in named]
        expected = [_stand_in(check_id, name, session.id) for session in sessions for check_id, name in names]
    return Started(
        kind=kind,
        sessions=tuple(sessions),
        deploy_version=string(element.get("deployVersion")),
        asked=tuple(asked),
        expected=tuple(expected),
        no_match_allowed=element.get("noMatchAllowed") is True,
    )


def _stand_in(check_id: str, name: str = "", test_session: str = "") -> Run:
    return Run(
        id="",
        kind="test" if test_session else "check",
        rerun_of=test_session,
        check_id=check_id.lower(),
        name=name,
        status=NO_SESSION,
        finished=True,
    )


def missing_checks(started: Sequence[Started], runs: Sequence[Run]) -> list[Run]:
    """
    Return a stand-in with status ``NO_SESSION`` for each check that must have a run and has none. A re-run always counts.

    A check session that another trigger of the same deploy version started counts. Without a deploy version it is not
    known whether it belongs to this deployment, so it does not count.
    """
    own = {session.id for trigger in started for session in trigger.sessions}
    rerun = {run.check_key for run in runs if run.id not in own}
    scoped = [(trigger.deploy_version or number, trigger) for number, trigger in enumerate(started)]
    # Two triggers may name different checks for one session, which is a run of one of them only.
    known = {run.run_key: run.check_key for run in runs}
    ran = {(scope, known.get(session.run_key)) for scope, trigger in scoped for session in trigger.sessions}
    missing: dict[str, Run] = {}
    for scope, trigger in scoped:
        if trigger.kind == "test":
            absent = _without_result(trigger, runs)
        elif trigger.no_match_allowed and not trigger.sessions:
            absent = []
        else:
            absent = [check for check in trigger.expected if (scope, check.check_key) not in ran]
        missing |= {check.check_key: check for check in absent if check.check_key not in rerun}
    return list(missing.values())


def _without_result(trigger: Started, runs: Sequence[Run]) -> list[Run]:
    """Return the checks for which a test session must have a result but has none."""
    sources = {check.source for check in trigger.expected}
    rows = [run for run in runs if run.source in sources and not run.whole]
    ids = {row.check_id.lower() for row in rows if row.check_id}
    known = [row for row in rows if row.check_id or row.name]
    unsure = [check for check in trigger.expected if check.check_id not in ids]
    missing = [check for check in unsure if not any(same_check(check, row) for row in known)]
    # Each other result without a check id may be about one of them.
    spare = {row.name for row in rows if not row.check_id} - {check.name for check in trigger.expected if check.name}
    return missing if rows and len(missing) > len(spare) else []


@dataclass(frozen=True, kw_only=True)
class Carried:
    """
    The part of the last update that still counts: its runs, and the source of each check, even of one without a run.

    *same* means that no trigger has started anything else.
    """

    runs: tuple[Run, ...]
    sources: frozenset[str]
    same: bool


def carry_over(stored: Mapping[str, Any], started: Sequence[Started]) -> Carried:
    """
    Decide which stored runs still count. Only this function decides that.

    A run counts when all triggers that started its check, or failed to start it, have started the same then and now. Otherwise
    the re-run of an old version could certify a new one. When nothing has changed, every stored run counts.
    """
    runs = [Run.from_state(raw) for raw in stored.get("sessions") or []]
    old = started_from_state(stored.get("waitFor") or [])
    same = sorted(trigger.identity for trigger in old) == sorted(trigger.identity for trigger in started)
    before, after = _identities_by_source(old), _identities_by_source(started)
    sources = {source for source, identities in after.items() if same or before.get(source) == identities}
    counting = tuple(run for run in runs if same or run.source in sources)
    return Carried(runs=counting, sources=frozenset(sources | {run.source for run in counting}), same=same)


def _identities_by_source(started: Sequence[Started]) -> dict[str, set[tuple[str, ...]]]:
    identities: dict[str, set[tuple[str, ...]]] = {}
    for trigger in started:
        for source in trigger.sources:
            identities.setdefault(source, set()).add(trigger.identity)
    return identities
