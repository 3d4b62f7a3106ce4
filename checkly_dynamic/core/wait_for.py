"""What a gate waits for: the answers of its triggers (``waitFor``), and which stored results still count."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checkly_dynamic.core.sessions import NO_SESSION, Kind, Run, string


@dataclass(frozen=True, kw_only=True)
class Started:
    """
    What one trigger started.

    Attributes:
        sessions: Its sessions, without their results.
        deploy_version: Its deploy version; empty when it has none.
        missing: Check ids that it asked for but Checkly did not start.
        asked: For a test session whose target has no tags, the ids that it asked for: all its checks.
        expected: For a test session, a stand-in for each check that must have a result: those that it asked for, or else those
            that Checkly has named so far.
        no_match_allowed: Whether it may have no session at all (``on_no_match="pass"``).
    """

    sessions: tuple[Run, ...]
    deploy_version: str
    missing: tuple[str, ...]
    asked: tuple[str, ...]
    expected: tuple[Run, ...]
    no_match_allowed: bool

    @property
    def identity(self) -> tuple[str, ...]:
        """Two answers are the same if this is equal: the deploy version and all session ids."""
        return (self.deploy_version, *sorted(session.id for session in self.sessions))

    @property
    def sources(self) -> list[str]:
        """Every :attr:`Run.source` of its runs, including missing ones."""
        return [*(session.source for session in self.sessions), *map(str.lower, self.missing)]


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
    return [_answer(element) for element in wait_for]


def _answer(element: Mapping[str, Any]) -> Started:
    kind: Kind = "test" if element.get("kind") == "test" else "check"
    columns = [element.get(key) or [] for key in ("links", "checkIds", "names")]
    asked = tuple(element.get("askedCheckIds") or [])
    named = [*({"checkId": check_id} for check_id in asked), *(element.get("namedChecks") or [])]
    sessions = []
    expected = []
    for index, session_id in enumerate(element.get("sessionIds") or []):
        expected += [_stand_in(string(c.get("checkId")), session_id, string(c.get("name"))) for c in named]
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
        asked=asked,
        expected=tuple(expected),
        no_match_allowed=element.get("noMatchAllowed") is True,
    )


def missing_checks(answers: Sequence[Started], runs: Sequence[Run]) -> list[Run]:
    """
    Return a stand-in with status ``NO_SESSION`` for each check that was asked for by id and has no run.

    A check session that another trigger of the same deploy version started counts. Without a deploy version it is not
    known whether it belongs to this deployment, so it does not count. A re-run always counts.
    """
    own = {session.id for answer in answers for session in answer.sessions}
    rerun = {run.check_key for run in runs if run.id not in own}
    known = {run.run_key: run.check_key for run in runs}
    started = {(run.check_key, answer.deploy_version) for answer in answers for run in answer.sessions}
    missing: dict[str, Run] = {}
    for answer in answers:
        ids = [*_sharing_a_session(answer, known), *_not_started(answer, started)]
        for check in [*map(_stand_in, ids), *_without_result(answer, runs)]:
            if check.check_key not in rerun:
                missing[check.check_key] = check
    return list(missing.values())


def _sharing_a_session(answer: Started, known: Mapping[tuple[str, str], str]) -> Iterator[str]:
    """Yield the checks whose session another trigger already has for another check."""
    for session in answer.sessions:
        if session.check_id and known.get(session.run_key, session.check_key) != session.check_key:
            yield session.check_id


def _not_started(answer: Started, started: set[tuple[str, str]]) -> list[str]:
    if answer.no_match_allowed and not answer.sessions:
        return []
    version = answer.deploy_version
    return [id_ for id_ in answer.missing if not version or (id_.lower(), version) not in started]


def _without_result(answer: Started, runs: Sequence[Run]) -> Iterator[Run]:
    """Yield the checks for which a test session must have a result but has none."""
    sources = {check.source for check in answer.expected}
    rows = [run for run in runs if run.source in sources and not run.whole]
    ids = {run.check_id.lower() for run in rows if run.check_id}
    names = {run.name for run in rows if run.name}
    without_id = {run.name for run in rows if not run.check_id}
    missing = [
        check
        for check in answer.expected
        if check.check_id not in ids and check.name not in (without_id if check.check_id and check.name else names)
    ]
    # Each other result without a check id may be about one of them.
    if rows and len(missing) > len(without_id - {check.name for check in answer.expected if check.name}):
        yield from missing


def _stand_in(check_id: str, test_session: str = "", name: str = "") -> Run:
    return Run(
        id="",
        kind="test" if test_session else "check",
        rerun_of=test_session,
        check_id=check_id.lower(),
        name=name,
        status=NO_SESSION,
        finished=True,
    )


@dataclass(frozen=True, kw_only=True)
class Carried:
    """
    The part of the last update that still counts: its runs, and the source of each check, even of one without a run.

    *same* means that no answer has changed.
    """

    runs: tuple[Run, ...]
    sources: frozenset[str]
    same: bool


def carry_over(stored: Mapping[str, Any], answers: Sequence[Started]) -> Carried:
    """
    Decide which stored runs still count. Only this function decides that.

    A run counts when all triggers that started its check, or failed to start it, gave the same answer then and now. Otherwise the
    re-run of an old version could certify a new one. When all answers are the same, every stored run counts.
    """
    runs = [Run.from_state(raw) for raw in stored.get("sessions") or []]
    old = started_from_state(stored.get("waitFor") or [])
    same = sorted(answer.identity for answer in old) == sorted(answer.identity for answer in answers)
    before, after = _identities_by_source(old), _identities_by_source(answers)
    sources = {source for source, identities in after.items() if same or before.get(source) == identities}
    counting = tuple(run for run in runs if same or run.source in sources)
    return Carried(runs=counting, sources=frozenset(sources | {run.source for run in counting}), same=same)


def _identities_by_source(answers: Sequence[Started]) -> dict[str, set[tuple[str, ...]]]:
    identities: dict[str, set[tuple[str, ...]]] = {}
    for answer in answers:
        for source in answer.sources:
            identities.setdefault(source, set()).add(answer.identity)
    return identities
